"""What goes wrong in a user's own method: told with its line, and everything else goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_study
import tomli_w
import torch
from inline_engine import InlineEngine

from opcviz.common.plugins import Loader
from opcviz.common.progress import Event, Message, Progress
from opcviz.study import Job, Plan, Store, StudyRunner, open_study, run
from opcviz.ui.sections.sentences import headline

PLAN = {**tiny_study.PLAN, "methods": ["original", "mine", tiny_study.PLAN["methods"][1]]}
METHOD = '''
from dataclasses import dataclass
import torch
from opcviz.methods import Iterative, register
from opcviz.training import Outcome

@register("mine", title="Mine", paper="none", family="own", needs="retain original", summary="CE")
@dataclass(frozen=True)
class Mine(Iterative):
    """For tests."""
    epochs: int = 1
    batch_size: int = 512
    parts = "retain"

    def {verb}:
        {body}
'''


def method(body: str, verb: str = "objective(self, request, model)") -> str:
    return METHOD.format(body=body, verb=verb)


GOOD = method("return request.task.loss")
UNLEARN = "unlearn(self, request)"
LINE = 16  # of the body
BROKEN = {
    "an error": (method("return 1 / 0"), f"line {LINE}: ZeroDivisionError"),
    "an exit": (method("raise SystemExit(3)"), f"line {LINE}: SystemExit: 3"),
    "an error in a step": (
        method("return lambda model, batch: batch.nothing"),
        f"line {LINE}: AttributeError",
    ),
    "no loss": (
        method("return lambda model, batch: None"),
        f"mine.py, line {LINE}) returned None, not a tensor of one number",
    ),
    "a loss for each sample": (
        method("return lambda model, batch: model(batch.x)"),
        "returned a tensor of shape",
    ),
    "a loss that knows no weights": (
        method("return lambda model, batch: torch.tensor(1.0)"),
        "does not require grad",
    ),
    "nothing": (method("pass", UNLEARN), "must return (model, Outcome), not NoneType"),
    "two of something": (
        method("return 1, 2", UNLEARN),
        "must return (model, Outcome), not (int, int)",
    ),
    "weights that are not finite": (
        method(
            "model = request.copy_of_original()\n"
            "        model.head.weight.data.fill_(float('nan'))\n"
            "        return model, Outcome()",
            UNLEARN,
        ),
        "weights that are not finite: net.head.weight",
    ),
    "another network": (
        method("return torch.nn.Linear(2, 2), Outcome()", UNLEARN),
        "another architecture than the study's",
    ),
    "the original, changed": (
        method(
            "request.original.head.weight.data.zero_()\n        return request.original, Outcome()",
            UNLEARN,
        ),
        "it changed the original model",
    ),
}


def run_job(
    store: Path, file: Path, plan: dict[str, Any] = PLAN
) -> tuple[dict[str, Any], list[str]]:
    """Run the plan as a worker does: the run's result, and the warnings on the way."""
    told: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Message) and event.level == "warning":
            told.append(event.text)

    engine = InlineEngine(store, listen)
    id = engine.submit(Job(plan, device="cpu", plugin_files=(str(file),)).to_dict(), "own")
    record = engine.status(id)
    assert record.status == "finished", record.cause
    return record.result, told


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the study's other two models."""
    return tiny_study.make(tmp_path_factory.mktemp("others"))


WHOLE = ("an error", "the original, changed")
"""After these the other method is trained as well, from the original that they were given."""


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_method_is_told_and_the_others_are_done(
    plugins: Loader, tmp_path: Path, others: Path, broken: str
) -> None:
    text, said = BROKEN[broken]
    if broken not in WHOLE:
        shutil.copytree(others / "studies", tmp_path / "studies")
    file = tmp_path / "mine.py"
    file.write_text(text)
    assert plugins.load([file]) == []
    plan, told = Plan.from_dict(PLAN), []
    listen = Progress(lambda event: told.append(event) if isinstance(event, Message) else None)
    lab = StudyRunner(plan.study, Store(tmp_path), torch.device("cpu"), progress=listen)
    done = run(plan, lab)
    (failure,) = done.failures
    assert failure.startswith(f"'mine' failed: {file}")
    assert said in failure
    assert [(event.text, event.level) for event in told] == [(failure, "warning")]

    study = open_study(lab.store, "tiny")
    shown = {model["method"]: model for model in study.to_dict()["models"]}
    assert (shown["mine"]["status"], shown["mine"]["reason"]) == ("failed", failure)
    assert failure in shown["mine"]["verdict"]["missing"][0]
    mine = next(model for model in study.models if model.method.info.name == "mine")
    assert headline("mine", mine.results) == f"There is no model: {failure}."
    assert shown["mine"]["accuracy"].get("forget_train") is None
    assert shown["ft"]["status"] == "finished"
    kinds = 6  # of each model: itself, evidence, masked, maps, samples, inversion
    assert done.made == (2 * kinds if broken in WHOLE else 0)
    # the original is as it was stored, whatever the method did to it
    stored = StudyRunner(plan.study, Store(tmp_path), torch.device("cpu"))
    ours, theirs = (each.subject(each.original, 0).network for each in (lab, stored))
    assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))


@pytest.mark.slow
def test_it_is_tried_again_and_a_mended_file_takes_its_place(
    plugins: Loader, tmp_path: Path
) -> None:
    file, store = tmp_path / "mine.py", tmp_path / "store"
    file.write_text(method("return 1 / 0"))
    result, told = run_job(store, file)
    assert result["failed"] == told
    assert len(told) == 1
    again, told = run_job(store, file)
    assert (again["made"], len(again["failed"])) == (0, 1)
    file.write_text(GOOD)
    mended, told = run_job(store, file)
    assert (mended["made"], mended["failed"], told) == (6, [], [])
    models = open_study(Store(store), "tiny").to_dict()["models"]
    assert [model["status"] for model in models] == ["finished"] * 3
    assert all(model["accuracy"]["forget_train"] is not None for model in models)
    assert run_job(store, file)[0]["made"] == 0


@pytest.mark.slow
def test_a_failed_model_has_no_answers_when_they_alone_are_asked_for(
    plugins: Loader, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(method("return 1 / 0"))
    plugins.load([file])
    plan = Plan.from_dict(PLAN)
    for only in ((), ("inversion", "evidence")):
        done = run(plan, StudyRunner(plan.study, Store(tmp_path), torch.device("cpu")), only=only)
        assert len(done.failures) == 1
    place = next(tmp_path.glob("studies/tiny-*/models/mine-*"))
    assert [each.name.split("-")[0] for each in place.iterdir()] == ["model"]


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], plugins: Loader
) -> Callable[..., tuple[int, str, str]]:
    """Run `opcviz ARGUMENTS` in this process: (exit status, stdout, stderr)."""

    return tiny_study.asking(monkeypatch, capsys)


@pytest.mark.slow
def test_the_command_line_says_it_with_its_status(call, tmp_path: Path) -> None:
    file, plan, store = tmp_path / "mine.py", tmp_path / "tiny.toml", tmp_path / "[store]"
    file.write_text(method("raise ValueError('odd [/bracket]')"))
    plan.write_text(tomli_w.dumps(PLAN))
    asked = ("--method-file", file, "run", plan, "--store", store, "--device", "cpu")
    status, out, err = call(*asked)
    assert status == 1
    sentence = f"'mine' failed: {file}, line {LINE}: ValueError: odd [/bracket]"
    assert err.count(sentence) == 1
    assert "Traceback" not in err
    assert "12 answers made, 6 could not be, kept in" in out
    status, out, _ = call("show", "tiny", "--store", store)
    assert status == 0
    assert f"mine, seed 0: failed: {sentence}" in out
    shown = json.loads(call("show", "tiny", "--store", store, "--json")[1])
    assert [model["status"] for model in shown["models"]] == ["finished", "finished", "failed"]
    file.write_text(GOOD)
    status, out, _ = call(*asked)
    assert status == 0
    assert "6 answers made, kept in" in out


@pytest.mark.slow
def test_the_number_of_answers_leaves_out_an_attack_that_failed(call, tmp_path: Path) -> None:
    file, plan, store = tmp_path / "attack.py", tmp_path / "tiny.toml", tmp_path / "store"
    file.write_text(
        "from opcviz.artefacts import Kind, register_kind\n"
        '@register_kind("mine", title="M", stage="m", summary="m")\n'
        "class Mine(Kind):\n"
        "    def measure(self, context):\n"
        "        return 1 / 0\n"
    )
    plan.write_text(tomli_w.dumps({**PLAN, "methods": ["original"]}))
    asked = ("run", plan, "--store", store, "--device", "cpu", "--attacks", "mine")
    status, out, _ = call("--attack-file", file, *asked)
    assert status == 1
    assert "6 answers made, 1 could not be, kept in" in out
