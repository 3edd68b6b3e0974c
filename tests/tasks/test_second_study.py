"""The second task as a study: run, store, resume, live curve and `show`, with no word for it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sines
import torch
from inline_engine import InlineEngine
from typer.testing import CliRunner

from opcviz.cli.commands import app
from opcviz.common.config import ConfigError
from opcviz.common.plugins import Loader
from opcviz.common.progress import Epoch, Event, Progress, Step
from opcviz.engine import DaskEngine
from opcviz.methods import create, implementation
from opcviz.study import Job, Plan, Store, open_study
from opcviz.study.checking import check_plan
from opcviz.study.own import declare_own
from opcviz.study.pipeline import run
from opcviz.study.runner import StudyRunner
from opcviz.sweep.compare import compare
from opcviz.sweep.search import Sweep, score
from opcviz.tasks import Task, get_task, list_tasks
from opcviz.training.resume import ResumeFile

METHODS = ("ft", "ga", "neggrad_plus", "ssd", "eu_k")
SMALL = {"epochs": 3, "batch_size": 16, "lr": 1e-3}
PLAN = {
    "name": "sines",
    "task": "sines",
    "forget": "random:25%",
    "data": {"name": "sines"},
    "training": {"epochs": 20, "lr": 0.02, "batch_size": 16},
    "evidence": {"probe": 20, "live": 96},
    "methods": [
        *("original", "retrain"),
        *({"method": name, **SMALL} for name in ("ft", "neggrad_plus")),
        {"method": "ga", **SMALL, "lr": 0.02},
        {"method": "eu_k", "k": 1, **SMALL},
        {"method": "ssd", "alpha": 1.0},
    ],
}


JOIN = """

from opcviz.artefacts import Column, Kind, number, register_kind
from opcviz.data import register_dataset
from opcviz.tasks import register_task

register_task("sines")(Sines)
register_dataset("sines", "noisy sines and their periods")(read_sines)


@register_kind(
    "error",
    title="Error",
    stage="measuring",
    summary="squared error",
    task="sines",
    optional=False,
)
class Errors(Kind):
    '''Mean squared error on three parts.'''

    order = 10
    fields = {"error.forget_train": "mean squared error on the forget data"}
    columns = (Column("error", number("error", "forget_train"), tables=("show",), format=".3f"),)

    def measure(self, context):
        seen, split = context.subject.outputs, context.split
        found = {}
        for part in ("forget_train", "retain_train", "retain_test"):
            predictions = getattr(seen, part.rpartition("_")[2])
            gap = predictions.values - predictions.targets
            found[part] = gap[getattr(split, part)].square().mean().item()
        return found
"""


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    """The task, its data and one kind of artefact in one file, as a user would bring them."""
    file = tmp_path / "own" / "sines_task.py"
    file.parent.mkdir()
    file.write_text(Path(sines.__file__).read_text(encoding="utf-8") + JOIN, encoding="utf-8")
    return file


@pytest.fixture
def sines_task(plugins: Loader, own_file: Path) -> None:
    """The file loaded into this process."""
    assert plugins.load([own_file]) == []


def runner(plan: Plan, root: Path, progress: Progress | None = None) -> StudyRunner:
    return StudyRunner(plan.study, Store(root), torch.device("cpu"), progress=progress)


@pytest.mark.slow
@pytest.mark.usefixtures("sines_task", "one_thread")
def test_a_study_of_another_task_runs_is_stored_and_shown(tmp_path: Path) -> None:
    plan, told = Plan.from_dict(PLAN), list[Event]()
    assert {method.info.name for method in plan.methods} == {"original", "retrain", *METHODS}
    assert run(plan, runner(plan, tmp_path, Progress(told.append))).made == 2 * len(plan.methods)
    assert run(plan, runner(plan, tmp_path)).made == 0  # all is there

    curves = [event.values for event in told if isinstance(event, Epoch)]
    assert all(set(values) == {"forget_loss", "retain_loss"} for values in curves)
    result = open_study(Store(tmp_path), plan.study.place)
    shown = {model["method"]: model for model in result.to_dict()["models"]}
    assert shown.keys() == {"original", "retrain", *METHODS}
    assert all(model["status"] == "finished" for model in shown.values())
    original = shown["original"]["error"]
    assert original["retain_test"] < 0.3  # the periods' own variance is 0.75
    assert shown["ft"]["error"]["retain_train"] < original["retain_train"]
    assert shown["ga"]["error"]["forget_train"] > 2 * original["forget_train"]

    # the live curve watches the whole train set here, so that its last point is the evidence
    for model in result.models:
        history = model.training.history
        assert [point["epoch"] for point in history] == list(range(len(history)))
        last = history[-1]
        assert last["forget_loss"] == pytest.approx(
            shown[model.method.info.name]["error"]["forget_train"], rel=1e-3
        )


@pytest.mark.slow
@pytest.mark.usefixtures("sines_task", "one_thread")
def test_a_killed_study_resumes_with_its_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_weights
) -> None:
    monkeypatch.setattr(ResumeFile, "every", 0.0)
    plan = Plan.from_dict({**PLAN, "methods": ["original"]})
    whole = runner(plan, tmp_path / "whole")
    run(plan, whole, only=("model",))

    class Killed(BaseException):
        pass

    def die(event: Event) -> None:
        if isinstance(event, Step) and event.step == 50:
            raise Killed

    cut = runner(plan, tmp_path / "cut", Progress(die))
    with pytest.raises(Killed):
        run(plan, cut, only=("model",))
    resumed = runner(plan, tmp_path / "cut")
    told: list[Event] = []
    resumed.progress = Progress(told.append)
    run(plan, resumed, only=("model",))
    first = next(event for event in told if isinstance(event, Epoch))
    assert first.epoch > 1  # not from the start
    (method,) = plan.methods
    assert same_weights(whole.load_model(method, 0), resumed.load_model(method, 0))
    histories = [r.make("model", method, 0).json()["history"] for r in (whole, resumed)]
    assert histories[0] == histories[1]
    assert len(histories[0]) == 21


@pytest.mark.slow
@pytest.mark.usefixtures("sines_task", "one_thread")
def test_the_command_line_shows_it(tmp_path: Path) -> None:
    plan = Plan.from_dict({**PLAN, "methods": ["original", PLAN["methods"][2]]})
    run(plan, runner(plan, tmp_path))
    command = ["show", plan.study.place, "--store", str(tmp_path)]
    table = CliRunner().invoke(app, command)
    assert table.exit_code == 0, table.output
    assert "error" in table.output
    assert "Accuracies in percent" not in table.output
    done = CliRunner().invoke(app, [*command, "--json"])
    shown = json.loads(done.output)
    assert shown["study"]["task"] == "sines"
    assert [model["method"] for model in shown["models"]] == ["original", "ft"]
    assert all(model["error"]["forget_train"] > 0 for model in shown["models"])


@pytest.mark.slow
@pytest.mark.usefixtures("sines_task", "one_thread")
def test_a_classification_method_is_stored_as_refused(tmp_path: Path) -> None:
    plan = Plan.from_dict({**PLAN, "methods": ["original", "rl"]})
    run(plan, runner(plan, tmp_path))
    result = open_study(Store(tmp_path), plan.study.place)
    refused = next(m for m in result.to_dict()["models"] if m["method"] == "rl")
    assert refused["status"] == "refused"
    assert "only for classification" in refused["reason"]


@pytest.mark.slow
@pytest.mark.usefixtures("sines_task", "one_thread")
def test_a_sweep_scores_what_the_task_says(tmp_path: Path) -> None:
    plan = Plan.from_dict({**PLAN, "methods": ["retrain", *PLAN["methods"][2:5]]})
    run(plan, runner(plan, tmp_path))
    store, sweep = Store(tmp_path), Sweep(budget=10**9, seed=0)
    shown = open_study(store, plan.study.place).to_dict()["models"]
    errors = {model["method"]: model["error"] for model in shown}
    parts = ("forget_train", "retain_test")
    for method in plan.methods:
        name = method.info.name
        gap = sum(abs(errors[name][part] - errors["retrain"][part]) for part in parts)
        found = score(store, plan.study, implementation(method), sweep)
        assert found.gap == pytest.approx(gap), name
        assert (gap == 0) == (name == "retrain")

    never = create("ft", lr=0.5)
    assert score(store, plan.study, never, sweep).gap is None
    unmeasured = Plan.from_dict({**PLAN, "methods": [{"method": "ft", **SMALL, "lr": 2e-3}]})
    run(unmeasured, runner(unmeasured, tmp_path), only=("model",))
    (method,) = unmeasured.methods
    told = score(store, plan.study, implementation(method), sweep)
    assert (told.gap, told.reason) == (None, "an error is missing")


@pytest.mark.slow
@pytest.mark.usefixtures("sines_task", "one_thread")
def test_a_sweep_of_another_task_chooses_by_its_gap(tmp_path: Path) -> None:
    plan = Plan.from_dict({**PLAN, "methods": [{"method": "ft", **SMALL}]})
    found = compare(
        plan, Sweep(trials=2, budget=4_000), tmp_path, device="cpu", engine=InlineEngine(tmp_path)
    )
    assert found.failed == ()
    gaps = [trial.gap for trial in found.trials["ft"]]
    assert len(gaps) == 2
    assert found.chosen["ft"].gap == min(gaps)


@pytest.mark.usefixtures("sines_task")
def test_a_sweep_refuses_a_task_that_says_no_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = get_task("sines")
    monkeypatch.setattr(type(task), "scored", ())
    plan = Plan.from_dict(PLAN)
    with pytest.raises(ConfigError, match=r"'sines' does not say how near .* set `scored`"):
        compare(plan, Sweep(), tmp_path, device="cpu", engine=InlineEngine(tmp_path))
    assert not list(tmp_path.rglob("run.json"))  # nothing was begun
    monkeypatch.setattr(type(task), "gap", Task.gap)
    assert "'sines' does not say" in task.gap({}, {}).reason


@pytest.mark.usefixtures("sines_task")
def test_a_task_names_the_networks_that_it_knows() -> None:
    check_plan(Plan.from_dict(PLAN))
    check_plan(Plan.from_dict({**PLAN, "architecture": {"name": "tiny"}}))
    with pytest.raises(ConfigError, match=r"Architecture\.name: there is no 'resnet20'"):
        check_plan(Plan.from_dict({**PLAN, "architecture": {"name": "resnet20"}}))


# ---- through the engine's workers -------------------------------------------------------------


@pytest.fixture
def declared(plugins: Loader, own_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process knows what the file declares and has not run it, as the app."""
    monkeypatch.setenv("OPCVIZ_PLUGINS", str(own_file))
    assert declare_own() == []
    yield
    monkeypatch.setenv("OPCVIZ_PLUGINS", "")
    declare_own()


@pytest.mark.slow
@pytest.mark.parametrize("named_by", ["job", "environment"])
@pytest.mark.usefixtures("declared", "one_thread")
def test_workers_find_the_task_in_a_users_file(
    named_by: str, own_file: Path, plugins: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan.from_dict({**PLAN, "methods": [*PLAN["methods"], "rl"]})
    files = (str(own_file),) if named_by == "job" else ()
    monkeypatch.setenv("OPCVIZ_PLUGINS", "" if files else str(own_file))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    engine = DaskEngine(tmp_path / "store", warm=("opcviz.study.pipeline",))
    try:
        run_id = engine.submit(Job(plan.to_dict(), "cpu", plugin_files=files).to_dict(), "sines")
        deadline = time.monotonic() + 120
        while engine.status(run_id).active:
            assert time.monotonic() < deadline, "the run does not end"
            time.sleep(0.05)
    finally:
        engine.stop()
    status = engine.status(run_id)
    assert status.status == "finished", status
    assert status.result["made"] == 2 * len(plan.methods)
    told = engine.events(run_id)[0]
    (said,) = [event["text"] for event in told if event["kind"] == "message"]
    assert said.startswith("Random labels: no model, method 'rl' is not defined for sines")
    curves = [event["values"] for event in told if event["kind"] == "epoch"]
    assert curves
    assert all(set(values) == {"forget_loss", "retain_loss"} for values in curves)

    assert "sines" not in list_tasks()  # whoever shows the study need not run the file
    shown = open_study(Store(tmp_path / "store"), plan.study.place).to_dict()
    models = {model["method"]: model for model in shown["models"]}
    assert models.keys() == {"original", "retrain", *METHODS, "rl"}
    refused = models.pop("rl")
    assert (refused["status"], "only for classification" in refused["reason"]) == ("refused", True)
    assert shown["own"]["error"]["title"] == "Error"

    assert plugins.load([own_file]) == []
    here = runner(plan, tmp_path / "here")
    run(plan, here)
    again = open_study(Store(tmp_path / "here"), plan.study.place).to_dict()["models"]
    for model in again:
        if model["method"] in models:
            theirs, ours = models[model["method"]]["error"], model["error"]
            assert ours | {"seconds": theirs["seconds"]} == theirs, model["method"]
    assert run(plan, runner(plan, tmp_path / "store")).made == 0  # the same questions, all answered
