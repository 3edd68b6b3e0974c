"""Race: replayed from the store, or run, found again and cancelled."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from reading import captions, fine, infos, progress
from streamlit.testing.v1 import AppTest

from opcviz.common.progress import Epoch, Message, Stage, Step
from opcviz.engine.events import EventLog
from opcviz.methods import create
from opcviz.study import Job, Plan, Store, open_study, shipped_root
from opcviz.ui.charts.palette import method_colour
from opcviz.ui.lab.race_status import READY
from opcviz.ui.reading.state import OPTIONS
from opcviz.ui.sections.decisive import Decisive

POINTS = 300


def player(app: AppTest) -> dict[str, Any]:
    (part,) = [p.proto for p in app.get("bidi_component") if "-race.player" in p.proto.id]
    (sent,) = json.loads(part.json)
    return sent


def titles(app: AppTest) -> list[str]:
    return [film["title"] for film in player(app)["films"]]


def test_stored_runs_are_replayed_with_their_curves(visit):
    app = visit("race")
    assert infos(app) == []
    sent = player(app)
    assert titles(app) == ["DELETE", "OPC on features"]
    assert not sent["live"]
    study = open_study(Store(shipped_root()), "digits")
    for film, name in zip(sent["films"], ("delete", "opc"), strict=True):
        model = next(m for m in study.models if m.method.info.name == name and m.seed == 0)
        history = model.training.history
        restored, answered = film["lines"]
        known = history[-1].get("fm_retain_accuracy") is not None
        attacker = "fm_retain_accuracy" if known else "fm_accuracy"
        assert restored["values"] == [each[attacker] for each in history]
        assert answered["values"] == [each["forget_accuracy"] for each in history]
        assert bool(film["band"]) == known  # the band is of the attacker who holds kept data alone
        assert "constant" in {mark["name"] for mark in film["marks"]}


@pytest.mark.slow
def test_a_link_chooses_the_methods_and_a_missing_model_says_what_to_do(visit):
    app = visit("race", race="salun,scrub,opc_deep")
    assert titles(app) == ["SalUn", "SCRUB", "OPC, deep"]
    app = visit("race", study="digits-one-66b3e4d0", race="scrub,opc")
    scrub, opc = player(app)["films"]
    assert (
        scrub["reason"] == "No model of this method in this study yet. Press Run to train it now."
    )
    assert not opc["reason"]


@pytest.mark.parametrize("word", ["a,b,c,d,e", "opc,opc", "opc,<b>"])
def test_a_link_that_asks_for_no_race_is_told_so(visit, word):
    assert not OPTIONS["race"].valid(word)
    app = visit("race", race=word)
    assert any(note.startswith("race cannot be") for note in infos(app))
    assert len(titles(app)) == 2


def test_methods_that_there_are_not_are_named_and_the_others_race(visit):
    app = visit("race", race="opc,beauty,scrub")
    assert titles(app) == ["OPC on features", "SCRUB"]
    (note,) = infos(app)
    assert "'beauty'" in note
    assert "'opc'" not in note
    app = visit("race", race="beauty,truth")
    assert len(titles(app)) == 2
    assert "'beauty', 'truth'" in infos(app)[0]


def test_a_method_can_be_taken_away_before_another_is_chosen(visit, engine):
    """Of the one that is left nothing can be raced, but it stays."""
    app = visit("race")
    app.multiselect(key="race.methods").set_value(["opc"]).run()
    assert titles(fine(app)) == ["OPC on features"]
    assert app.query_params["race"] == "opc"
    assert app.button(key="race.start").disabled
    assert any("at least 2 methods" in text for text in captions(app))
    app.multiselect(key="race.methods").set_value(["opc", "salun"]).run()
    assert titles(fine(app)) == ["OPC on features", "SalUn"]
    assert not app.button(key="race.start").disabled


@pytest.mark.slow
def test_run_queues_one_race_which_a_reload_finds_and_cancel_ends(visit, engine):
    app = visit("race")
    app.button(key="race.start").click().run()
    (run,) = engine.list()
    job = Job.from_dict(run.job)
    assert job.together
    assert job.kinds == ("model",)  # both were attacked before
    methods = Plan.from_dict(job.plan).methods
    assert methods[2:] == (create("delete", dataset="digits"), create("opc", dataset="digits"))
    assert fine(app).query_params["run"] == run.id
    assert progress(app) == ["Queued, next."]
    app.button(key="race.start").click().run()
    assert len(engine.list()) == 1  # the same race is followed, not queued twice
    again = visit("race", run=run.id)
    assert player(again)["live"]
    again.button(key=f"race.cancel.{run.id}").click().run()
    assert engine.status(run.id).status == "cancelled"
    (line,) = progress(fine(again))
    assert line.startswith("**Cancelled**")
    assert not player(again)["live"]


def test_a_new_method_is_attacked_as_in_the_lab(visit, engine):
    app = visit("race", study="digits-one-66b3e4d0", race="scrub,opc")
    app.button(key="race.start").click().run()
    job = Job.from_dict(engine.list()[0].job)
    assert job.kinds == ()
    assert Plan.from_dict(job.plan).study.evidence.suite == "quick"


@pytest.mark.parametrize(
    ("status", "begins"),
    [("finished", "**Finished**"), ("failed", ":red[**The race failed**] after")],
)
def test_the_line_above_the_films_says_how_a_race_ended_and_no_banner_moves_them(
    visit, engine, status, begins
):
    app = visit("race")
    assert progress(app) == [READY]
    app.button(key="race.start").click().run()
    (run,) = engine.list()
    with engine.runs.claim(run.id):
        engine.runs.end(run.id, status, **({"cause": "out of luck"} if status == "failed" else {}))
    app.run()
    (line,) = progress(fine(app))
    assert line.startswith(begins)
    assert ("out of luck" in line) == (status == "failed")
    assert not any((app.success, app.warning, app.error))
    assert not player(app)["live"]


@pytest.mark.slow
def test_a_race_is_seen_as_it_goes(visit, engine):
    app = visit("race")
    app.button(key="race.start").click().run()
    (run,) = engine.list()
    with engine.runs.claim(run.id), EventLog(engine.runs.path(run.id, "events.jsonl")) as log:
        for epoch in range(3):
            for place, title in enumerate(("DELETE", "OPC on features")):
                log(Stage("model", place, 2, title))
                values = {"forget_accuracy": 50.0 + place, "fm_retain_accuracy": 10.0 * epoch}
                log(Epoch(epoch, 20, values, [float(epoch)] * 2 * POINTS))
        for _ in range(4):
            app.run()
        assert progress(fine(app)) == ["DELETE epoch 2 of 20 · OPC on features epoch 2 of 20"]
        for place, film in enumerate(player(app)["films"]):
            assert film["at"] == [2]
            colour = method_colour(("delete", "opc")[place])
            assert film["color"] == film["lines"][0]["color"] == colour
            assert film["bars"][0]["values"] == [50.0 + place]
            assert film["bars"][1]["values"] == [20.0]
            assert film["lines"][0]["values"] == [0.0, 10.0, 20.0]


@pytest.mark.slow
def test_before_the_first_epoch_it_is_said_what_goes_on_and_who_diverged_is_told(visit, engine):
    app = visit("race")
    app.button(key="race.start").click().run()
    (run,) = engine.list()
    with engine.runs.claim(run.id), EventLog(engine.runs.path(run.id, "events.jsonl")) as log:
        log(Stage("model", 0, 4, "Retrained"))
        log(Step(40, 360))
        app.run()
        assert progress(fine(app)) == ["Before the race: training Retrained, step 40 of 360."]
        assert "now training Retrained, step 40 of 360" in player(app)["films"][0]["reason"]
        log(Stage("model", 1, 4, "DELETE"))
        app.run()
        assert player(app)["films"][0]["reason"] == "Its first epoch is under way."
        log(Epoch(0, 20, {"forget_accuracy": 50.0}, [0.0] * 2 * POINTS))
        log(Message("DELETE: no model, diverged at step 3.", "warning"))
        for _ in range(3):
            app.run()
        assert "DELETE: no model, diverged at step 3" in progress(fine(app))[0]
        assert player(app)["films"][0]["chips"] == "no model, diverged at step 3"


def test_the_lab_sends_to_the_race(visit, engine):
    app = visit("race")
    app.button(key="race.start").click().run()
    (run,) = engine.list()
    lab = visit("lab", run=run.id)
    assert any("a race of several methods" in note for note in infos(lab))


@pytest.mark.slow
def test_badge_bar_and_curve_each_say_whose_figure_they_show(visit):
    """The bar ends with the attack that decided the badge, on other pictures than the curve, whose
    attacker may be another one: each says so."""
    app = visit("race")
    study = open_study(Store(shipped_root()), "digits")
    for film, name in zip(player(app)["films"], ("delete", "opc"), strict=True):
        model = next(m for m in study.models if m.method.info.name == name and m.seed == 0)
        decider = study.verdict(model).numbers[0]
        why, exact = (film[w].replace("\xa0", " ") for w in ("why", "whyExactly"))
        assert decider.says.split(";")[0] in exact
        assert decider.figures.written(decider.figures.value) in why
        assert not re.search(r"\b(affine|rbf|unpooled|stage\d)\b", why), "in plain words"
        assert "The bar's" not in why
        answered, restored, _ = film["bars"]
        decisive = Decisive.of(study.verdict(model))
        assert restored["final"] == decider.figures.value
        assert restored["words"].startswith(f"{decisive.who}; never saw them")
        assert "a linear map of the last layer" in restored["wordsNow"]
        for bar in (answered, restored):
            assert bar["on"] == ["training pictures", "107 test pictures"]
        assert film["drawnOn"] == "training pictures"
        assert film["lines"][0]["name"] == "a linear map of the last layer restores"


@pytest.mark.slow
def test_an_address_chooses_the_seed_and_the_page_says_which(visit):
    study = open_study(Store(shipped_root()), "digits")
    ones = {m.method.info.name: m for m in study.models if m.seed == 1}
    model, keys = ones["delete"], ",".join(ones[name].key for name in ("delete", "opc"))
    sent = player(visit("race", models=keys, study=study.place))
    why = sent["films"][0]["whyExactly"].replace("\xa0", " ")
    assert study.verdict(model).numbers[0].says.split(";")[0] in why
    assert "Seed 1." in sent["endNote"]
    assert "Seed 0." in player(visit("race", study=study.place))["endNote"]
