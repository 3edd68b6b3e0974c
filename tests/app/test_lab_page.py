from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import streamlit as st
from engines import Here
from reading import captions, curves, fine, infos, maps, progress

from opcviz.common.config import ConfigError, setting, settings_of
from opcviz.common.progress import Epoch, Event, Message, Stage, Step
from opcviz.engine import Engine, EngineError
from opcviz.engine.events import EventLog
from opcviz.methods import Info, Iterative, known_methods
from opcviz.study import Plan, Store, open_study, shipped_root
from opcviz.ui.lab import elsewhere
from opcviz.ui.lab import form as labform
from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections.follower import CATCH_UP

EPOCHS = 4
METHOD = "lab.opc.tuned for digits"


@pytest.fixture
def lab(visit):
    return visit("lab")


@pytest.fixture
def started(lab, engine):
    """The page after Start, and the run that waits."""
    press(lab, "lab.start")
    return lab, engine.list()[0].id


@contextmanager
def worked_on(engine: Engine, id: str, *events: Event) -> Iterator[EventLog]:
    """A run while its worker is at it, having said something."""
    with engine.runs.claim(id), EventLog(engine.runs.path(id, "events.jsonl")) as log:
        for event in events:
            log(event)
        yield log


def press(app, key: str):
    app.button(key=key).click().run()
    return fine(app)


def metrics(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def epoch(number: int, forget: float) -> Epoch:
    samples = len(open_study(Store(shipped_root()), "digits").probe()[0]["ids"])
    values = {"forget_accuracy": forget, "retain_accuracy": 99.0, "fm_accuracy": 97.5}
    return Epoch(number, EPOCHS, {**values, "norm_ratio": 0.5}, [float(number)] * 2 * samples)


@pytest.mark.slow  # its controls alone: tests/ui/test_controls.py
def test_every_method_brings_its_controls(lab):
    box = lab.selectbox(key="lab.method")
    for cls in known_methods("classification"):
        if cls.refusal("classification", "classes"):  # not offered: it is for clients
            continue
        box.set_value(cls.info.name).run()
        fine(lab)
        keys = {element.key for kind in KINDS for element in lab.get(kind)}
        for name in settings_of(cls):
            mine = [k for k in keys if k and k.startswith(f"lab.{cls.info.name}.")]
            assert any(f".{name}" in key for key in mine), f"no control for {cls.__name__}.{name}"
        assert any(cls.info.paper in text for text in captions(lab))
        assert not lab.button(key="lab.start").disabled


KINDS = (
    "number_input",
    "slider",
    "selectbox",
    "button_group",
    "toggle",
    "text_input",
    "multiselect",
    "checkbox",
)


@dataclass(frozen=True)
class Picky(Iterative):
    """A method whose settings do not all go together."""

    slow: bool = setting(False, "whether the rate must be small")
    info = Info("picky", "Picky", "a person's own", "finetuning", frozenset(), "chooses")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.slow and self.lr > 0.01:
            raise ConfigError("Picky.slow: wants a learning rate up to 0.01")


@pytest.mark.slow
def test_settings_that_do_not_go_together_are_named_and_start_refused(visit, monkeypatch):
    known, get = [*known_methods(), Picky], labform.settings_class
    monkeypatch.setattr(labform, "known_methods", lambda *_: known)
    monkeypatch.setattr(labform, "settings_class", lambda n: Picky if n == "picky" else get(n))
    lab = visit("lab")
    lab.selectbox(key="lab.method").set_value("picky").run()
    assert not fine(lab).button(key="lab.start").disabled
    lab.toggle(key="lab.picky.paper.slow").set_value(True).run()
    (said,) = fine(lab).error
    assert said.value.startswith("These settings cannot be used. Picky.slow: wants a learning rate")
    assert lab.button(key="lab.start").disabled
    lab.number_input(key="lab.picky.paper.lr").set_value(0.005).run()
    assert not lab.error
    assert not lab.button(key="lab.start").disabled


@pytest.mark.slow
def test_a_scenario_that_cannot_be_is_named_and_start_refused(lab):
    place = lab.query_params["study"]
    field = f"lab.study.{place}.forget"
    sound = lab.text_input(key=field).value
    for forget in ("", "classes:", "random:200%", "some", "indices:/no/file.npy"):
        lab.text_input(key=field).set_value(forget).run()
        assert len(fine(lab).error) == 1, forget
        assert lab.error[0].value.startswith("This study cannot be used. "), forget
        assert lab.button(key="lab.start").disabled, forget
    lab.text_input(key=field).set_value(sound).run()
    assert not fine(lab).error
    assert not lab.button(key="lab.start").disabled


@pytest.mark.slow
def test_it_says_what_start_will_do(lab):
    assert any(text.startswith("This model is already in the study.") for text in captions(lab))
    lab.number_input(key=f"{METHOD}.epochs").set_value(3).run()
    assert any(text.startswith("Will train: OPC on features; then") for text in captions(fine(lab)))
    place = lab.query_params["study"]
    lab.text_input(key=f"lab.study.{place}.forget").set_value("random:5%").run()
    assert any(
        text.startswith("Will train: Original, Retrained, OPC on features;")
        for text in captions(lab)
    )


@pytest.mark.slow
def test_start_takes_a_value_that_is_typed_in_the_moment_before(lab, engine):
    lab.number_input(key=f"{METHOD}.epochs").set_value(7)
    press(lab, "lab.start")  # both arrive in one run of the page
    (run,) = engine.list()
    assert Plan.from_dict(run.job["plan"]).methods[-1].epochs == 7


@pytest.mark.slow
def test_start_queues_exactly_what_was_chosen(lab, engine, store):
    lab.number_input(key=f"{METHOD}.epochs").set_value(7)
    lab.number_input(key="lab.seed").set_value(3).run()
    press(lab, "lab.start")
    (run,) = engine.list()
    plan = Plan.from_dict(run.job["plan"])
    assert plan.study.place == lab.query_params["study"]
    assert [m.info.name for m in plan.methods] == ["original", "retrain", "opc"]
    assert (plan.methods[-1].epochs, plan.seeds) == (7, (3,))
    assert plan.methods[-1].target == "features"  # tuned for digits
    assert lab.query_params["run"] == run.id
    assert progress(lab) == ["Queued, next."]


@pytest.mark.slow
def test_a_run_is_followed_from_the_queue_to_its_end(started, engine):
    lab, id = started
    begun = Stage("model", 0, 5, "OPC")
    with worked_on(engine, id, begun, epoch(0, 100.0)) as log:
        fine(lab.run())
        assert "training OPC, epoch 0 of 4 (step 1 of 5)" in progress(lab)[0].lower().replace(
            "opc", "OPC"
        )
        log(Step(20, 80, loss=0.5))
        log(epoch(1, 12.5))
        fine(lab.run())
        assert metrics(lab) == {
            "Forget accuracy": "12.5 %",
            "Retain accuracy": "99 %",
            "FM, all data": "97.5 %",
            "Norm ratio": "0.5",
        }
        drawn = curves(lab, "live.curves")
        assert drawn["FM, all data"]["y"] == [97.5, 97.5]
        assert drawn["forget"]["y"] == [100.0, 12.5]
        assert drawn["loss"]["y"] == [0.5]
        (panel,) = maps(lab, "live.map")["panels"]
        assert panel["title"] == "OPC, epoch 1"
        log(Message("a sentence of the run"))
        log(Stage("relearning", 3, 5, "OPC"))
        log(Step(5, 5, loss=7.0))
        log(Stage("inversion", 4, 5, "Original, Retrained, OPC"))
        log(Step(5, 5, loss=8.0))
        engine.runs.end(id, "finished", result={})
        fine(lab.run())
    fine(lab.run())
    assert "a sentence of the run" in infos(lab)
    assert lab.success[0].value.startswith("Finished")
    assert not progress(lab)
    (panel,) = maps(lab, "live.map")["panels"]
    assert panel["title"] == "OPC, epoch 1"  # the one that was trained, not those last attacked
    assert curves(lab, "live.curves")["loss"]["y"] == [0.5]
    assert any(text.value.startswith("**OPC on features**: ") for text in lab.markdown)
    press(lab, f"lab.open.{id}")
    assert any(key.startswith("opc-") for key in lab.query_params["models"].split(","))


@pytest.mark.slow
def test_features_that_are_not_finite_have_no_map_but_a_reason(started, engine):
    lab, id = started
    nothing = Epoch(0, EPOCHS, {"forget_accuracy": None, "norm_ratio": None}, [])
    with worked_on(engine, id, Stage("model", 0, 1, "GA"), nothing):
        fine(lab.run())
    assert maps(lab, "live.map")["panels"][0]["reason"] == "no map: the features are not finite"
    assert metrics(lab)["Forget accuracy"] == metrics(lab)["Norm ratio"] == "–"


@pytest.mark.slow
def test_cancel_in_the_queue_and_resume(started, engine):
    lab, id = started
    press(lab, f"live.cancel.{id}")
    assert engine.status(id).status == "cancelled"
    assert lab.warning[0].value.startswith("Cancelled")
    press(lab, f"live.resume.{id}")
    assert engine.status(id).status == "queued"
    assert progress(lab) == ["Queued, next."]


@pytest.mark.slow
def test_cancel_while_it_runs_is_acknowledged(started, engine):
    lab, id = started
    with worked_on(engine, id, Stage("model", 0, 1, "OPC")):
        fine(lab.run())
        press(lab, f"live.cancel.{id}")
        assert progress(lab) == ["Stopping …"]
        assert lab.button(key=f"live.cancel.{id}").disabled
        engine.runs.end(id, "cancelled", "cancelled on request")
    assert fine(lab.run()).warning[0].value.startswith("Cancelled after")


@pytest.mark.slow
def test_a_run_whose_worker_is_gone_says_so_and_can_be_resumed(started, engine):
    lab, id = started
    with worked_on(engine, id, Stage("model", 0, 1, "OPC")):
        pass  # left without a word, as a killed process does
    said = fine(lab.run()).error[0].value
    assert said.startswith("Failed")
    assert "ended at stage 'model OPC'" in said
    press(lab, f"live.resume.{id}")
    assert engine.status(id).status == "queued"


@pytest.mark.slow
def test_two_visitors_share_one_queue(started, engine, visit):
    lab, id = started
    other = visit("lab")
    assert other.query_params["run"] == id  # nothing of its own: it sees what is active
    other.number_input(key="lab.seed").set_value(1).run()
    press(other, "lab.start")
    second = other.query_params["run"]
    assert second != id
    assert progress(other) == ["Queued, 1 before it."]
    fine(lab.run())
    assert lab.query_params["run"] == id
    for page in (lab, other):
        assert "queued · next" in captions(page)
        assert "queued · 1 before it" in captions(page)
    press(lab, f"queue.{second}")
    assert lab.query_params["run"] == second


@pytest.mark.slow
def test_an_echo_of_an_older_address_does_not_bring_the_run_before_back(
    started, engine, monkeypatch
):
    lab, first = started
    lab.number_input(key="lab.seed").set_value(1).run()
    press(lab, "lab.start")
    second = lab.query_params["run"]
    assert second != first
    lab.query_params["run"] = first  # sent before the browser knew the new address
    fine(lab.run())
    assert lab.query_params["run"] == second
    assert progress(lab) == ["Queued, 1 before it."]
    # asked for, it is shown again, though another rerun comes in before the list is drawn
    others = iter([st.rerun])
    monkeypatch.setattr(elsewhere, "listed", lambda run: next(others, bool)() or True)
    press(lab, f"queue.{first}")
    assert lab.query_params["run"] == first
    assert progress(lab) == ["Queued, next."]


@pytest.mark.parametrize(
    "run", ["nope", "../../etc", "![x](http://127.0.0.1:9/x.png)", "20250101-000000-000-abcdef"]
)
def test_an_unknown_run_in_a_link_is_said_and_its_text_is_not_repeated(visit, run):
    lab = visit("lab", run=run)
    assert infos(lab)[0] == "There is no run in this store by the name in the address."
    assert "run" not in lab.query_params


@pytest.mark.slow
def test_an_engine_that_cannot_start_is_named(visit, engine, monkeypatch):
    def refuse(*_: object, **__: object) -> bool:
        raise EngineError("the engine ended with status 1; see engine.log")

    why = "the engine ended with status 1; see engine.log"
    monkeypatch.setattr(engine, "ensure", refuse)
    lab = visit("lab")
    assert [each.value for each in lab.error] == [f"Nothing can be run. {why}"]
    with monkeypatch.context() as unwritable:
        unwritable.setattr(engine, "submit", refuse)
        press(lab, "lab.start")
    assert f"Nothing was started. {why}" in [each.value for each in lab.error]
    press(lab, "lab.start")  # it is queued at least
    assert [run.status for run in engine.list()] == ["queued"]
    assert f"The engine is gone. {why}" in [each.value for each in lab.error]


@pytest.mark.slow
def test_any_epoch_of_any_model_is_replayed(lab):
    study = open_study(Store(shipped_root()), "digits")
    for model in study.models[-2:]:
        picker = next(box for box in lab.selectbox if (box.key or "").startswith("lab.replay."))
        picker.set_value(model.key).run()
        slider = fine(lab).slider(key=f"replay.{model.key}")
        assert (slider.min, slider.max, slider.value) == (0, slider.max, slider.max)
        last = maps(lab, "replay.map")["panels"][0]
        slider.set_value(0).run()
        (panel,) = maps(fine(lab), "replay.map")["panels"]
        assert panel["title"] == f"{model.title}, epoch 0"
        assert panel["xy"] != last["xy"]
        grown = [line for line in curves(lab, "replay.curves").values() if not line.get("dash")]
        assert {len(line["x"]) for line in grown} == {1}


@pytest.mark.slow
def test_a_stored_model_is_trained_again_and_compared(visit, burst, store, monkeypatch):
    here = Here(store)
    monkeypatch.setattr(library, "engine", lambda: here)
    lab = visit("lab", study=burst)
    lab.selectbox(key="lab.method").set_value("retrain").run()
    lab.toggle(key="lab.full").set_value(True).run()
    assert any(
        text.startswith("This model is already in the study.") for text in captions(fine(lab))
    )
    press(lab, "lab.start")
    for _ in range(CATCH_UP):
        fine(lab.run())
    (run,) = here.list()
    assert run.status == "finished", run.cause
    assert run.result == {"study": burst, "made": 0, "failed": []}
    assert "Trained again: every weight equals the stored model's, bit for bit." in infos(lab)
    assert any(text.value.startswith("**Retrained**: ") for text in lab.markdown)
    assert any(" by full attacks. " in text.value for text in lab.markdown)
    assert lab.success[0].value.startswith("Finished")
    epochs = sum(event["kind"] == "epoch" for event in here.events(run.id)[0])
    drawn = curves(lab, "live.curves")
    assert len(drawn["forget"]["x"]) == epochs
