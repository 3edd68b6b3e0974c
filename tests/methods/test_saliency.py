"""SalUn's mask: the ranking by brute force, and weights outside it identical to the last bit."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.methods import Request, create
from opcviz.methods.saliency import freeze_outside, saliency, top_fraction_mask
from opcviz.models import Classifier

MakeRequest = Callable[..., Request]


def scores_of(request: Request) -> dict[str, Tensor]:
    model = request.copy_of_original()
    return saliency(request.task, model, request.data, request.split.forget_train)


def test_scores_are_the_summed_gradient(tiny_request: MakeRequest) -> None:
    """One sample at a time, in float64, against the batched pass."""
    request = tiny_request()
    model = request.copy_of_original().double().eval()
    named = dict(model.named_parameters())
    total = {name: torch.zeros_like(p) for name, p in named.items()}
    for i in request.split.forget_train:
        x = request.data.x_train[i : i + 1].double() / 255
        loss = -F.cross_entropy(model(x), request.data.y_train[i : i + 1])
        for name, gradient in zip(
            named, torch.autograd.grad(loss, list(named.values())), strict=True
        ):
            total[name] += gradient
    ids = request.split.forget_train
    found = saliency(request.task, request.copy_of_original(), request.data, ids, batch=5)
    for name, value in found.items():
        torch.testing.assert_close(value.double(), total[name].abs(), rtol=1e-3, atol=1e-4)


@given(
    values=st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=9), min_size=1, max_size=4),
    share=st.floats(0.001, 1.0),
)
def test_the_mask_is_the_brute_force_ranking(values: list[list[int]], share: float) -> None:
    """Sorted by (score, place): ties go to who comes first; small integers give many."""
    scores = {f"p{i}": torch.tensor(row, dtype=torch.float32) for i, row in enumerate(values)}
    flat = [v for row in values for v in row]
    ranked = sorted(range(len(flat)), key=lambda i: (-flat[i], i))
    wanted = set(ranked[: round(share * len(flat))])
    mask = top_fraction_mask(scores, share)
    assert {name: m.shape for name, m in mask.items()} == {n: s.shape for n, s in scores.items()}
    joined = torch.cat([mask[name] for name in scores])
    assert {int(i) for i in joined.nonzero()} == wanted


@pytest.mark.slow
@pytest.mark.parametrize("name", ["salun", "rl", "ga", "opc", "ft", "neggrad_plus"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_outside_the_mask_nothing_moves_by_a_bit(
    name: str, optimizer: str, tiny_request: MakeRequest
) -> None:
    """Weight decay and momentum move weights that have no gradient; statistics have none at all."""
    request = tiny_request()
    mask = top_fraction_mask(scores_of(request), 0.3)
    frozen = {"masked_norms": "frozen"} if name == "salun" else {}
    method = create(
        name,
        **frozen,
        saliency=0.3,
        epochs=3,
        batch_size=8,
        lr=0.01,
        momentum=0.9,
        weight_decay=0.1,
        optimizer=optimizer,
    )
    model, outcome = method.unlearn(request)
    assert outcome.status == "finished"
    assert outcome.gradients > len(request.split.forget_train)
    before, after = request.original.state_dict(), model.state_dict()
    moved = 0
    for weight, free in mask.items():
        assert torch.equal(before[weight][~free], after[weight][~free]), weight
        moved += int((before[weight][free] != after[weight][free]).sum())
    assert moved > 0.9 * sum(int(free.sum()) for free in mask.values())
    norms = [n for n, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)]
    kept = changed = 0
    for norm in norms:
        free = mask[f"{norm}.weight"]
        for statistic in ("running_mean", "running_var"):
            old, new = before[f"{norm}.{statistic}"], after[f"{norm}.{statistic}"]
            assert torch.equal(old[~free], new[~free])
            kept += int((~free).sum())
            changed += int((old[free] != new[free]).sum())
    assert kept
    assert changed


@pytest.mark.slow
def test_without_a_mask_nothing_changes(tiny_request: MakeRequest, same_weights) -> None:
    """The default share of 1 is the method itself, bit for bit; so is a mask that lets all move."""
    request = tiny_request()
    settings = {"epochs": 2, "batch_size": 8, "lr": 0.02}
    plain = create("rl", **settings)
    assert plain.saliency == 1
    model = request.copy_of_original()
    request.train(model, plain.parts, plain, plain.objective(request, model))
    usual, outcome = plain.unlearn(request)
    assert same_weights(model, usual)
    nearly_all = create("rl", saliency=1 - 1e-9, **settings)
    masked, counted = nearly_all.unlearn(request)
    assert same_weights(masked, usual)
    assert counted.gradients == outcome.gradients + len(request.split.forget_train)


def test_a_frozen_channel_is_the_same_function_in_training(tiny_request: MakeRequest) -> None:
    """In train mode it normalises with its own statistics: training and use agree."""
    model: Classifier = tiny_request().copy_of_original()
    norm = model.net.stem[1]
    free = torch.tensor([True, False, True, False])
    x = torch.randn(6, 4, 5, 5) * 3 + 1
    in_use = norm.eval()(x)
    with freeze_outside(model, {"net.stem.1.weight": free}):
        norm.train()
        training = norm(x)
    torch.testing.assert_close(training[:, ~free], in_use[:, ~free])
    statistics = (x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False))
    by_batch = F.batch_norm(x, *statistics, norm.weight, norm.bias, False, 0, norm.eps)
    torch.testing.assert_close(training[:, free], by_batch[:, free])
    torch.testing.assert_close(norm.train()(x), by_batch)  # closed: an ordinary batch norm again


def test_a_replaced_layer_is_free(tiny_request: MakeRequest) -> None:
    model = tiny_request().copy_of_original()
    mask = {name: torch.zeros_like(p, dtype=torch.bool) for name, p in model.named_parameters()}
    model.net.head = nn.Linear(model.head.in_features, 9)
    with freeze_outside(model, mask) as restore:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 1
        restore(model)
        head = model.net.head.weight.clone()
        restore(model)
    assert torch.equal(model.net.head.weight, head)
    assert torch.equal(model.net.stem[0].weight, tiny_request().original.net.stem[0].weight)


def test_salun_lets_statistics_follow_the_batches(tiny_request: MakeRequest) -> None:
    """Of protected channels too, whose scale and shift stay; they normalise with their batch."""
    request = tiny_request()
    mask = top_fraction_mask(scores_of(request), 0.3)
    model, _ = create("salun", saliency=0.3, epochs=1, batch_size=8, lr=0.01).unlearn(request)
    before, after = request.original.state_dict(), model.state_dict()
    for norm in [n for n, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)]:
        held = ~mask[f"{norm}.weight"]
        assert torch.equal(before[f"{norm}.weight"][held], after[f"{norm}.weight"][held])
        for statistic in ("running_mean", "running_var"):
            moved = before[f"{norm}.{statistic}"] != after[f"{norm}.{statistic}"]
            assert moved[held].all()


def test_without_statistics_batch_norm_is_as_ever(tiny_request: MakeRequest) -> None:
    norm = tiny_request().copy_of_original().net.stem[1]
    x = torch.randn(6, 4, 5, 5)
    expected = copy.deepcopy(norm).train()(x)
    model = nn.Sequential(norm).train()
    mask = {"0.weight": torch.zeros(4, dtype=torch.bool)}
    with freeze_outside(model, mask, statistics=False):
        torch.testing.assert_close(model(x), expected)


def test_salun_is_random_labels_in_sequence(tiny_request: MakeRequest, same_weights) -> None:
    salun = create("salun")
    assert (salun.saliency, salun.epochs, salun.lr, salun.batch_size) == (0.5, 10, 0.013, 256)
    assert salun.parts == "sequence"
    assert 0 < create("salun", epochs=1).unlearn(tiny_request())[1].step == 2  # D_f, then D_r
