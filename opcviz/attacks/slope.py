"""A slope for dead units: what a network still computes where its ReLUs say nothing.

A ReLU whose input is not positive gives 0. A method that drives the forgotten pictures there
empties what later layers see, and the weights may still compute the classes: whoever holds the
weights need only put a line of small slope in place of each ReLU's zero, and train nothing. Then
maps are fitted on every block as for worst-case recovery, affine and RBF ones, by either of its
attackers.

Retrained models face the same: their units were never driven anywhere, and what a slope opens in
them is what any network of their kind computes of unseen classes. It changes what the network is,
so its own answers with the slope are not asked.

Budget: as for worst-case recovery, and one more pass over the data; no weight is changed. The slope
is that which inversion gives to gradients (`opcviz.attacks.inversion.surrogate`); there the values
stay as they are, here they are what changes.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ..common.progress import Progress
from ..common.records import Undefined
from ..data import Data
from ..models import BlockNet
from ..results import PIXELS, Attempt
from .relus import InPlaceOfReLU
from .strongest import Knowledge, Strongest, climb, observe_together

__all__ = ["SLOPE", "ForwardSlope", "with_slope"]

SLOPE = 0.1
MAPS = ("affine", "rbf")  # nets gain nothing on these, and cost more than both


class ForwardSlope(InPlaceOfReLU):
    """While it is entered, a ReLU gives `slope` times what it is given where that is negative.

    Args:
        slope: 0 leaves everything as it is.
    """

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope

    def replaced(self, x: Tensor, inplace: bool) -> Tensor:
        """The line in place of ReLU's zero."""
        return F.leaky_relu(x, self.slope, inplace)


@torch.no_grad()
def with_slope(
    model: BlockNet,
    data: Data,
    known: Knowledge,
    config: Strongest | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[Attempt, ...] | Undefined:
    """Fit maps on the blocks of a model whose dead units have a slope.

    Args:
        model: the model under attack.
        data: the data set.
        known: what the attackers know.
        config: maps and budget of worst-case recovery; its MLPs stay out.
        progress: asked between fits whether to stop.

    Returns:
        The attempts, or why there are none.

    Raises:
        Cancelled: from `progress`.
    """
    config = config or Strongest()
    maps = tuple(name for name in config.chosen if name in MAPS)
    if not known.split.classes:
        return Undefined("samples were forgotten, not classes: dead units were given no slope")
    if not maps:
        return Undefined("neither affine nor RBF maps are asked for, and no others see the slope")
    sight = replace(config.sight, pixels=False)
    with ForwardSlope(SLOPE) as units:
        seen = observe_together(model, data, [sight], progress=progress)
    if not units.met:
        return Undefined("the network calls no ReLU, so none of its units can be dead")
    views = [view for view in seen.views[sight] if view.place not in (PIXELS, "logits")]
    found = climb(views, known, config.replace(maps=maps), progress)
    if isinstance(found.rungs, Undefined):
        return found.rungs
    return tuple(_named(rung.attempt) for rung in found.rungs)


def _named(attempt: Attempt) -> Attempt:
    """As an attack of its own, which is compared with its like alone."""
    return replace(
        attempt,
        attacker=f"slope_{attempt.attacker}",
        settings=f"slope {SLOPE:g}, {attempt.settings}",
    )
