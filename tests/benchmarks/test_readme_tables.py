"""The README's tables are those of the shipped studies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.readme_tables import README, TABLE, table, with_tables
from opcviz.study import Store, shipped_root

TEXT = (
    "a\n<!-- table: one -->\nold | lines\n<!-- end of table -->\nb\n"
    "<!-- table: two -->\n\n<!-- end of table -->\n"
)
SHOWN = ["digits", "digits-one", "digits-random"]


def test_what_is_marked_is_made_anew_and_nothing_else() -> None:
    again = with_tables(TEXT, lambda name: f"| {name} |\nnote \\1")
    assert again == (
        "a\n<!-- table: one -->\n| one |\nnote \\1\n<!-- end of table -->\nb\n"
        "<!-- table: two -->\n| two |\nnote \\1\n<!-- end of table -->\n"
    )
    assert with_tables(again, lambda name: f"| {name} |\nnote \\1") == again
    with pytest.raises(ValueError, match="end of table"):
        with_tables("nothing", lambda name: name)


def test_the_readme_has_the_three_tables() -> None:
    assert [found["name"] for found in TABLE.finditer(README.read_text("utf-8"))] == SHOWN


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_a_table_of_the_readme_is_what_the_command_prints(name: str) -> None:
    (shown,) = (
        found["text"]
        for found in TABLE.finditer(README.read_text("utf-8"))
        if found["name"] == name
    )
    assert shown == table(Store(shipped_root()), name), "run `make readme`"


def test_make_names_the_studies_of_the_tables() -> None:
    makefile = (Path(README).parent / "Makefile").read_text("utf-8")
    recipe = re.search(r"^table:.*\n((?:\t.*\n)+)", makefile, re.M)
    assert recipe
    assert re.findall(r"opcviz table ([\w-]+)", recipe[1]) == SHOWN
