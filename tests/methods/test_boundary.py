"""Boundary shrink against brute force; boundary expanding: the shadow class comes and goes."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from opcviz.methods import create
from opcviz.methods.classification.boundary_shrink import nearest_wrong_labels


@pytest.mark.parametrize("bound", [0.0, 0.02, 0.1, 1.0])
def test_neighbours_labels_equal_brute_force(tiny_request, bound: float) -> None:
    request = tiny_request()
    images, model = request.data, copy.deepcopy(request.original).eval()
    expected = []
    for i in request.split.forget_train.tolist():
        x = (images.x_train[i : i + 1].float() / 255).requires_grad_(True)
        F.cross_entropy(model(x), images.y_train[i : i + 1]).backward()
        moved = torch.clamp(x.detach() + bound * torch.sign(x.grad), 0, 1)
        ranked = model(moved)[0].argsort(descending=True).tolist()
        expected.append(next(c for c in ranked if c != int(images.y_train[i])))
    assert nearest_wrong_labels(request, bound, batch=7).tolist() == expected


def test_shrinking_teaches_exactly_those_labels(tiny_request) -> None:
    """One full-batch step of SGD from θo equals θo − lr·∇CE towards the neighbours' labels."""
    request = tiny_request()
    method = create("bs", epochs=1, batch_size=1000, lr=0.05)
    ids = request.split.forget_train
    hand = copy.deepcopy(request.original).train()
    loss = F.cross_entropy(
        hand(request.data.x_train[ids].float() / 255), nearest_wrong_labels(request, 0.1)
    )
    gradients = torch.autograd.grad(loss, list(hand.parameters()))
    model, outcome = method.unlearn(request)
    for after, before, g in zip(model.parameters(), hand.parameters(), gradients, strict=True):
        torch.testing.assert_close(after, before - 0.05 * g, atol=2e-6, rtol=1e-4)
    assert outcome.gradients == 2 * len(ids)  # one for the FGSM step, one for the update


@pytest.mark.slow
def test_expanding_trains_the_shadow_class_and_drops_it(tiny_request) -> None:
    request = tiny_request()
    method = create("be", epochs=60, batch_size=64, lr=0.05)
    model = request.copy_of_original()
    objective = method.objective(request, model)
    ids = request.split.forget_train
    x = request.data.x_train[ids].float() / 255

    def chosen() -> float:
        """Share of D_f in the shadow class."""
        with torch.no_grad():
            features, logits = model.eval().features(x)
            wide = torch.cat([logits, model.shadow(features)], 1)
        assert wide.shape[1] == request.data.classes + 1
        return (wide.argmax(1) == request.data.classes).float().mean().item()

    before = chosen()
    request.train(model, "forget", method, objective)
    assert before < 0.5 < chosen()

    done, _ = method.unlearn(request)
    assert done.state_dict().keys() == request.original.state_dict().keys()
    assert done.head.out_features == done.classes == request.data.classes
    assert done(x).shape == (len(ids), request.data.classes)
    model.shadow = None  # what training left, without the neuron, is the result
    for name, value in done.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


def test_expanding_equals_a_widened_head(tiny_request) -> None:
    """The first step's loss is cross-entropy of a real (C + 1)-output layer over the features."""
    request = tiny_request()
    model = request.copy_of_original()
    objective = create("be").objective(request, model)
    feed_x = request.data.x_train[request.split.forget_train].float() / 255
    wide = torch.nn.Linear(model.head.in_features, model.classes + 1)
    with torch.no_grad():
        wide.weight.copy_(torch.cat([model.head.weight, model.shadow.weight]))
        wide.bias.copy_(torch.cat([model.head.bias, model.shadow.bias]))
        features, _ = model.features(feed_x)
    expected = -wide(features).log_softmax(1)[:, -1].mean()

    from opcviz.training import Batch

    ids = request.split.forget_train
    batch = Batch(feed_x, request.data.y_train[ids], ids, torch.ones(len(ids), dtype=torch.bool))
    torch.testing.assert_close(objective(model, batch), expected)


def test_the_shadow_follows_the_seed_and_nothing_else(tiny_request) -> None:
    def start(seed: int) -> torch.Tensor:
        request = tiny_request(seed=seed)
        model = request.copy_of_original()
        torch.rand(seed + 1)
        create("be").objective(request, model)
        return model.shadow.weight.detach()

    assert torch.equal(start(0), start(0))
    assert not torch.equal(start(0), start(1))
