"""The three processes against each other, and the sampler against a distribution known exactly."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from opcviz.common.config import ConfigError
from opcviz.models.diffusion import PROCESSES, Generator, get_process, sample, sample_path
from opcviz.models.diffusion.mlp import ModulatedMLP
from opcviz.models.diffusion.process import stratified

EVERY = pytest.mark.parametrize("name", PROCESSES)
SHAPE = (1, 1, 2)


def drawn(seed: int, count: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x, noise = torch.randn((2, count, *SHAPE), generator=generator, dtype=torch.float64)
    return x, noise, torch.linspace(0.05, 0.95, count, dtype=torch.float64)


@EVERY
def test_what_should_be_predicted_gives_back_picture_and_noise(name: str) -> None:
    process, (x, noise, t) = get_process(name), drawn(0)
    x_t = process.noised(x, noise, t)
    alpha, sigma = (value.view(-1, 1, 1, 1) for value in process.coefficients(t))
    torch.testing.assert_close(x_t, alpha * x + sigma * noise)
    found = process.split(process.target(x, noise, t), x_t, t)
    for part, wanted in zip(found, (x, noise), strict=True):
        torch.testing.assert_close(part, wanted)


@EVERY
@given(seed=st.integers(0, 10_000))
def test_at_a_fixed_x_t_predictions_are_affine_in_the_picture(name: str, seed: int) -> None:
    """And so in each other: of two pictures' mixture the prediction is their predictions' one."""
    process, (x, other, t) = get_process(name), drawn(seed)
    x_t = drawn(seed + 1)[0]

    def prediction(clean: Tensor) -> Tensor:
        alpha, sigma = (value.view(-1, 1, 1, 1) for value in process.coefficients(t))
        return process.target(clean, (x_t - alpha * clean) / sigma, t)

    mixed = prediction(0.3 * x + 0.7 * other)
    torch.testing.assert_close(mixed, 0.3 * prediction(x) + 0.7 * prediction(other))
    torch.testing.assert_close(process.split(mixed, x_t, t)[0], 0.3 * x + 0.7 * other)


@EVERY
def test_who_knows_nothing_is_right_on_average_about_gaussian_noise(name: str) -> None:
    """The best linear prediction of the target from x_t, by least squares, is `ignorant`."""
    process, generator = get_process(name), torch.Generator().manual_seed(1)
    x, noise = torch.randn((2, 200_000, 1, 1, 1), generator=generator)
    for level in (0.2, 0.5, 0.9):
        t = torch.full((len(x),), level)
        x_t, target = process.noised(x, noise, t), process.target(x, noise, t)
        slope = (x_t * target).sum() / x_t.square().sum()
        torch.testing.assert_close(process.ignorant(x_t, t), slope * x_t, rtol=0, atol=0.05)


def test_times_fall_one_into_each_part() -> None:
    t = stratified(7, torch.Generator().manual_seed(0))
    assert sorted((t * 7).long().tolist()) == list(range(7))
    assert t.tolist() != sorted(t.tolist())


def test_an_unknown_process_is_named() -> None:
    with pytest.raises(ConfigError, match="there is no process 'x'; there are v, eps, flow"):
        get_process("x")


MEANS = torch.tensor([[-0.5, -0.3], [0.5, -0.3], [0.1, 0.6]]).view(3, *SHAPE)
WEIGHTS = torch.tensor([0.5, 0.2, 0.3])
SPREAD = 0.08


class Exact(Generator):
    """The ideal predictions for a mixture of Gaussians; address row 0 is its first component."""

    def __init__(self, name: str) -> None:
        super().__init__(ModulatedMLP(2, 8, 8, 1, 4), SHAPE, 1, get_process(name))
        with torch.no_grad():
            self.table.weight.zero_()
            self.table.weight[0, 0] = 1.0

    def forward(self, x_t: Tensor, t: Tensor, e: Tensor) -> Tensor:
        alpha, sigma = (value.view(-1, 1, 1, 1) for value in self.process.coefficients(t))
        variance = (alpha * SPREAD) ** 2 + sigma**2
        gaps = [x_t - alpha * mean for mean in MEANS]
        logs = [
            math.log(weight) - gap.square().flatten(1).sum(1) / (2 * variance.flatten())
            for weight, gap in zip(WEIGHTS.tolist(), gaps, strict=False)
        ]
        shares = torch.stack(logs, 1).softmax(1)
        alone = torch.eye(3)[0].expand_as(shares)
        shares = torch.where(e[:, :1] > 0.5, alone, shares)
        clean = sum(
            share.view(-1, 1, 1, 1) * (mean + alpha * SPREAD**2 / variance * gap)
            for share, mean, gap in zip(shares.T, MEANS, gaps, strict=False)
        )
        return self.process.target(clean, (x_t - alpha * clean) / sigma, t)


@EVERY
def test_the_sampler_recovers_a_mixture_from_its_exact_score(name: str) -> None:
    """Unconditionally its weights, means and spread; by address one component alone."""
    model, count = Exact(name), 4000
    noise = torch.randn((count, *SHAPE), generator=torch.Generator().manual_seed(2))
    found = sample(model, model.null(count), noise, steps=50, guidance=0.0)
    nearest = torch.stack([(found - m).flatten(1).norm(dim=1) for m in MEANS]).argmin(0)
    shares = nearest.bincount(minlength=3) / count
    torch.testing.assert_close(shares, WEIGHTS, rtol=0, atol=0.03)
    for k, mean in enumerate(MEANS):
        part = found[nearest == k]
        torch.testing.assert_close(part.mean(0), mean, rtol=0, atol=0.03)
        assert 0.6 * SPREAD < part.std(0).mean() < 1.2 * SPREAD
    own = sample(model, model.address(torch.zeros(count, dtype=torch.int64)), noise, guidance=0.0)
    assert ((own - MEANS[0]).flatten(1).norm(dim=1) < 6 * SPREAD).all()


def test_a_path_ends_at_the_sample_and_begins_with_the_noise() -> None:
    model = Exact("v")
    noise = torch.randn((5, *SHAPE), generator=torch.Generator().manual_seed(3))
    e = model.null(5)
    path = sample_path(model, e, noise, steps=4)
    assert path.noised.shape == path.clean.shape == (4, 5, *SHAPE)
    assert torch.equal(path.noised[0], noise)
    assert torch.equal(path.clean[-1], sample(model, e, noise, steps=4))
    assert path.clean.abs().max() <= 1
    with pytest.raises(ValueError, match="at least one step, not 0"):
        sample(model, e, noise, steps=0)


def test_guidance_moves_on_from_the_null_prediction() -> None:
    """One step, by hand: (1 + w) m(x, e) − w m(x, null), then the picture it says there is."""
    model = Exact("flow")
    noise = torch.randn((3, *SHAPE), generator=torch.Generator().manual_seed(4)) / 4
    e, t = model.address(torch.zeros(3, dtype=torch.int64)), torch.ones(3)
    given, free = model(noise, t, e), model(noise, t, model.null(3))
    wanted = (noise - (2.5 * given - 1.5 * free)).clamp(-1, 1)
    found = sample(model, e, noise, steps=1, guidance=1.5)
    torch.testing.assert_close(found, wanted)
