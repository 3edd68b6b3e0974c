"""Deep OPC: its loss by hand, what a step shows, and that the blocks themselves are contracted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import pytest
import torch
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.data import Images
from opcviz.measures import accuracy
from opcviz.methods import Request, create
from opcviz.methods.classification.opc_deep import FEWEST
from opcviz.models import Classifier
from opcviz.tasks.classification import observe
from opcviz.training import Batch

MakeRequest = Callable[..., Request]


@pytest.fixture
def batch(tiny_images: Images) -> Batch:
    """Nine retain and twelve forget samples, mixed."""
    index = torch.arange(21)
    x = tiny_images.x_train[index].float() / 255
    return Batch(x, tiny_images.y_train[index], index, index % 7 > 2, epochs_done=0.5)


@pytest.mark.parametrize("given", [(1.0,), (0.0, 3.0, 1.0), (1.0, 3.0, 2.0, 1.0, 0.5)])
def test_the_loss_is_the_formula(
    tiny_request: MakeRequest, batch: Batch, given: tuple[float, ...]
) -> None:
    request = tiny_request()
    model = request.original.eval()
    gone, kept = batch.forget, batch.retain
    with torch.no_grad():
        seen = model.activations(batch.x)
        lengths = [
            (b[gone].double().flatten(1).norm(dim=1) / math.sqrt(b[0, 0].numel())).mean()
            for b in [*seen.blocks.values(), seen.features]
        ]
        weights = [*given, *[given[-1]] * (len(lengths) - len(given))]
        pull = sum(w * v for w, v in zip(weights, lengths, strict=True)) / sum(weights)
        expected = F.cross_entropy(seen.logits[kept], batch.y[kept]) + 2 * pull
    deep = create("opc_deep", block_weights=given, weight=2.0, shares=False)
    loss = deep.objective(request, model)(model, batch)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


def test_the_teacher_is_the_original_among_the_retained_classes(
    tiny_request: MakeRequest, batch: Batch
) -> None:
    request = tiny_request()
    model, kept = request.copy_of_original().eval(), batch.retain
    with torch.no_grad():
        model.head.bias += torch.arange(float(model.classes))
        answers = (model(batch.x[kept]) / 2).log_softmax(1)
        logits = request.original.eval()(batch.x[kept])
        others = [c for c in range(model.classes) if c not in request.split.classes]
        told = torch.zeros_like(logits)
        told[:, others] = (logits[:, others] / 2).softmax(1)
        apart = torch.where(told > 0, told * (told.clamp_min(1e-30).log() - answers), 0.0)
        expected = 4 * apart.sum(1).mean()
    deep = create("opc_deep", teacher=1.0, weight=0.0, shares=False)
    training = tiny_request(original=request.copy_of_original().train())
    for given in (request, training):  # the teacher answers in eval mode, however it was left
        found = deep.objective(given, model)(model, batch)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_without_retain_samples_a_step_contracts_alone(
    tiny_request: MakeRequest, batch: Batch
) -> None:
    request = tiny_request()
    model, gone = request.original.eval(), batch.forget
    forgotten = Batch(batch.x[gone], batch.y[gone], batch.index[gone], batch.forget[gone])
    taught, alone = (
        create("opc_deep", teacher=teacher, shares=False).objective(request, model)(model, each)
        for teacher, each in ((1.0, forgotten), (0.0, forgotten))
    )
    assert taught.isfinite()
    assert taught.item() == alone.item() > 0


def test_a_step_shows_all_retain_and_some_forget_samples(batch: Batch) -> None:
    deep, generator = create("opc_deep"), torch.Generator().manual_seed(0)
    counts = set()
    for _ in range(60):
        shown = deep.prepared(batch, generator)
        assert torch.equal(shown.index[shown.retain], batch.index[batch.retain])
        assert set(shown.index[shown.forget].tolist()) <= set(batch.index[batch.forget].tolist())
        torch.testing.assert_close(shown.x, batch.x[shown.index])
        assert torch.equal(shown.y, batch.y[shown.index])
        counts.add(int(shown.forget.sum()))
    assert min(counts) == FEWEST
    assert len(counts) > 4
    assert max(counts) <= int(batch.forget.sum())
    everyone = create("opc_deep", shares=False).prepared(batch, generator)
    assert torch.equal(everyone.index, batch.index)


def test_numbers_of_forget_samples_are_even_on_a_log_scale() -> None:
    most = 25 * FEWEST
    everyone = torch.arange(most)
    batch = Batch(torch.zeros(most, 1, 1, 1), everyone, everyone, everyone >= 0)
    generator = torch.Generator().manual_seed(0)
    shown = [len(create("opc_deep").prepared(batch, generator).y) for _ in range(200)]
    assert math.log(median(shown)) == pytest.approx(math.log(5 * FEWEST), abs=0.3)


def test_a_head_that_is_frozen_does_not_move(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    old = request.original.head_weights
    for frozen in (True, False):
        deep = create("opc_deep", epochs=1, rows_anew=False, head_frozen=frozen)
        found = deep.unlearn(request)[0].head_weights
        same = [torch.equal(*each) for each in zip(found, old, strict=True)]
        assert same == [frozen] * 2


def test_only_retain_pictures_are_varied(batch: Batch) -> None:
    deep = create("opc_deep", vary="crop", shares=False)
    shown = deep.prepared(batch, torch.Generator().manual_seed(0))
    assert torch.equal(shown.x[shown.forget], batch.x[batch.forget])
    assert not torch.equal(shown.x[shown.retain], batch.x[batch.retain])


def test_steps_depend_on_seed_and_time_alone(tiny_request: MakeRequest, batch: Batch) -> None:
    request, later = tiny_request(), tiny_request(seed=1)
    model, deep = request.original.eval(), create("opc_deep", vary="crop")

    def loss(request: Request, batch: Batch) -> float:
        torch.rand(3)
        return deep.objective(request, model)(model, batch).item()

    assert loss(request, batch) == loss(request, batch)
    assert loss(request, batch) != loss(later, batch)
    assert loss(request, batch) != loss(request, replace(batch, epochs_done=0.6))


def test_what_cannot_be_is_refused(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    everyone = torch.arange(len(request.data.y_train))
    split = replace(request.split, forget_train=everyone, retain_train=everyone[:0])
    for point in ("retain_like", "retain_mean"):
        with pytest.raises(ConfigError, match=rf"DeepOPC\.point: {point} needs retain data"):
            create("opc_deep", point=point).unlearn(tiny_request(split=split))
    signals = replace(
        request.data,
        x_train=request.data.x_train.float().flatten(2),
        x_test=request.data.x_test.float().flatten(2),
    )
    with pytest.raises(ConfigError, match=r"DeepOPC\.vary: 'crop' varies pictures"):
        create("opc_deep", vary="crop").objective(tiny_request(data=signals), request.original)


def test_no_weight_at_all_is_refused(tiny_request: MakeRequest) -> None:
    with pytest.raises(ConfigError, match=r"DeepOPC\.block_weights: all are 0"):
        create("opc_deep", block_weights=(0.0,)).unlearn(tiny_request())


def test_retain_like_is_deep_with_other_settings(
    tiny_request: MakeRequest, same_weights: Callable[..., bool]
) -> None:
    request = tiny_request()
    preset = create("opc_deep_retain_like", epochs=2)
    assert 0 < preset.teacher < 1, "it learns both labels and the original's answers"
    settings = {k: v for k, v in preset.to_dict().items() if k != "name"}
    alike = create("opc_deep", **settings)
    assert same_weights(preset.unlearn(request)[0], alike.unlearn(request)[0])


@pytest.mark.parametrize(("name", "default"), [("opc_deep", True), ("opc_retain_like", False)])
def test_the_rows_of_forgotten_classes_begin_as_in_a_new_model(
    tiny_request: MakeRequest, name: str, default: bool
) -> None:
    request = tiny_request()
    assert create(name).rows_anew is default
    still = {"epochs": 1, "lr": 1e-8, "weight": 0.0}  # what it starts from, but for rounding
    before, fresh = request.original.head_weights, request.fresh().head_weights
    gone = torch.zeros(request.original.classes, dtype=torch.bool)
    gone[list(request.split.classes)] = True
    anew = create(name, rows_anew=True, **still).unlearn(request)[0].head_weights
    kept = create(name, rows_anew=False, **still).unlearn(request)[0].head_weights
    for part, old, new, as_it_was in zip(anew, before, fresh, kept, strict=True):
        torch.testing.assert_close(part[gone], new[gone])
        torch.testing.assert_close(part[~gone], old[~gone])
        torch.testing.assert_close(as_it_was, old)
        assert not torch.allclose(old[gone], new[gone])


def test_what_retain_like_models_were_stored_under_stays() -> None:
    assert "rows_anew" not in create("opc_retain_like").to_dict()
    assert create("opc_retain_like", rows_anew=True).to_dict()["rows_anew"] is True


@pytest.mark.slow
def test_every_later_block_is_contracted_and_the_rest_is_kept(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    model, outcome = create("opc_deep", epochs=40, lr=0.1, batch_size=24).unlearn(request)
    assert outcome.status == "finished"
    gone, kept = request.split.forget_train, request.split.retain_train

    def ratios(model: Classifier) -> list[float]:
        with torch.no_grad():
            seen = model.eval().activations(request.data.x_train.float() / 255)
        lengths = [b.flatten(1).norm(dim=1) for b in seen.blocks.values()][1:]
        return [(v[gone].mean() / v[kept].mean()).item() for v in lengths]

    assert min(ratios(request.original)) > 0.5
    assert max(ratios(model)) < 0.4
    seen = observe(model, request.data.x_train, request.data.y_train)
    assert accuracy(seen.logits[kept], seen.labels[kept]) >= 95
