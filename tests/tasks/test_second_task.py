"""Methods whose objective is the task's loss, on a task that they have never heard of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from sines import Sines, make_sines

from opcviz.common.config import ConfigError, settings_of
from opcviz.common.progress import Progress
from opcviz.data import Scenario, Split, Tensors
from opcviz.methods import Method, NotDefined, Request, create, list_methods
from opcviz.methods.fisher_information import fisher_diagonal
from opcviz.methods.gradients import GradientCounter
from opcviz.models import Architecture
from opcviz.training import Batch, Training
from opcviz.training.resume import ResumeFile

TASK = Sines()
RECIPE = Training(epochs=30, lr=0.02, batch_size=16)
SETTINGS = {"epochs": 2, "batch_size": 16, "lr": 5e-3, "k": 1, "samples": 50}
METHODS = [cls for cls in list_methods() if cls.tasks is None]
OF_ONE_TASK = [cls for cls in list_methods() if cls.tasks is not None]

MakeRequest = Callable[..., Request]


def small(cls: type[Method], **settings: Any) -> Method:
    wanted = {**SETTINGS, **settings}
    return cls.from_dict({k: v for k, v in wanted.items() if k in settings_of(cls)})


@pytest.fixture(scope="module")
def sines() -> Tensors:
    return make_sines()


@pytest.fixture(scope="module")
def split(sines: Tensors) -> Split:
    return Scenario.parse("random:25%").split(sines)


@pytest.fixture(scope="module")
def original(sines: Tensors, split: Split) -> torch.nn.Module:
    request = Request(TASK, sines, split, None, lambda: build(sines, 0), RECIPE)
    return create("original").unlearn(request)[0]


@pytest.fixture
def make_request(
    sines: Tensors, split: Split, original: torch.nn.Module, one_thread: None
) -> MakeRequest:
    def make(**changes: Any) -> Request:
        request = Request(
            TASK, sines, split, copy.deepcopy(original), lambda: build(sines, 7), RECIPE
        )
        return replace(request, **changes)

    return make


def build(data: Tensors, seed: int) -> torch.nn.Module:
    return TASK.build(Architecture(), data, seed)


def loss(model: torch.nn.Module, data: Tensors, ids: torch.Tensor) -> float:
    with torch.no_grad():
        return TASK.losses(model, data.batch(ids), data.y_train[ids]).mean().item()


def test_the_list_of_general_methods_is_known() -> None:
    assert [cls.info.name for cls in METHODS] == [
        *("original", "retrain", "untrained", "ga", "neggrad_plus", "ft", "ngd", "l1_sparse"),
        *("fisher", "iu", "cf_k", "eu_k", "ssd"),
    ]


@pytest.mark.slow
def test_the_original_has_learnt(original: torch.nn.Module, sines: Tensors) -> None:
    seen = TASK.observe(original, sines)
    spread = sines.y_test.var().item()
    assert (seen.test.values - seen.test.targets).square().mean().item() < 0.2 * spread


@pytest.mark.slow
@pytest.mark.parametrize("cls", METHODS, ids=lambda cls: cls.info.name)
def test_a_general_method_runs_and_is_repeatable(
    cls: type[Method], make_request: MakeRequest, same_weights
) -> None:
    before = make_request().original
    (model, outcome), (again, _) = (small(cls).unlearn(make_request()) for _ in range(2))
    assert outcome.status == "finished"
    assert (outcome.gradients > 0) == (cls.info.name != "untrained")
    assert same_weights(model, again)
    assert all(bool(v.isfinite().all()) for v in model.state_dict().values())
    if cls.info.name != "ssd":  # no weight need matter ten times as much to the forget data
        assert not same_weights(model, before)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ga", "ngd", "eu_k"])
def test_a_killed_run_continues_bit_for_bit(
    name: str,
    make_request: MakeRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    same_weights,
) -> None:
    monkeypatch.setattr(ResumeFile, "every", 0.0)
    method = create(name, epochs=4, batch_size=16, lr=5e-3, **({"k": 1} if name == "eu_k" else {}))
    whole, _ = method.unlearn(make_request())

    class Killed(BaseException):
        pass

    asked = iter(range(100))

    def stop() -> bool:
        if next(asked) == 5:  # in the second epoch at the latest
            raise Killed
        return False

    with pytest.raises(Killed):
        method.unlearn(make_request(progress=Progress(stop=stop), resume_dir=tmp_path))
    resumed, _ = method.unlearn(make_request(resume_dir=tmp_path))
    assert same_weights(resumed, whole)


def test_ascent_forgets_and_fine_tuning_does_not(make_request: MakeRequest) -> None:
    request = make_request()
    ids = request.split.forget_train
    known = loss(request.original.eval(), request.data, ids)
    up, _ = create("neggrad_plus", epochs=10, lr=0.02, batch_size=16, alpha=0.5).unlearn(request)
    tuned, _ = create("ft", epochs=3, lr=5e-3, batch_size=16).unlearn(make_request())
    assert loss(up, request.data, ids) > 5 * known
    assert loss(tuned, request.data, ids) < 2 * known


def test_neggrad_weighs_the_two_parts(make_request: MakeRequest) -> None:
    request = make_request()
    model = request.copy_of_original().train()
    index = torch.cat([request.split.retain_train[:6], request.split.forget_train[:3]])
    forget = torch.arange(9) >= 6
    batch = Batch(request.data.batch(index), request.data.y_train[index], index, forget)
    each = TASK.losses(copy.deepcopy(model), batch.x, batch.y)
    joint = create("neggrad_plus", alpha=0.8, passes="joint")
    found = joint.objective(request, model)(model, batch)
    torch.testing.assert_close(found, 0.8 * each[:6].mean() - 0.2 * each[6:].mean())


def test_a_saliency_mask_serves_any_task(make_request: MakeRequest) -> None:
    model, _ = small(next(c for c in METHODS if c.info.name == "ft"), saliency=0.3).unlearn(
        make_request()
    )
    before = make_request().original
    moved = sum(
        int((a != b).sum()) for a, b in zip(model.parameters(), before.parameters(), strict=True)
    )
    total = sum(p.numel() for p in model.parameters())
    assert 0.2 * total < moved <= round(0.3 * total)


def test_the_fisher_information_is_the_mean_squared_gradient(make_request: MakeRequest) -> None:
    """One sample at a time by autograd; without answers to draw from, both kinds are the same."""
    request = make_request()
    model, ids = request.copy_of_original().eval(), torch.arange(5)
    expected = [torch.zeros_like(p) for p in model.parameters()]
    for i in ids:
        x, y = request.data.batch(i[None]), request.data.y_train[i[None]]
        gradients = torch.autograd.grad(TASK.losses(model, x, y).sum(), list(model.parameters()))
        expected = [e + g.square() / 5 for e, g in zip(expected, gradients, strict=True)]
    for targets in ("data", "model"):
        counter = GradientCounter(Progress(), 5)
        found = fisher_diagonal(TASK, model, request.data, ids, counter, targets)
        for value, wanted in zip(found.values(), expected, strict=True):
            torch.testing.assert_close(value, wanted, rtol=1e-3, atol=1e-5)
        assert counter.done == 5


@pytest.mark.parametrize("cls", OF_ONE_TASK, ids=lambda cls: cls.info.name)
def test_a_method_of_one_task_refuses(cls: type[Method], make_request: MakeRequest) -> None:
    (task,) = cls.tasks or ()
    with pytest.raises(
        NotDefined, match=f"'{cls.info.name}' is not defined for sines, only for {task}"
    ):
        small(cls).unlearn(make_request())
    assert cls in list_methods(task)
    assert cls not in list_methods("sines")


def test_augmentation_of_signals_is_refused(make_request: MakeRequest) -> None:
    with pytest.raises(ConfigError, match=r"'crop' varies pictures .* of sines are \(1, 32\)"):
        create("ft", augment="crop").unlearn(make_request())


def test_live_numbers_are_the_losses_of_the_parts(make_request: MakeRequest) -> None:
    request = make_request()
    ids = torch.arange(96)
    forget = torch.isin(ids, request.split.forget_train)
    model = request.original.eval()
    found = TASK.live(model, request.data.batch(ids), request.data.y_train, forget)
    assert found == {
        "forget_loss": pytest.approx(loss(model, request.data, ids[forget]), rel=1e-5),
        "retain_loss": pytest.approx(loss(model, request.data, ids[~forget]), rel=1e-5),
    }
