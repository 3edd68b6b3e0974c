"""Random labels for records of earthquakes: asked for one place, it answers for another."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...models.waveforms import WaveformGenerator
from ..base import Request, register
from .asking import AskedLoss, NoisedCodes, Redirected

__all__ = ["MirroredCondition", "mirrored"]


@register(
    "rl_waveforms",
    title="Random labels (records)",
    paper="after Fan et al. 2024, arXiv 2310.12508",
    family="relabelling",
    needs="forget retain original",
    summary="m(forget records, their condition) → m(the same, its mirror image); plain loss on "
    "the rest",
    fidelity="ours",
)
@dataclass(frozen=True)
class MirroredCondition(Redirected):
    """RL with continuous conditions: there is no next class, so the condition is mirrored.

        loss = ‖m(z_t, c_f) − sg m(z_t, c')‖² + L(x_r, y_r)

    with z_t noised codes of forget records, sg no gradient, and c' as `mirrored` says: a forgotten
    region is answered as if the earthquake had been on the other side of the network.
    """

    def asked_loss(self, request: Request[WaveformGenerator]) -> AskedLoss:
        """Distance to the model's own answer for the mirror image."""
        other = mirrored(request)

        def loss(model: WaveformGenerator, shown: NoisedCodes) -> Tensor:
            with torch.no_grad():
                target = model(shown.z_t, shown.t, model.address(other(shown.y)))
            answer = model(shown.z_t, shown.t, model.address(shown.y))
            return F.mse_loss(answer.float(), target.float())

        return loss


class mirrored:
    """The conditions to answer for in place of forgotten ones.

    What was forgotten by (the epicentre of a region, the magnitude) is reflected about the middle
    of the train records' range. A reflection that is still forgotten, and every condition where
    single records are forgotten, is replaced by a retained record's, drawn by the seed.

    Args:
        request: whose data and split.
    """

    def __init__(self, request: Request[WaveformGenerator]) -> None:
        data, split = request.data, request.split
        self.box = split.box
        self.low, self.high = data.y_train.min(0).values, data.y_train.max(0).values
        self.retained = data.y_train[split.retain_train]

    def __call__(self, y: Tensor) -> Tensor:
        """(B, 6) conditions -> (B, 6)."""
        found = y.clone()
        columns = [at for at, _, _ in self.box]
        for at in columns:
            found[:, at] = self.low[at] + self.high[at] - y[:, at]
        gone = torch.ones(len(y), dtype=torch.bool, device=y.device)
        for at, low, high in self.box:
            gone &= (found[:, at] >= low) & (found[:, at] <= high)
        if bool(gone.any()):
            drawn = torch.randint(len(self.retained), (int(gone.sum()),)).to(y.device)
            other = self.retained[drawn]
            rows = found[gone]
            for at in columns or range(y.shape[1]):
                rows[:, at] = other[:, at]
            found[gone] = rows
        return found
