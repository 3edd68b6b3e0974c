"""Whose gradients do not reach the body, though there are some."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from .copies import at_once, flushed_denormals, frozen_copy
from .gradients import GradientMatch
from .groups import GradientGroups
from .reach import reach_of
from .settings import Inversion

__all__ = ["masked"]


def masked(
    models: Sequence[nn.Module], pictures: Tensor, labels: Tensor, config: Inversion
) -> list[bool]:
    """Of each model, whether some picture's gradient is there and does not reach the body."""
    found = []
    which = GradientGroups(len(pictures), config.batch, 0).pictures
    with flushed_denormals():
        for model in map(frozen_copy, models):
            match = GradientMatch([model], tuple(pictures.shape[1:]), group_size=config.batch)
            like = next(model.parameters())
            silent = False
            for some in which.split(at_once(model)):
                x, y = pictures[some.flatten()].to(like), labels[some.flatten()].to(like.device)
                reach = reach_of(model, match.gradients(x, y), match.layers)
                silent |= bool((reach.usable & ~reach.reached).any())
            found.append(silent)
    return found
