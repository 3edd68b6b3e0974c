"""COLA: the contrast against sums written out, and which phase moves what."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from opcviz.methods import Request, create
from opcviz.methods.classification.cola import supervised_contrast
from opcviz.training import Batch

MakeRequest = Callable[..., Request]


def test_the_contrast_is_the_sum_written_out() -> None:
    """Over pairs of one class; the sample that is alone in its class does not count."""
    features = torch.randn(7, 5, generator=torch.Generator().manual_seed(1)) * 3
    labels, temperature = [0, 0, 1, 1, 1, 2, 0], 0.3
    z = [row / math.sqrt(sum(v * v for v in row)) for row in features.double().numpy()]
    terms = []
    for i, mine in enumerate(labels):
        alike = [p for p, other in enumerate(labels) if other == mine and p != i]
        if not alike:
            continue
        below = sum(math.exp(z[i] @ z[a] / temperature) for a in range(7) if a != i)
        shares = [math.exp(z[i] @ z[p] / temperature) / below for p in alike]
        terms.append(-sum(map(math.log, shares)) / len(alike))
    found = supervised_contrast(features, torch.tensor(labels), temperature)
    assert found.item() == pytest.approx(sum(terms) / len(terms), rel=1e-5)
    longer = supervised_contrast(100 * features, torch.tensor(labels), temperature)
    torch.testing.assert_close(longer, found)


def test_a_batch_without_pairs_teaches_nothing() -> None:
    features = torch.randn(3, 4, requires_grad=True)
    loss = supervised_contrast(features, torch.arange(3), 0.1)
    loss.backward()
    assert loss.item() == 0
    assert not features.grad.any()


def test_the_gradient_is_finite_where_features_coincide() -> None:
    features = torch.ones(4, 3, requires_grad=True)
    supervised_contrast(features, torch.tensor([0, 0, 1, 1]), 0.01).backward()
    assert bool(features.grad.isfinite().all())


def test_the_body_collapses_and_then_all_aligns(tiny_request: MakeRequest) -> None:
    """One full-batch step of each phase by hand; the head moves in the second only."""
    request = tiny_request()
    data, kept = request.data, request.split.retain_train
    x, y = data.x_train[kept].float() / 255, data.y_train[kept]
    hand = copy.deepcopy(request.original).train()
    head = list(hand.head.parameters())
    body = [p for p in hand.parameters() if all(p is not q for q in head)]
    first = torch.optim.SGD(body, 0.05, momentum=0.9, weight_decay=5e-4)
    supervised_contrast(hand.features(x)[0], y, 0.2).backward()
    first.step()
    hand.zero_grad()
    hand.head.eval()
    second = torch.optim.SGD(hand.parameters(), 0.02, momentum=0.9, weight_decay=5e-4)
    F.cross_entropy(hand(x), y).backward()
    second.step()
    cola = create(
        "cola",
        epochs=1,
        lr=0.05,
        batch_size=1000,
        temperature=0.2,
        align_epochs=1,
        align_lr=0.02,
    )
    model, outcome = cola.unlearn(request)
    assert (outcome.step, outcome.gradients) == (2, 2 * len(kept))
    for name, value in hand.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], value, atol=1e-5, rtol=1e-3, msg=name)


def test_the_collapse_draws_retained_classes_together(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    kept = request.split.retain_train
    x, y = request.data.x_train[kept].float() / 255, request.data.y_train[kept]
    batch = Batch(x, y, kept, torch.zeros(len(kept), dtype=torch.bool))
    cola = create("cola", epochs=10, batch_size=16, align_epochs=1, align_lr=1e-8)
    model, _ = cola.unlearn(request)
    with torch.no_grad():
        loss = cola.objective(request, model)
        assert loss(model, batch) < loss(request.original.eval(), batch)
