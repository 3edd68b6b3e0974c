"""Drawing pictures: DDIM (Song et al. 2021, arXiv 2010.02502) without added noise, guided."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from .generator import Generator

__all__ = ["STEPS", "SamplePath", "sample", "sample_path"]

STEPS = 25


class SamplePath(NamedTuple):
    """How pictures came about.

    Attributes:
        noised: (steps, B, *shape) what the net was given at each step, the first being the noise.
        clean: (steps, B, *shape) the picture that it then saw in it; the last is the result.
    """

    noised: Tensor
    clean: Tensor


def sample(
    model: Generator, e: Tensor, noise: Tensor, *, steps: int = STEPS, guidance: float = 1.0
) -> Tensor:
    """Pictures in [-1, 1], (B, *shape), made of given noise, the same for the same noise.

    With guidance w > 0 the prediction is (1 + w) m(x, e) − w m(x, null). The picture that is seen
    at each step is clipped to [-1, 1].

    Args:
        model: in eval mode; differentiable in nothing.
        e: (B, D) addresses.
        noise: (B, *shape) of unit variance; models that are compared share it.
        steps: of the sampler, evenly spaced in t.
        guidance: w; 0 is none.
    """
    return _walk(model, e, noise, steps, guidance, keep=False).clean[-1]


def sample_path(
    model: Generator, e: Tensor, noise: Tensor, *, steps: int = STEPS, guidance: float = 1.0
) -> SamplePath:
    """As `sample`, with what was seen at every step; the arguments are the same."""
    return _walk(model, e, noise, steps, guidance, keep=True)


@torch.no_grad()
def _walk(
    model: Generator, e: Tensor, noise: Tensor, steps: int, guidance: float, keep: bool
) -> SamplePath:
    if steps < 1:
        raise ValueError(f"a sampler takes at least one step, not {steps}")
    process, count, x_t = model.process, len(noise), noise
    times = torch.linspace(1, 0, steps + 1, device=noise.device)
    null = model.null(count) if guidance else None
    noised: list[Tensor] = []
    clean: list[Tensor] = []
    for now, then in pairwise(times):
        t = now.expand(count)
        prediction = _guided(model, x_t, t, e, null, guidance)
        seen = process.split(prediction, x_t, t)[0].clamp(-1, 1)
        if keep or not len(clean):
            noised.append(x_t)
            clean.append(seen)
        clean[-1] = seen
        # the noise that, with the clipped picture, makes up x_t: so that clipping acts on both
        alpha, sigma = process.coefficients(now)
        rest = (x_t - alpha * seen) / sigma
        alpha, sigma = process.coefficients(then)
        x_t = alpha * seen + sigma * rest
    return SamplePath(torch.stack(noised), torch.stack(clean))


def _guided(
    model: Generator, x_t: Tensor, t: Tensor, e: Tensor, null: Tensor | None, w: float
) -> Tensor:
    if null is None:
        plain: Tensor = model(x_t, t, e)
        return plain
    both = model(x_t.repeat(2, *[1] * (x_t.dim() - 1)), t.repeat(2), torch.cat([e, null]))
    given, free = both.chunk(2)
    guided: Tensor = (1 + w) * given - w * free
    return guided
