"""SSD, influence and Fisher forgetting on models whose gradients and curvature are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Images, Scenario, Split
from opcviz.methods import Task, create, woodfisher
from opcviz.methods.passes import (
    Work,
    fisher_diagonal,
    mean_gradient,
    nearest,
    per_sample_gradients,
)
from opcviz.methods.woodfisher import cost, inverse_fisher_product
from opcviz.models import Classifier

MakeTask = Callable[..., Task]


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


def work() -> Work:
    return Work(Progress(), 10**9)


def analytic(model: Classifier, images: Images, ids: Tensor, labels: Tensor) -> Tensor:
    """∇ CE of softmax regression, (softmax − one-hot) ⊗ (x, 1), one row a sample."""
    x = ((images.x_train[ids].double() / 255 - model.mean) / model.std).flatten(1)
    wrong = model(images.x_train[ids].double() / 255).softmax(1) - F.one_hot(labels, 4)
    weight = wrong[:, :, None] * x[:, None, :]
    return torch.cat([weight.flatten(1), wrong], 1).detach()


def flat(weights: dict[str, Tensor]) -> Tensor:
    return torch.cat([value.flatten() for value in weights.values()])


def test_per_sample_gradients_are_those_of_single_passes(tiny_task: MakeTask) -> None:
    """With batch norm in the model, which a batched pass in train mode would mix up."""
    task = tiny_task()
    model = task.copy_of_original()
    ids = torch.arange(7)
    x, y = task.images.x_train[ids].float() / 255, task.images.y_train[ids]
    each = per_sample_gradients(model)(x, y)
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
    found = flat(mean_gradient(linear, tiny_images, ids, work(), batch=7))
    torch.testing.assert_close(found, rows.mean(0))
    found = flat(fisher_diagonal(linear, tiny_images, ids, work()))
    torch.testing.assert_close(found, rows.square().mean(0))
    shares = linear(tiny_images.x_train[ids].double() / 255).softmax(1).detach()
    proper = sum(
        (
            shares[:, c, None]
            * analytic(linear, tiny_images, ids, torch.full_like(ids, c)).square()
        ).mean(0)
        for c in range(4)
    )
    found = flat(fisher_diagonal(linear, tiny_images, ids, work(), labels="model"))
    torch.testing.assert_close(found, proper)


@pytest.mark.parametrize(("alpha", "dampening"), [(1.0, 1.0), (1.3, 0.2), (0.5, 1.2)])
def test_ssd_is_the_formula_on_an_analytic_fisher(
    alpha: float,
    dampening: float,
    linear: Classifier,
    tiny_images: Images,
    tiny_split: Split,
    tiny_task: MakeTask,
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
    model, outcome = ssd.unlearn(tiny_task(original=linear))
    found = flat(dict(model.named_parameters())).detach()
    torch.testing.assert_close(found, expected)
    assert 0 < int((found != before).sum()) < len(before)
    assert outcome.gradients == len(tiny_split.forget_train) + len(everything)


def test_what_matters_to_nobody_is_not_dampened() -> None:
    """0/0: a weight without any gradient stays as it is."""
    assert create("ssd").factor(torch.zeros(3), torch.zeros(3)).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("room", [None, 260 * 10, 260])
def test_the_inverse_fisher_product_is_a_dense_solve(
    room: int | None,
    linear: Classifier,
    tiny_images: Images,
    tiny_split: Split,
    doubles: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether all gradients fit at once, in parts, or one by one."""
    if room:
        monkeypatch.setattr(woodfisher, "ROOM", room)
    ids = tiny_split.retain_train[::2]
    rows = analytic(linear, tiny_images, ids, tiny_images.y_train[ids])
    vector = mean_gradient(linear, tiny_images, tiny_split.forget_train, work())
    damping = 0.03
    dense = damping * torch.eye(rows.shape[1], dtype=rows.dtype) + rows.T @ rows / len(ids)
    expected = torch.linalg.solve(dense, flat(vector))
    counted = work()
    found = inverse_fisher_product(linear, tiny_images, ids, vector, damping, counted)
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
    vector = mean_gradient(linear, tiny_images, tiny_split.forget_train, work())
    found = inverse_fisher_product(linear, tiny_images, ids, vector, damping, work())
    torch.testing.assert_close(flat(found), inverse @ flat(vector))


def test_influence_steps_up_the_forget_loss(tiny_task: MakeTask) -> None:
    """A small step raises CE on forget data more than on retain data."""
    task = tiny_task()
    model, outcome = create("iu", alpha=0.5, samples=50).unlearn(task)

    def loss(model: Classifier, ids: Tensor) -> float:
        x = task.images.x_train[ids].float() / 255
        return F.cross_entropy(model(x), task.images.y_train[ids]).item()

    rise = [
        loss(model, ids) - loss(task.original.eval(), ids)
        for ids in (task.split.forget_train, task.split.retain_train)
    ]
    assert rise[0] > max(rise[1], 0)
    assert outcome.gradients == len(task.images.y_train) + 50


def test_noise_has_the_variance_of_the_formula(tiny_task: MakeTask) -> None:
    fisher = create("fisher", alpha=1e-2, cap=50.0)
    given = torch.tensor([[1.0, 0.0], [4.0, 0.5]])
    rows = torch.tensor([1 + 50, 0.25 + 2]) * 1e-2 / 2
    torch.testing.assert_close(fisher.variance(given), rows[:, None].expand(2, 2))
    torch.testing.assert_close(fisher.variance(torch.tensor([0.0, 2.0])), torch.tensor([0.5, 5e-3]))
    task = tiny_task(split=Scenario.parse("random:20%").split(tiny_task().images))
    quiet, loud = (create("fisher", alpha=a).unlearn(task)[0] for a in (1e-12, 1e-6))
    moved = [
        sum(
            (a - b).square().sum().item()
            for a, b in zip(m.parameters(), task.original.parameters(), strict=True)
        )
        for m in (quiet, loud)
    ]
    assert moved[1] == pytest.approx(1e6 * moved[0], rel=0.05)


def test_rows_of_forgotten_classes_are_zeroed(tiny_task: MakeTask) -> None:
    task = tiny_task()
    model, _ = create("fisher", alpha=1e-12).unlearn(task)
    assert model.head.weight[[0, 1]].abs().max() < 1e-3
    torch.testing.assert_close(
        model.head.weight[2:], task.original.head.weight[2:], atol=1e-3, rtol=0
    )


def test_passes_refuse_nothing_and_can_be_stopped(tiny_task: MakeTask) -> None:
    task = tiny_task()
    model, empty = task.copy_of_original(), task.split.forget_train[:0]
    for over in (mean_gradient, fisher_diagonal):
        with pytest.raises(ValueError, match="no pictures"):
            over(model, task.images, empty, work())
        with pytest.raises(Cancelled):
            over(
                model,
                task.images,
                task.split.forget_train,
                Work(Progress(stop=lambda: True), 1),
            )


def test_nearest_is_the_greatest_cosine() -> None:
    generator = torch.Generator().manual_seed(0)
    of, among = (torch.randn(n, 5, generator=generator) for n in (7, 30))
    cosine = F.cosine_similarity(of[:, None], among[None], dim=2)
    found = nearest(of, among, 4, batch=3)
    assert torch.equal(found.sort(1).values, cosine.topk(4).indices.sort(1).values)
