"""SSD, influence and Fisher forgetting on models whose gradients and curvature are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Images, Scenario, Split
from opcviz.methods import Request, create, woodfisher
from opcviz.methods.fisher_information import fisher_diagonal
from opcviz.methods.gradients import GradientCounter, mean_gradient, per_sample_gradients
from opcviz.methods.woodfisher import cost, inverse_fisher_product
from opcviz.models import Classifier
from opcviz.tasks import get_task

MakeRequest = Callable[..., Request]
TASK = get_task("classification")


@pytest.fixture
def linear(tiny_images: Images) -> Classifier:
    """Softmax regression on the pixels, in float64: 64 · 4 + 4 weights."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
    model = Classifier(net, *tiny_images.mean_std(), tiny_images.shape).double()
    return model.eval()


@pytest.fixture
def doubles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures as float64, so that an oracle is not limited by rounding."""
    monkeypatch.setattr(Tensor, "float", Tensor.double)


def counter() -> GradientCounter:
    return GradientCounter(Progress(), 10**9)


def analytic(model: Classifier, images: Images, ids: Tensor, labels: Tensor) -> Tensor:
    """∇ CE of softmax regression, (softmax − one-hot) ⊗ (x, 1), one row a sample."""
    x = ((images.x_train[ids].double() / 255 - model.mean) / model.std).flatten(1)
    wrong = model(images.x_train[ids].double() / 255).softmax(1) - F.one_hot(labels, 4)
    weight = wrong[:, :, None] * x[:, None, :]
    return torch.cat([weight.flatten(1), wrong], 1).detach()


def flat(weights: dict[str, Tensor]) -> Tensor:
    return torch.cat([value.flatten() for value in weights.values()])


def test_per_sample_gradients_are_those_of_single_passes(tiny_request: MakeRequest) -> None:
    """With batch norm in the model, which a batched pass in train mode would mix up."""
    request = tiny_request()
    model = request.copy_of_original()
    ids = torch.arange(7)
    x, y = request.data.x_train[ids].float() / 255, request.data.y_train[ids]
    each = per_sample_gradients(TASK, model)(x, y)
    for i in ids:
        loss = F.cross_entropy(model(x[i : i + 1]), y[i : i + 1])
        alone = torch.autograd.grad(loss, list(model.parameters()))
        for (name, value), expected in zip(each.items(), alone, strict=True):
            torch.testing.assert_close(value[i], expected, rtol=1e-3, atol=1e-5, msg=name)


def test_means_and_diagonals_are_analytic(
    linear: Classifier, tiny_images: Images, tiny_split: Split, doubles: None
) -> None:
    ids = tiny_split.retain_train
    rows = analytic(linear, tiny_images, ids, tiny_images.y_train[ids])
    found = flat(mean_gradient(TASK, linear, tiny_images, ids, counter(), batch=7))
    torch.testing.assert_close(found, rows.mean(0))
    found = flat(fisher_diagonal(TASK, linear, tiny_images, ids, counter()))
    torch.testing.assert_close(found, rows.square().mean(0))
    shares = linear(tiny_images.x_train[ids].double() / 255).softmax(1).detach()
    proper = sum(
        (
            shares[:, c, None]
            * analytic(linear, tiny_images, ids, torch.full_like(ids, c)).square()
        ).mean(0)
        for c in range(4)
    )
    found = flat(fisher_diagonal(TASK, linear, tiny_images, ids, counter(), targets="model"))
    torch.testing.assert_close(found, proper)


@pytest.mark.parametrize(("alpha", "dampening"), [(1.0, 1.0), (1.3, 0.2), (0.5, 1.2)])
def test_ssd_is_the_formula_on_an_analytic_fisher(
    alpha: float,
    dampening: float,
    linear: Classifier,
    tiny_images: Images,
    tiny_split: Split,
    tiny_request: MakeRequest,
    doubles: None,
) -> None:
    everything = torch.arange(len(tiny_images.y_train))
    forget, usual = (
        analytic(linear, tiny_images, ids, tiny_images.y_train[ids]).square().mean(0)
        for ids in (tiny_split.forget_train, everything)
    )
    before = flat(dict(linear.named_parameters())).detach()
    expected = before.clone()
    for i in range(len(before)):
        if forget[i] > alpha * usual[i]:
            expected[i] *= min(dampening * usual[i].item() / forget[i].item(), 1.0)
    ssd = create("ssd", alpha=alpha, dampening=dampening)
    model, outcome = ssd.unlearn(tiny_request(original=linear))
    found = flat(dict(model.named_parameters())).detach()
    torch.testing.assert_close(found, expected)
    assert 0 < int((found != before).sum()) < len(before)
    assert outcome.gradients == len(tiny_split.forget_train) + len(everything)


def test_what_matters_to_nobody_is_not_dampened() -> None:
    """0/0: a weight without any gradient stays as it is."""
    assert create("ssd").factor(torch.zeros(3), torch.zeros(3)).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("budget", [None, 260 * 10, 260])
def test_the_inverse_fisher_product_is_a_dense_solve(
    budget: int | None,
    linear: Classifier,
    tiny_images: Images,
    tiny_split: Split,
    doubles: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether all gradients fit at once, in parts, or one by one."""
    if budget:
        monkeypatch.setattr(woodfisher, "GRADIENT_BUDGET", budget)
    ids = tiny_split.retain_train[::2]
    rows = analytic(linear, tiny_images, ids, tiny_images.y_train[ids])
    vector = mean_gradient(TASK, linear, tiny_images, tiny_split.forget_train, counter())
    damping = 0.03
    dense = damping * torch.eye(rows.shape[1], dtype=rows.dtype) + rows.T @ rows / len(ids)
    expected = torch.linalg.solve(dense, flat(vector))
    counted = counter()
    found = inverse_fisher_product(TASK, linear, tiny_images, ids, vector, damping, counted)
    torch.testing.assert_close(flat(found), expected, rtol=1e-6, atol=1e-9)
    assert counted.done <= cost(linear, len(ids))


def test_it_is_the_woodfisher_recursion(
    linear: Classifier, tiny_images: Images, tiny_split: Split, doubles: None
) -> None:
    """F⁻¹ ← F⁻¹ − F⁻¹ g gᵀ F⁻¹ / (N + gᵀ F⁻¹ g), from I/δ, as Singh & Alistarh write it."""
    ids, damping = tiny_split.retain_train, 0.5
    rows = analytic(linear, tiny_images, ids, tiny_images.y_train[ids])
    inverse = torch.eye(rows.shape[1], dtype=rows.dtype) / damping
    for g in rows:
        along = inverse @ g
        inverse -= torch.outer(along, along) / (len(ids) + g @ along)
    vector = mean_gradient(TASK, linear, tiny_images, tiny_split.forget_train, counter())
    found = inverse_fisher_product(TASK, linear, tiny_images, ids, vector, damping, counter())
    torch.testing.assert_close(flat(found), inverse @ flat(vector))


def test_influence_steps_up_the_forget_loss(tiny_request: MakeRequest) -> None:
    """A small step raises CE on forget data more than on retain data."""
    request = tiny_request()
    model, outcome = create("iu", alpha=0.5, samples=50).unlearn(request)

    def loss(model: Classifier, ids: Tensor) -> float:
        x = request.data.x_train[ids].float() / 255
        return F.cross_entropy(model(x), request.data.y_train[ids]).item()

    rise = [
        loss(model, ids) - loss(request.original.eval(), ids)
        for ids in (request.split.forget_train, request.split.retain_train)
    ]
    assert rise[0] > max(rise[1], 0)
    assert outcome.gradients == len(request.data.y_train) + 50


def test_noise_has_the_variance_of_the_formula(tiny_request: MakeRequest) -> None:
    fisher = create("fisher", alpha=1e-2, cap=50.0)
    given = torch.tensor([[1.0, 0.0], [4.0, 0.5]])
    rows = torch.tensor([1 + 50, 0.25 + 2]) * 1e-2 / 2
    torch.testing.assert_close(fisher.variance(given), rows[:, None].expand(2, 2))
    torch.testing.assert_close(fisher.variance(torch.tensor([0.0, 2.0])), torch.tensor([0.5, 5e-3]))
    request = tiny_request(split=Scenario.parse("random:20%").split(tiny_request().data))
    quiet, loud = (create("fisher", alpha=a).unlearn(request)[0] for a in (1e-12, 1e-6))
    moved = [
        sum(
            (a - b).square().sum().item()
            for a, b in zip(m.parameters(), request.original.parameters(), strict=True)
        )
        for m in (quiet, loud)
    ]
    assert moved[1] == pytest.approx(1e6 * moved[0], rel=0.05)


def test_rows_of_forgotten_classes_are_zeroed(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    model, _ = create("fisher", alpha=1e-12).unlearn(request)
    assert model.head.weight[[0, 1]].abs().max() < 1e-3
    torch.testing.assert_close(
        model.head.weight[2:], request.original.head.weight[2:], atol=1e-3, rtol=0
    )


def test_passes_refuse_nothing_and_can_be_stopped(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    model, empty = request.copy_of_original(), request.split.forget_train[:0]
    for over in (mean_gradient, fisher_diagonal):
        with pytest.raises(ValueError, match="no samples"):
            over(TASK, model, request.data, empty, counter())
        with pytest.raises(Cancelled):
            over(
                TASK,
                model,
                request.data,
                request.split.forget_train,
                GradientCounter(Progress(stop=lambda: True), 1),
            )
