"""Retraining, fine-tuning, ascent and random labels: each formula against a step by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from opcviz.data import Images
from opcviz.methods import Method, Request, create
from opcviz.models import Classifier
from opcviz.tasks.classification import cross_entropy_of
from opcviz.training import Batch, Training

MakeRequest = Callable[..., Request]


def first_step(model: Classifier, loss: Tensor, spec: Training) -> dict[str, Tensor]:
    """θ − lr·(∇loss + wd·θ): SGD's first step, whose momentum is the gradient itself."""
    named = dict(model.named_parameters())
    gradients = torch.autograd.grad(loss, list(named.values()))
    return {
        name: value.detach() - spec.lr * (g + spec.weight_decay * value.detach())
        for (name, value), g in zip(named.items(), gradients, strict=True)
    }


def assert_step(
    method: Method, request: Request, objective: Callable[[Classifier], Tensor]
) -> None:
    """One full-batch step of the method equals the step made by hand, batch norm included."""
    hand = copy.deepcopy(request.original).train()
    expected = first_step(hand, objective(hand), method)
    model, outcome = method.unlearn(request)
    assert outcome.step == 1
    for name, value in model.named_parameters():
        torch.testing.assert_close(value, expected[name], atol=2e-6, rtol=1e-4, msg=name)
    statistics = dict(hand.named_buffers())
    for name, value in model.named_buffers():
        torch.testing.assert_close(value, statistics[name], atol=1e-6, rtol=1e-5, msg=name)


def one_step(name: str, **settings) -> Method:
    return create(name, epochs=1, batch_size=1000, lr=0.05, weight_decay=0.01, **settings)


def pictures(images: Images, ids: Tensor) -> tuple[Tensor, Tensor]:
    return images.x_train[ids].float() / 255, images.y_train[ids]


def test_ascent_steps_against_the_forget_gradient(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    x, y = pictures(request.data, request.split.forget_train)
    assert_step(one_step("ga"), request, lambda model: -F.cross_entropy(model(x), y))


def test_fine_tuning_steps_along_the_retain_gradient(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    x, y = pictures(request.data, request.split.retain_train)
    assert_step(one_step("ft"), request, lambda model: F.cross_entropy(model(x), y))


@pytest.mark.parametrize("alpha", [0.0, 0.7, 1.0])
def test_neggrad_plus_weighs_descent_and_ascent(tiny_request: MakeRequest, alpha: float) -> None:
    request = tiny_request()
    ids = torch.cat([request.split.retain_train, request.split.forget_train])
    kept = len(request.split.retain_train)
    x, y = pictures(request.data, ids)

    def objective(model: Classifier) -> Tensor:
        each = F.cross_entropy(model(x), y, reduction="none")
        return alpha * each[:kept].mean() - (1 - alpha) * each[kept:].mean()

    assert_step(one_step("neggrad_plus", alpha=alpha, passes="joint"), request, objective)


def wrong_labels(request: Request) -> Tensor:
    """RL's fixed table, read off its loss: a batch of one sample has the loss CE(logits, label)."""
    model = copy.deepcopy(request.original).eval()
    loss = create("rl", labels="fixed", parts="joint").objective(request, model)
    found = []
    retain = request.split.retain_train[:1]
    for i in request.split.forget_train.tolist():
        index = torch.cat([retain, torch.tensor([i])])
        x, y = pictures(request.data, index)
        batch = Batch(x, y, index, torch.tensor([False, True]))
        logits = model(x)
        rest = loss(model, batch) - F.cross_entropy(logits[:1], y[:1])
        distance = (rest + logits[1].log_softmax(0)).abs()
        assert distance.min() < 1e-4  # it is one of the classes' cross-entropies
        found.append(int(distance.argmin()))
    return torch.tensor(found)


def test_labels_drawn_once_are_fixed_by_the_seed(tiny_request: MakeRequest) -> None:
    first = wrong_labels(tiny_request(seed=1))
    assert torch.equal(first, wrong_labels(tiny_request(seed=1)))
    assert not torch.equal(first, wrong_labels(tiny_request(seed=2)))


@pytest.mark.slow
def test_random_labels_are_uniform_over_all_classes(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    labels = torch.cat([wrong_labels(tiny_request(seed=seed)) for seed in range(20)])
    counts = labels.bincount(minlength=4).double()
    expected = len(labels) / 4  # 480 draws: chi² with 3 degrees exceeds 16.3 once in a thousand
    assert ((counts - expected) ** 2 / expected).sum() < 16.3
    truth = request.data.y_train[request.split.forget_train].repeat(20)
    assert (labels == truth).any()  # the true one is not left out


def test_random_labels_step_along_both_gradients(tiny_request: MakeRequest) -> None:
    request = tiny_request(seed=5)
    drawn = wrong_labels(request)
    ids = torch.cat([request.split.retain_train, request.split.forget_train])
    kept = len(request.split.retain_train)
    x, y = pictures(request.data, ids)
    y[kept:] = drawn

    def objective(model: Classifier) -> Tensor:
        each = F.cross_entropy(model(x), y, reduction="none")
        return each[:kept].mean() + each[kept:].mean()

    before = request.data.y_train.clone()
    assert_step(one_step("rl", labels="fixed", parts="joint"), request, objective)
    assert torch.equal(request.data.y_train, before)  # only its own table is relabelled


def test_references_train_from_scratch_as_the_study_says(tiny_request: MakeRequest) -> None:
    spec = Training(epochs=1, batch_size=1000, lr=0.05, weight_decay=0.01)
    for name, ids in (
        ("original", torch.arange(48)),
        ("retrain", tiny_request().split.retain_train),
    ):
        request = tiny_request(training=spec)
        hand = request.fresh().train()
        x, y = pictures(request.data, ids)
        expected = first_step(hand, F.cross_entropy(hand(x), y), spec)
        model, outcome = create(name).unlearn(request)
        assert outcome.gradients == len(ids)
        for key, value in model.named_parameters():
            torch.testing.assert_close(value, expected[key], atol=2e-6, rtol=1e-4, msg=key)


def test_the_mean_over_a_part_is_exact_and_zero_where_it_is_empty() -> None:
    logits = torch.randn(5, 3, requires_grad=True)
    y = torch.tensor([0, 1, 2, 0, 1])
    mask = torch.tensor([True, False, True, False, False])
    expected = -(logits.log_softmax(1)[0, 0] + logits.log_softmax(1)[2, 2]) / 2
    torch.testing.assert_close(cross_entropy_of(logits, y, mask), expected)
    nothing = cross_entropy_of(logits, y, torch.zeros(5).bool())
    assert nothing.item() == 0
    nothing.backward()
    assert not logits.grad.any()


def test_the_untrained_model_is_the_start_that_it_is_given(tiny_request, same_weights) -> None:
    request = tiny_request(original=None)
    model, outcome = create("untrained").unlearn(request)
    assert same_weights(model, request.fresh())
    assert (outcome.status, outcome.step, outcome.gradients) == ("finished", 0, 0)
