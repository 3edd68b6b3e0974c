"""A slope for units that are off: the answer to gradients that a dead layer masks.

A ReLU whose input is not positive passes no gradient, and a layer of such units keeps every
gradient from the body: a search for the picture then has nothing to match, though the body still
computes from it. BPDA (Athalye et al. 2018, arXiv 1802.00420) leaves the forward pass as it is and
replaces the derivative alone: here ReLU's becomes `slope` wherever a unit is off, in every ReLU of
the network (`nn.ReLU`, `F.relu`, `torch.relu`; no other activation has a dead side). The gradient
so found is not one that an honest device would send; it says what a white-box auditor reads out of
the body.

It says it too well: with a slope everywhere, the gradient of the first layer is alive in any
network, and that gradient holds the layer's input, the picture. A network whose first layer is zero
computes nothing from the picture, and this search rebuilds it all the same. So a high score lifts
the mask and does not prove that the network carries the picture; activations do.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..relus import InPlaceOfReLU

__all__ = ["SurrogateSlope"]


class SurrogateSlope(InPlaceOfReLU):
    """While it is entered, ReLUs pass `slope` of the gradient where they are off.

    Args:
        slope: 0 leaves everything as it is. A tensor: one number, or (M,) for batches of M equal
            parts, each with its own.
    """

    def __init__(self, slope: float | Tensor) -> None:
        super().__init__()
        self.slope = slope

    def replaced(self, x: Tensor, inplace: bool) -> Tensor:
        """ReLU's own value, with another derivative."""
        if not isinstance(self.slope, Tensor) and not self.slope:
            return F.relu(x, inplace=inplace)
        # it keeps its input for the way back, which what is done in place overwrites
        line = self._line(x.clone() if inplace else x)
        # the value is ReLU's own; what autograd sees, once or twice, is the line
        out = line + (x.clamp_min(0) - line).detach()
        return x.copy_(out) if inplace else out

    def _line(self, x: Tensor) -> Tensor:
        """x where it is positive, else the slope times x."""
        if not isinstance(self.slope, Tensor):
            return F.leaky_relu(x, self.slope)
        own = self.slope
        if own.dim():
            own = own.repeat_interleave(len(x) // len(own)).view(-1, *[1] * (x.dim() - 1))
        return x * torch.where(x.detach() > 0, 1, own)
