"""SSD, influence and Fisher forgetting on models whose gradients and curvature are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.progress import Cancelled, Progress
from opcviz.data import DataSpec, Images, Scenario, Split, load
from opcviz.methods import Request, create, woodfisher
from opcviz.methods.fisher_information import fisher_diagonal
from opcviz.methods.gradients import GradientCounter, mean_gradient, per_sample_gradients
from opcviz.methods.woodfisher import cost, inverse_fisher_product, one_vector_recursion
from opcviz.models import Architecture, Classifier
from opcviz.tasks import get_task
from opcviz.training import Training

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
@pytest.mark.parametrize("batch", [None, 5])
def test_ssd_is_the_formula_on_analytic_gradients(
    alpha: float,
    dampening: float,
    batch: int | None,
    linear: Classifier,
    tiny_images: Images,
    tiny_split: Split,
    tiny_request: MakeRequest,
    doubles: None,
) -> None:
    everything = torch.arange(len(tiny_images.y_train))
    forget, usual = (
        torch.stack(
            [
                analytic(linear, tiny_images, part, tiny_images.y_train[part]).mean(0).square()
                for part in ids.split(batch or 1)
            ]
        ).mean(0)
        for ids in (tiny_split.forget_train, everything)
    )
    before = flat(dict(linear.named_parameters())).detach()
    expected = before.clone()
    for i in range(len(before)):
        if forget[i] > alpha * usual[i]:
            expected[i] *= min(dampening * usual[i].item() / forget[i].item(), 1.0)
    squared = {"importance": "batch", "batch_size": batch} if batch else {"importance": "sample"}
    ssd = create("ssd", alpha=alpha, dampening=dampening, order="mixed", **squared)
    model, outcome = ssd.unlearn(tiny_request(original=linear))
    found = flat(dict(model.named_parameters())).detach()
    torch.testing.assert_close(found, expected)
    assert 0 < int((found != before).sum()) < len(before)
    assert outcome.gradients == len(tiny_split.forget_train) + len(everything)


def test_what_matters_to_nobody_is_not_dampened() -> None:
    """0/0: a weight without any gradient stays as it is."""
    assert create("ssd").factor(torch.zeros(3), torch.zeros(3)).tolist() == [1.0, 1.0, 1.0]


@pytest.fixture(scope="module")
def one_digit() -> Request:
    """A quickly trained net that is to forget one of the ten digits."""
    data = load(DataSpec("digits"))
    request = Request(
        task=TASK,
        data=data,
        split=Scenario.parse("classes:3").split(data),
        original=None,
        fresh=lambda: TASK.build(Architecture("resnet8", width=0.25), data, 0),
        training=Training(epochs=3, lr=0.1, batch_size=64),
    )
    return replace(request, original=create("original").unlearn(request)[0])


def authors_choice(request: Request, alpha: float) -> tuple[dict[str, Tensor], list[Tensor]]:
    """SSD as its authors' code has it, plainly: the dampened weights, and which they are."""
    model = request.copy_of_original().eval()
    data = request.data

    def importance(ids: Tensor) -> list[Tensor]:
        total = [torch.zeros_like(p) for p in model.parameters()]
        batches = ids.split(64)
        for part in batches:
            model.zero_grad()
            F.cross_entropy(model(data.x_train[part] / 255), data.y_train[part]).backward()
            total = [t + p.grad.pow(2) for t, p in zip(total, model.parameters(), strict=True)]
        return [t / len(batches) for t in total]

    gone = request.split.forget_train
    by_class = [torch.nonzero(data.y_train == c).flatten() for c in range(10) if c != 3]
    forget, usual = importance(gone), importance(torch.cat([*by_class, gone]))
    chosen = [f > alpha * u for f, u in zip(forget, usual, strict=True)]
    with torch.no_grad():
        for p, f, u, c in zip(model.parameters(), forget, usual, chosen, strict=True):
            p[c] *= (u / f).clamp(max=1)[c]
    return dict(model.named_parameters()), chosen


@pytest.mark.slow
def test_ssd_dampens_what_its_authors_code_does(one_digit: Request) -> None:
    """With the paper's α = 10, one class of ten: some weights, to the value."""
    expected, chosen = authors_choice(one_digit, 10.0)
    count = sum(int(c.sum()) for c in chosen)
    assert count > 0.001 * sum(c.numel() for c in chosen)
    model, _ = create("ssd").unlearn(one_digit)
    before = dict(one_digit.original.named_parameters())
    for (name, value), c in zip(model.named_parameters(), chosen, strict=True):
        torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-6, msg=name)
        assert torch.equal(value[~c], before[name][~c])


@pytest.mark.slow
def test_single_samples_are_bounded_by_the_forgotten_share(
    one_digit: Request, same_weights: Callable[..., bool]
) -> None:
    """F_f ≤ |D|/|D_f|·F_D: with the paper's α = 10 nothing is dampened for one class of ten."""
    share = len(one_digit.data.y_train) / len(one_digit.split.forget_train)
    model, _ = create("ssd", importance="sample", alpha=10.0).unlearn(one_digit)
    assert same_weights(model, one_digit.original)
    assert 9 < share < 10
    dampened, _ = create("ssd", importance="sample", alpha=0.5 * share).unlearn(one_digit)
    assert not same_weights(dampened, one_digit.original)


@pytest.mark.slow
def test_ssd_cuts_all_data_as_asked(one_digit: Request) -> None:
    """Parted: retained class by class, then forgotten; random samples are not sorted by class."""
    y = one_digit.data.y_train
    order = create("ssd").everything(one_digit)
    kept = len(one_digit.split.retain_train)
    assert torch.equal(order[kept:], one_digit.split.forget_train)
    assert bool((y[order[:kept]].diff() >= 0).all())
    assert torch.equal(create("ssd", order="mixed").everything(one_digit), torch.arange(len(y)))
    some = replace(one_digit, split=Scenario.parse("random:10%").split(one_digit.data))
    expected = torch.cat([some.split.retain_train, some.split.forget_train])
    assert torch.equal(create("ssd").everything(some), expected)


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


def test_the_one_vector_recursion_is_its_formula(
    linear: Classifier, tiny_images: Images, tiny_split: Split, doubles: None
) -> None:
    """Sample by sample in plain arithmetic; it is not the exact product."""
    ids = tiny_split.retain_train
    rows = analytic(linear, tiny_images, ids, tiny_images.y_train[ids])
    vector = mean_gradient(TASK, linear, tiny_images, tiny_split.forget_train, counter())
    k, o, n = flat(vector).clone(), rows[0].clone(), len(ids)
    for g in rows[1:]:
        along, down = o @ g, k @ g
        k -= down / (n + along) * o
        o -= along / (n + along) * o
    counted = counter()
    found = flat(one_vector_recursion(TASK, linear, tiny_images, ids, vector, counted))
    torch.testing.assert_close(found, k)
    assert counted.done == n
    exact = flat(inverse_fisher_product(TASK, linear, tiny_images, ids, vector, 1.0, counter()))
    assert (found - exact).norm() > 1e-3 * exact.norm()


def test_influence_takes_either_product(
    tiny_request: MakeRequest, same_weights: Callable[..., bool]
) -> None:
    exact, recursive = (
        create("iu", alpha=0.5, samples=20, solver=solver).unlearn(tiny_request())
        for solver in ("exact", "recursion")
    )
    assert not same_weights(exact[0], recursive[0])
    assert recursive[1].gradients == len(tiny_request().data.y_train) + 20


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
    torch.testing.assert_close(fisher.variance(torch.tensor([0.0, 2.0])), torch.tensor([5.0, 0.05]))
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


def authors_mean_and_variance(
    value: Tensor, fisher: Tensor, head: bool, forgotten: list[int]
) -> tuple[Tensor, Tensor]:
    """What Golatkar et al.'s notebook takes noise from, step by step, for α = 3e-6."""
    variance = 1 / (fisher + 1e-8)
    variance[variance > 1e3] = 1e3
    if head:
        variance[variance > 1e2] = 1e2
    variance = 3e-6 * variance
    if value.ndim > 1:
        variance = variance.mean(dim=1, keepdim=True).expand_as(value).clone()
    mean = value.clone()
    if head and forgotten:
        mean[forgotten] = 0
        variance[forgotten] = 1e-4
    return mean, variance * 10 if head or value.ndim == 1 else variance


@pytest.mark.parametrize("scenario", ["classes:0,1", "random:20%"])
def test_fisher_forgetting_is_the_authors_draw(tiny_request: MakeRequest, scenario: str) -> None:
    """The same standard normal numbers through the authors' means and variances."""
    split = Scenario.parse(scenario).split(tiny_request().data)
    request = tiny_request(split=split, seed=3)
    model, _ = create("fisher").unlearn(request)
    start = request.copy_of_original()
    fisher = fisher_diagonal(
        TASK, start, request.data, split.retain_train, counter(), targets="model"
    )
    generator = torch.Generator().manual_seed(3)
    for (name, found), value in zip(model.named_parameters(), start.parameters(), strict=True):
        mean, variance = authors_mean_and_variance(
            value.detach(), fisher[name], name.startswith("net.head."), list(split.classes)
        )
        expected = mean + variance.sqrt() * torch.randn(value.shape, generator=generator)
        torch.testing.assert_close(found.detach(), expected, msg=name)
    quiet, _ = create("fisher", alpha=1e-12).unlearn(request)
    for part in ("weight", "bias"):
        was, now = getattr(start.head, part), getattr(quiet.head, part)
        left = 0.0 if split.classes else was[[0, 1]]
        assert (now[[0, 1]] - left).abs().max() < 5 * 1e-3**0.5  # a variance of 1e-3, or less
        torch.testing.assert_close(now[2:], was[2:], atol=1e-3, rtol=0)


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
