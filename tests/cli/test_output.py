"""Tables of the command line: nothing that must be typed is cut, and what is missing is named."""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest
from rich.console import Console

from opcviz.cli import listings
from opcviz.cli.output import listing, numbers_table
from opcviz.study import Store, list_presets, open_study, shipped_root
from opcviz.verdict import no_verdict


def drawn(table, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(table)
    return out.getvalue()


@pytest.mark.parametrize("rows", [listings.json_fields, listings.methods, listings.presets])
def test_names_are_whole_at_eighty_columns(rows) -> None:
    lines = drawn(listing(rows())).splitlines()
    first = "".join(line.split("│")[1].strip() for line in lines if line.startswith("│"))
    assert "…" not in "".join(lines)
    assert first == "".join(str(next(iter(row.values()))).replace(" ", "") for row in rows())


@pytest.mark.slow
def test_numbers_are_whole_at_eighty_columns() -> None:
    study = open_study(Store(shipped_root()), "digits")
    narrow, wide = drawn(numbers_table(study)), drawn(numbers_table(study), width=400)
    assert "…" not in narrow
    told = re.findall(r"\d+\.\d+", wide)
    assert len(told) > 4 * len(study.models)
    assert Counter(re.findall(r"\d+\.\d+", narrow)) == Counter(told)


def test_every_preset_is_listed() -> None:
    assert [row["name"] for row in listings.presets()] == list(list_presets())


@pytest.mark.slow
def test_without_a_verdict_the_table_says_what_is_missing(monkeypatch) -> None:
    study = open_study(Store(shipped_root()), "digits")
    monkeypatch.setattr(type(study), "verdict", lambda *_: no_verdict(["[/what] is missing"]))
    assert "missing: [/what] is missing" in drawn(numbers_table(study), width=200)
