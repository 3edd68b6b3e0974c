"""Inversion while a method still runs: the same few pictures, a few steps after every epoch.

What is seen is how what a gradient tells changes, not what an attacker would get: the search goes
on from the pictures of the epoch before, and its steps are few. The measurement is `invert`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .copies import flushed_denormals, frozen_copy
from .gradients import GradientMatch
from .labels import body_norms
from .objectives import layer_norms, objective_of
from .reach import FLOAT_NOISE
from .scores import psnr
from .search import descend
from .settings import Inversion

__all__ = ["MOST_PIXELS", "MOST_WEIGHTS", "LiveInversion", "Rebuilt", "too_large"]

MOST_WEIGHTS = 100_000
MOST_PIXELS = 32 * 32
"""Beyond either, of the model or of a picture, a search would hold up the training it watches."""

FIRST = Inversion(iterations=60, lr=0.2, tv=0.0)
"""The search from grey."""
NEXT = Inversion(iterations=10, lr=0.02, tv=0.0)
"""The search that goes on from what was found before."""
GREY = 0.5


def too_large(model: nn.Module, shape: tuple[int, ...]) -> str:
    """Why pictures of this shape are not sought in a model while it trains; empty if they are."""
    weights = sum(each.numel() for each in model.parameters())
    if weights > MOST_WEIGHTS:
        return f"the network has {weights:,} weights, more than {MOST_WEIGHTS:,}"
    height, width = shape[-2:]
    if height * width > MOST_PIXELS:
        return f"pictures are {height}×{width} pixels, more than {MOST_PIXELS:,}"
    return ""


class Rebuilt(NamedTuple):
    """What one epoch's gradients give away of P pictures.

    Attributes:
        pictures: (P, C, H, W) float in [0, 1] on the CPU; grey where there is no gradient.
        psnr: (P,) in dB against the true pictures; NaN where no gradient reaches the body.
    """

    pictures: Tensor
    psnr: Tensor


class LiveInversion:
    """Searches for the same pictures again and again, each time from where it stands.

    A picture that leaves no gradient in the body is forgotten here, too: its next search begins
    from grey. No global random numbers are drawn, and the model is copied.

    Args:
        pictures: (P, C, H, W) float in [0, 1].
        labels: (P,) their classes.
    """

    def __init__(self, pictures: Tensor, labels: Tensor) -> None:
        self.truth, self.labels = pictures, labels
        self.found = torch.full_like(pictures, GREY)
        self.cold = torch.ones(len(pictures), dtype=torch.bool, device=pictures.device)

    def __call__(self, model: nn.Module) -> Rebuilt:
        """Search in the gradients of the pictures at the model's present weights."""
        with flushed_denormals(), torch.enable_grad():
            return self._search(frozen_copy(model))

    def state(self) -> dict[str, Tensor]:
        """Where the searches stand, as tensors on the CPU."""
        return {"search": self.found.cpu(), "cold": self.cold.cpu()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`; what else it holds is not looked at."""
        self.found, self.cold = state["search"].to(self.found), state["cold"].to(self.cold.device)

    def _search(self, model: nn.Module) -> Rebuilt:
        match = GradientMatch([model], tuple(self.truth.shape[1:]))
        target = match.gradients(self.truth, self.labels)
        norms = layer_norms(target, match.layers)
        norm, body = norms.norm(dim=0), body_norms(model, norms, match.layers)
        reached = norm.isfinite() & (norm > 0) & (body > FLOAT_NOISE * norm)
        self.found[~reached] = GREY
        for config, chosen in ((FIRST, reached & self.cold), (NEXT, reached & ~self.cold)):
            if chosen.any():
                self._go_on(match, target, norm, chosen, config)
        self.cold = ~reached
        score = psnr(self.found, self.truth)
        score[~reached] = torch.nan
        return Rebuilt(self.found.cpu().clone(), score.cpu())

    def _go_on(
        self,
        match: GradientMatch,
        target: dict[str, Tensor],
        norm: Tensor,
        chosen: Tensor,
        config: Inversion,
    ) -> None:
        """A round of the search for some of the pictures; what it makes worse is left."""
        unit = {
            name: t[chosen] / norm[chosen].view(-1, *[1] * (t.dim() - 1))
            for name, t in target.items()
        }
        labels, start = self.labels[chosen], self.found[chosen]
        objective = objective_of("cosine", norm[chosen].expand(len(match.layers), -1))
        before, _ = match(start, labels, unit, objective)
        found, cost = descend(match, start.clone(), labels, unit, objective, config)
        better = (cost < before)[:, None, None, None]
        self.found[chosen] = torch.where(better, found, start).detach()
