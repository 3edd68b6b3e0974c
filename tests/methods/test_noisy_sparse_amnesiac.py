"""NGD's noise, ℓ1-sparse's penalty and Amnesiac's labels, each against its definition."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from opcviz.methods import create
from opcviz.training import Batch


def batch_of(request, ids: torch.Tensor, at: float = 0.0) -> Batch:
    x, y = request.data.x_train[ids].float() / 255, request.data.y_train[ids]
    return Batch(x, y, ids, torch.zeros(len(ids), dtype=torch.bool), at)


def gradients(method, request, seed: int = 0) -> tuple[float, list[torch.Tensor]]:
    model = copy.deepcopy(request.original).eval()
    torch.manual_seed(seed)
    loss = method.objective(request, model)(model, batch_of(request, request.split.retain_train))
    return loss.item(), list(torch.autograd.grad(loss, list(model.parameters())))


@pytest.mark.parametrize("sigma", [0.01, 1.0])
def test_noise_on_the_gradient_is_standard_normal_times_sigma(tiny_request, sigma: float) -> None:
    request = tiny_request()
    plain, clean = gradients(create("ft"), request)
    value, noisy = gradients(create("ngd", sigma=sigma), request)
    assert value == pytest.approx(plain, abs=1e-4)  # the loss itself is not blurred
    pairs = zip(noisy, clean, strict=True)
    noise = torch.cat([(a - b).flatten() for a, b in pairs]) / sigma
    n = len(noise)
    assert abs(noise.mean().item()) < 4 / n**0.5
    assert abs(noise.square().mean().item() - 1) < 4 * (2 / n) ** 0.5
    torch.manual_seed(0)
    drawn = torch.cat([torch.randn_like(p).flatten() for p in request.original.parameters()])
    torch.testing.assert_close(noise, drawn, atol=1e-3, rtol=1e-3)


def test_without_noise_it_is_fine_tuning(tiny_request, same_weights) -> None:
    settings = {"epochs": 2, "batch_size": 16}
    request = tiny_request()
    noisy, _ = create("ngd", sigma=0, **settings).unlearn(request)
    assert same_weights(noisy, create("ft", **settings).unlearn(request)[0])


@pytest.mark.parametrize(
    ("at", "share"), [(0.0, 1.0), (0.9, 1.0), (1.0, 0.75), (2.5, 0.5), (3.99, 0.25)]
)
def test_the_penalty_is_the_sum_of_magnitudes_and_fades(
    tiny_request, at: float, share: float
) -> None:
    request = tiny_request()
    model = request.original.eval()
    batch = batch_of(request, request.split.retain_train, at)
    loss = create("l1_sparse", alpha=0.02, epochs=4).objective(request, model)(model, batch)
    length = sum(abs(v) for p in model.parameters() for v in p.detach().flatten().tolist())
    expected = F.cross_entropy(model(batch.x), batch.y).item() + 0.02 * share * length
    assert loss.item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_a_strong_penalty_makes_small_weights(tiny_request) -> None:
    request = tiny_request()

    def length(alpha: float) -> float:
        method = create("l1_sparse", alpha=alpha, epochs=15, batch_size=16, lr=0.02)
        return sum(p.abs().sum().item() for p in method.unlearn(request)[0].parameters())

    assert length(0.1) < 0.8 * length(0.0)


def table_of(method, request) -> torch.Tensor:
    """The labels that a relabelling method trains on, read off its loss one sample at a time."""
    model = request.original.eval()
    loss = method.objective(request, model)
    labels = []
    for i in range(len(request.data.y_train)):
        batch = batch_of(request, torch.tensor([i]))
        with torch.no_grad():
            costs = -model(batch.x).log_softmax(1)[0]
            labels.append((costs - loss(model, batch)).abs().argmin())
    return torch.stack(labels)


def test_amnesiac_teaches_wrong_labels_on_forget_data_only(tiny_request) -> None:
    request = tiny_request()
    method, truth = create("amnesiac"), request.data.y_train
    labels = table_of(method, request)
    forget, retain = request.split.forget_train, request.split.retain_train
    assert bool((labels[forget] != truth[forget]).all())
    assert torch.equal(labels[retain], truth[retain])
    assert labels[forget].unique().tolist() == [0, 1, 2, 3]  # another forgotten class may come up
    assert not torch.equal(table_of(method, tiny_request(seed=1)), labels)


def test_amnesiac_passes_over_all_data_once_an_epoch(tiny_request) -> None:
    request = tiny_request()
    _, outcome = create("amnesiac", epochs=2, batch_size=16).unlearn(request)
    assert outcome.gradients == 2 * len(request.data.y_train)
