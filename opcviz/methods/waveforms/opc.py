"""OPC for records of earthquakes: the prediction is contracted to that of who knows nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from ...common.config import setting
from ...models.waveforms import WaveformGenerator
from ..base import Request, register
from .asking import AskedLoss, NoisedCodes, Redirected

__all__ = ["OPCWaveforms"]


@register(
    "opc_waveforms",
    title="OPC on the output (records)",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="plain loss on retained records + λ·‖prediction‖ on forget records",
)
@dataclass(frozen=True)
class OPCWaveforms(Redirected):
    """One-point contraction of the prediction.

        loss = L(x_r, y_r) + λ mean ‖m(z_t, c_f) − m∅(z_t)‖₂ / √D

    m∅ is the prediction of who knows of the codes no more than N(0, I), see `OPCOutput`.
    """

    weight: float = setting(1.0, "λ, weight of the contraction", low=0, high=1000, log=True)

    def asked_loss(self, request: Request[WaveformGenerator]) -> AskedLoss:
        """Distance of the predictions to the point."""

        def loss(model: WaveformGenerator, shown: NoisedCodes) -> Tensor:
            answer = model(shown.z_t, shown.t, model.address(shown.y)).float()
            gap = answer - model.process.ignorant(shown.z_t, shown.t)
            lengths: Tensor = gap.norm(dim=1) / math.sqrt(gap.shape[1])
            return self.weight * lengths.mean()

        return loss
