"""Requests in a row on the screen: what was forgotten once and what came back, step by step."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import torch
from reading import charts, fine, infos, sent

from opcviz.common.records import Undefined
from opcviz.study import Plan, Store, StudyRunner, in_steps, open_study, run
from opcviz.study.sequence import SequenceResult, sequence_of
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.requests import answered, to_csv

PLAN = {
    "name": "row",
    "title": "Three, then four (request 2 of 2)",
    "forget": "classes:3 then classes:4",
    "methods": ["original", "retrain", {"method": "rl", "epochs": 1}],
    "architecture": {"name": "resnet8", "width": 0.1},
    "training": {"epochs": 2, "batch_size": 128},
    "evidence": {"probe": 40, "live": 60, "maps": ["pca"], "instruments": []},
}


@pytest.fixture(scope="module")
def made(once) -> Path:
    """A store with the studies of two requests, and of both at once."""

    def make(root: Path) -> None:
        for plan in in_steps(Plan.from_dict(PLAN)):
            runner = StudyRunner(plan.study, Store(root), torch.device("cpu"))
            run(plan, runner, only=("model", "evidence", "requests"))

    return once("requests in a row", make)


@pytest.fixture
def row(made, monkeypatch) -> SequenceResult:
    monkeypatch.setenv("OPCVIZ_STORE", str(made))
    found = sequence_of(open_study(Store(made), "row"))
    assert found is not None
    return found


def test_any_step_shows_the_whole_row(visit, row):
    for study in row.steps[1:]:
        assert study is not None
        app = visit("sequence", study=study.place)
        assert next(h.value for h in app.header) == "What is answered of each request"
    names = app.selectbox(key="head.study").options
    assert "Three, then four (request 2 of 2)" in names
    assert not any("(all at once)" in name for name in names), "one request is shown elsewhere"


def test_the_map_and_the_curves_show_what_is_stored(visit, row):
    app = visit("sequence", study=row.last.place)
    line = next(line for line in row.lines if line.method.info.name == "rl")
    original = next(line for line in row.lines if line.method.info.name == "original")
    drawn = [
        [list(values) for values in trace["z"]]
        for chart in charts(app, "sequence.answers")
        for trace in chart["data"]
        if trace["type"] == "heatmap"
    ]
    assert answered(line, original) in drawn
    table = sent(app, f"sequence.summary.{row.last.place}")["rows"]
    cells = {each["cells"][0]["text"]: [c["text"] for c in each["cells"][1:]] for each in table}
    assert cells["Random labels"][0] == f"{line.erosion:.1f}"
    assert cells["Random labels"][1] == f"{line.reversal:.1f}"
    assert cells["Random labels"][2] == f"{line.price:.1f}"


def test_the_figures_go_as_csv(row):
    rows = list(csv.DictReader(io.StringIO(to_csv(row))))
    mine = [each for each in rows if each["method"] == "rl"]
    assert [each["step"] for each in mine] == ["1", "2", "at once"]
    line = next(line for line in row.lines if line.method.info.name == "rl")
    step = line.steps[1]
    assert not isinstance(step, Undefined)
    assert [float(mine[1][f"answered classes:{c}"]) for c in (3, 4)] == list(step.requests)
    assert float(mine[1]["FM"]) == step.recovered


def test_a_study_of_one_request_gives_way_to_several(visit, row):
    app = visit("sequence", study=row.once.place)
    assert "the page Side by side shows" in infos(app)[0]
    shown = library.study_of(app.selectbox(key="head.study").value)
    assert shown.study.forget.kind == "sequence"


@pytest.mark.slow
def test_the_lab_runs_them_one_after_the_other(visit, engine, row):
    app = visit("lab", study=row.last.place)
    app.toggle(key="lab.in_turn").set_value(True).run()
    fine(app.button(key="lab.start").click().run())
    asked = [Plan.from_dict(each.job["plan"]).study.forget for each in reversed(engine.list())]
    assert sorted(map(str, asked)) == ["classes:3", "classes:3 then classes:4"]
    assert app.session_state["lab.run"] == app.session_state["lab.row"][0]
