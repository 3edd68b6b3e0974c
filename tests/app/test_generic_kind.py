"""A kind of ours that names no table and declares no rows is shown as a user's own is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
import torch

from opcviz.artefacts import Column, Kind, number, register_kind
from opcviz.artefacts.kind import KINDS
from opcviz.cli import commands as cli
from opcviz.study import Plan, Store, StudyRunner, run

PLAN = {
    "name": "tiny",
    "forget": "classes:0,1,2",
    "methods": ["original", {"method": "ft", "epochs": 1, "batch_size": 256}],
    "data": {"name": "digits"},
    "architecture": {"width": 0.1},
    "training": {"epochs": 1, "batch_size": 512},
    "evidence": {"probe": 40, "live": 60, "pictures": 1, "maps": ["pca"]}
    | {"instruments": ["shift", "words"], "inversion": {"iterations": 2, "restarts": 1}}
    | {"recovery": {"ridges": [0.0, 1.0]}, "strongest": {"quick": True, "maps": ["affine"]}},
}


@pytest.fixture
def ours() -> Iterator[None]:
    """Two kinds as if they stood in `opcviz/artefacts`: one with a column, one with words alone."""
    before = KINDS.snapshot()

    @register_kind("shift", title="Shift", stage="shifting", summary="how far it moved")
    class Shift(Kind):
        """For tests."""

        __module__ = "opcviz.artefacts.shift"
        fields = {"shift.mean": "a number"}
        columns = (Column("moved", number("shift", "mean"), ".2f", help="of the mean"),)

        def measure(self, context):
            return {"mean": 1.25 if context.subject.method == "ft" else 0.5}

    @register_kind("words", title="Words", stage="saying", summary="what is said")
    class Words(Kind):
        """For tests."""

        __module__ = "opcviz.artefacts.words"
        fields = {"words.said": "a text"}

        def measure(self, context):
            return {"said": "hello"}

    assert not Shift.own
    assert not Words.own
    yield
    KINDS.restore(before)


@pytest.mark.slow
def test_it_has_a_table_and_a_section(visit, store, ours, monkeypatch, capsys):
    plan = Plan.from_dict(PLAN)
    run(plan, StudyRunner(plan.study, Store(store), torch.device("cpu"), seeds=plan.seeds))
    for about, status in (("shift", 0), ("words", 2), ("nothing", 2)):
        asked = ["opcviz", "table", "tiny", "--about", about, "--store", str(store)]
        monkeypatch.setattr(sys, "argv", asked)
        stopped = 0
        try:
            cli.main()
        except SystemExit as stop:
            stopped = stop.code
        said = capsys.readouterr()
        assert stopped == status
        if about == "shift":
            head, _, original, ft = said.out.splitlines()
            assert head == "| method | moved |"
            assert (original, ft) == ("| original | 0.50 |", "| ft | 1.25 |")
        else:
            abouts = "unlearning, headline, show, ground_truth, clients, requests, inversion, shift"
            assert f"there are: {abouts}" in " ".join(said.err.split())
    page = visit("instruments", study=plan.study.place)
    assert [each.value for each in page.header[-2:]] == ["Shift", "Words"]
    (table,) = [each.value for each in page.markdown if "| moved |" in each.value]
    assert table.splitlines()[0] == "| Model | moved |"
    assert [line.split("|")[2].strip() for line in table.splitlines()[2:]] == ["0.50", "1.25"]
    (shown,) = page.json
    assert {one["said"] for one in json.loads(shown.value).values()} == {"hello"}


@pytest.mark.slow
def test_without_an_answer_it_has_no_section(visit, store, ours):
    from opcviz.study import open_study, shipped_root

    shipped = open_study(Store(shipped_root()), "digits")
    page = visit("instruments", study=shipped.place)
    assert not {"Shift", "Words"} & {each.value for each in page.header}
