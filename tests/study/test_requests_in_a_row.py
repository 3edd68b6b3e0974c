"""Studies of requests in a row: who starts where, what he is given, and what a stop costs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from opcviz.common.config import ConfigError
from opcviz.common.progress import Event, Progress, Step
from opcviz.methods import Method, Request, create
from opcviz.study import Evidence, Plan, Store, Study, StudyRunner, check_methods, open_study, run
from opcviz.study.spec import load_plans
from opcviz.training import Training
from opcviz.training.resume import ResumeFile

EVIDENCE = Evidence(probe=40, live=60, maps=("pca",), instruments=())
STUDY = Study(name="tiny", training=Training(epochs=2, batch_size=512), evidence=EVIDENCE).replace(
    architecture={"width": 0.1}, forget={"kind": "sequence", "requests": ("classes:0", "classes:1")}
)
KINDS = ("model", "evidence", "requests")


class Killed(BaseException):
    pass


def made(root: Path, plan: Plan, stop: int = 0) -> StudyRunner:
    """Run the models of a plan; killed at that step, counted over all of them."""
    taken = 0

    def listen(event: Event) -> None:
        nonlocal taken
        taken += isinstance(event, Step)
        if taken == stop and stop:
            raise Killed

    runner = StudyRunner(
        plan.study,
        Store(root),
        torch.device("cpu"),
        seeds=plan.seeds,
        progress=Progress(listen),
    )
    run(plan, runner, only=KINDS)
    return runner


def weights(runner: StudyRunner, method: Method) -> dict[str, torch.Tensor]:
    return runner.load_model(method, 0).state_dict()


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def test_one_file_is_a_study_a_request_and_one_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = (
        'name = "own"\nmethods = ["rl", "ga"]\nrequests = ["classes:0", "random:2%", "classes:1"]\n'
    )
    path.write_text(text, encoding="utf-8")
    plans = load_plans(path)
    assert [str(plan.study.forget) for plan in plans] == [
        "classes:0",
        "classes:0 then random:2%",
        "classes:0 then random:2% then classes:1",
        "classes:0 and random:2% and classes:1",
    ]
    assert len({plan.methods for plan in plans}) == 1  # also where other settings are tuned
    alone = Plan.from_dict({"name": "own", "forget": "classes:0"})
    assert plans[0].study.place == alone.study.place
    path.write_text(text + 'forget = "classes:0"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="leave one of them out"):
        load_plans(path)
    path.write_text(text + 'keeps = "nothing"\n', encoding="utf-8")
    (_, _, last, once) = load_plans(path)
    assert str(once.study.forget).endswith("keeping nothing")
    with pytest.raises(ConfigError, match="'rl' needs the retained data, and none are kept"):
        check_methods(last)


def test_a_step_starts_from_its_own_last_model(tmp_path: Path) -> None:
    """The second request is the first method run by hand on the first one's model."""
    rl = create("rl", epochs=1, batch_size=512)
    plan = Plan(STUDY, (create("original"), create("retrain"), rl))
    runner = made(tmp_path, plan)
    before = runner.before
    assert before is not None
    single = made(tmp_path / "single", Plan(STUDY.replace(forget="classes:0"), plan.methods))
    assert same(weights(before, rl), weights(single, rl))  # one request is the study without then
    assert same(weights(runner, runner.original), weights(single, single.original))
    spent = runner.make("model", runner.original, 0).json()
    assert spent["gradients"] == before.make("model", runner.original, 0).json()["gradients"]
    split = runner.split.last
    assert split is not None
    request = Request(
        task=runner.task,
        data=runner.data,
        split=split,
        original=before.load_model(rl, 0),
        fresh=lambda: runner.build(1),
        training=STUDY.training,
    )
    with runner.threads():  # as many as a run has: with others, sums are rounded otherwise
        by_hand, _ = rl.unlearn(request)
    assert same(weights(runner, rl), by_hand.state_dict())
    assert open_study(runner.store, "tiny").place == STUDY.place  # of the two that have the name
    found = runner.make("requests", rl, 0).json()["requests"]
    accuracy = runner.make("evidence", rl, 0).json()["accuracy"]["per_class"]
    assert [each["train"] for each in found] == [accuracy["train"]["0"], accuracy["train"]["1"]]
    assert [each["test"] for each in found] == [accuracy["test"]["0"], accuracy["test"]["1"]]


@pytest.mark.slow
@pytest.mark.parametrize("stop", [5, 14])
def test_a_stopped_sequence_ends_the_same(
    tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ResumeFile, "every", 0.0)
    rl = create("rl", epochs=2, batch_size=512)
    plan = Plan(STUDY, (create("original"), rl))
    whole = made(tmp_path / "whole", plan)
    with pytest.raises(Killed):
        made(tmp_path / "killed", plan, stop=stop)
    again = made(tmp_path / "killed", plan)
    assert same(weights(whole, rl), weights(again, rl))


def test_stored_statistics_stand_for_the_retained_data(tmp_path: Path) -> None:
    """At the first request they are SSD's own; later it goes on without any retained picture."""
    study = STUDY.replace(forget={**STUDY.forget.to_dict(), "keeps": "statistics"})
    ssd, fisher, ft = create("ssd", alpha=1.5), create("fisher"), create("ft", epochs=1)
    runner = made(tmp_path, Plan(study, (create("original"), ssd, fisher, ft)))
    before = runner.before
    assert before is not None
    refused = runner.make("model", ft, 0).json()
    assert refused["status"] == "refused"
    assert "only statistics of them are kept" in refused["reason"]
    spent = [each.make("model", ssd, 0).json()["gradients"] for each in (before, runner)]
    assert spent == [len(each.split.last.forget_train) for each in (before, runner)]
    ordered = create("ssd", alpha=1.5, importance="sample")
    kept = made(tmp_path / "kept", Plan(STUDY.replace(forget="classes:0"), (ordered,)))
    bare = made(tmp_path / "bare", Plan(study.before, (ordered,)))
    theirs, ours = weights(kept, ordered), weights(bare, ordered)
    assert all(torch.allclose(theirs[name].float(), ours[name].float(), atol=1e-3) for name in ours)
    assert runner.make("model", fisher, 0).json()["gradients"] == 0
