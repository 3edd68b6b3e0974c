"""Boundary shrink against brute force; boundary expanding: the shadow class comes and goes."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from opcviz.methods import create
from opcviz.methods.boundary_shrink import nearest_wrong_labels


@pytest.mark.parametrize("bound", [0.0, 0.02, 0.1, 1.0])
def test_neighbours_labels_equal_brute_force(tiny_task, bound: float) -> None:
    task = tiny_task()
    images, model = task.images, copy.deepcopy(task.original).eval()
    expected = []
    for i in task.split.forget_train.tolist():
        x = (images.x_train[i : i + 1].float() / 255).requires_grad_(True)
        F.cross_entropy(model(x), images.y_train[i : i + 1]).backward()
        moved = torch.clamp(x.detach() + bound * torch.sign(x.grad), 0, 1)
        ranked = model(moved)[0].argsort(descending=True).tolist()
        expected.append(next(c for c in ranked if c != int(images.y_train[i])))
    assert nearest_wrong_labels(task, bound, batch=7).tolist() == expected


def test_shrinking_teaches_exactly_those_labels(tiny_task) -> None:
    """One full-batch step of SGD from θo equals θo − lr·∇CE towards the neighbours' labels."""
    task = tiny_task()
    method = create("bs", epochs=1, batch_size=1000, lr=0.05)
    ids = task.split.forget_train
    hand = copy.deepcopy(task.original).train()
    loss = F.cross_entropy(
        hand(task.images.x_train[ids].float() / 255), nearest_wrong_labels(task, 0.1)
    )
    gradients = torch.autograd.grad(loss, list(hand.parameters()))
    model, outcome = method.unlearn(task)
    for after, before, g in zip(model.parameters(), hand.parameters(), gradients, strict=True):
        torch.testing.assert_close(after, before - 0.05 * g, atol=2e-6, rtol=1e-4)
    assert outcome.gradients == 2 * len(ids)  # one for the FGSM step, one for the update


def test_expanding_trains_the_shadow_class_and_drops_it(tiny_task) -> None:
    task = tiny_task()
    method = create("be", epochs=60, batch_size=64, lr=0.05)
    model = task.copy_of_original()
    objective = method.objective(task, model)
    ids = task.split.forget_train
    x = task.images.x_train[ids].float() / 255

    def chosen() -> float:
        """Share of D_f in the shadow class."""
        with torch.no_grad():
            features, logits = model.eval().features(x)
            wide = torch.cat([logits, model.shadow(features)], 1)
        assert wide.shape[1] == task.images.classes + 1
        return (wide.argmax(1) == task.images.classes).float().mean().item()

    before = chosen()
    task.train(model, "forget", method, objective)
    assert before < 0.5 < chosen()

    done, _ = method.unlearn(task)
    assert done.state_dict().keys() == task.original.state_dict().keys()
    assert done.head.out_features == done.classes == task.images.classes
    assert done(x).shape == (len(ids), task.images.classes)
    model.shadow = None  # what training left, without the neuron, is the result
    for name, value in done.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


def test_expanding_equals_a_widened_head(tiny_task) -> None:
    """The first step's loss is cross-entropy of a real (C + 1)-output layer over the features."""
    task = tiny_task()
    model = task.copy_of_original()
    objective = create("be").objective(task, model)
    feed_x = task.images.x_train[task.split.forget_train].float() / 255
    wide = torch.nn.Linear(model.head.in_features, model.classes + 1)
    with torch.no_grad():
        wide.weight.copy_(torch.cat([model.head.weight, model.shadow.weight]))
        wide.bias.copy_(torch.cat([model.head.bias, model.shadow.bias]))
        features, _ = model.features(feed_x)
    expected = -wide(features).log_softmax(1)[:, -1].mean()

    from opcviz.training import Batch

    ids = task.split.forget_train
    batch = Batch(feed_x, task.images.y_train[ids], ids, torch.ones(len(ids), dtype=torch.bool))
    torch.testing.assert_close(objective(model, batch), expected)


def test_the_shadow_follows_the_seed_and_nothing_else(tiny_task) -> None:
    def start(seed: int) -> torch.Tensor:
        task = tiny_task(seed=seed)
        model = task.copy_of_original()
        torch.rand(seed + 1)
        create("be").objective(task, model)
        return model.shadow.weight.detach()

    assert torch.equal(start(0), start(0))
    assert not torch.equal(start(0), start(1))
