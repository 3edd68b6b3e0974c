"""Tables of the command line: nothing that must be typed is cut, and what is missing is named."""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest
from rich.console import Console
from rich.table import Table

from opcviz.cli import listings
from opcviz.cli.output import listing, numbers_table, width_of
from opcviz.study import Store, list_presets, open_study, shipped_root
from opcviz.verdict import no_verdict


def drawn(table, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table, crop=False)
    return out.getvalue()


@pytest.mark.parametrize("rows", [listings.json_fields, listings.methods, listings.presets])
def test_names_are_whole_at_eighty_columns(rows) -> None:
    lines = drawn(listing(rows())).splitlines()
    first = "".join(line.split("│")[1].strip() for line in lines if line.startswith("│"))
    assert "…" not in "".join(lines)
    assert first == "".join(str(next(iter(row.values()))).replace(" ", "") for row in rows())


@pytest.mark.slow
def test_numbers_are_whole_at_eighty_columns() -> None:
    study = open_study(Store(shipped_root()), "digits-one")
    narrow, wide = drawn(numbers_table(study)), drawn(numbers_table(study), width=400)
    assert "…" not in narrow
    told = re.findall(r"\d+\.\d+", wide)
    assert len(told) > 4 * len(study.models)
    assert Counter(re.findall(r"\d+\.\d+", narrow)) == Counter(told)


def test_every_preset_is_listed() -> None:
    assert [row["name"] for row in listings.presets()] == list(list_presets())


@pytest.mark.slow
def test_without_a_verdict_the_table_says_what_is_missing(monkeypatch) -> None:
    study = open_study(Store(shipped_root()), "digits-one")
    monkeypatch.setattr(type(study), "verdict", lambda *_: no_verdict(["[/what] is missing"]))
    assert "missing: [/what] is missing" in drawn(numbers_table(study), width=200)


def test_a_window_too_narrow_for_the_numbers_loses_no_name():
    table = Table()
    table.add_column("model", overflow="fold", min_width=8)
    for at in range(9):
        table.add_column(str(at), no_wrap=True, min_width=6)
    table.add_row("opc_any_address", *["100.0"] * 9)
    assert width_of(table, 200) == 200
    assert width_of(table, 80) == 80
    table.width = width_of(table, 60)
    assert table.width > 60
    assert "opc_any_address" in drawn(table, width=60)
