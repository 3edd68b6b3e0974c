"""SalUn: random labels, where only the weights that matter to the forget data may move."""

from __future__ import annotations

from dataclasses import dataclass

from ..base import register
from .relabelling import RandomLabel

__all__ = ["SalUn"]


@register(
    "salun",
    title="SalUn",
    paper="Fan et al. 2024, arXiv 2310.12508",
    family="relabelling",
    needs="forget retain original",
    summary="CE(forget data, random label), then CE(retain data), inside a saliency mask",
)
@dataclass(frozen=True)
class SalUn(RandomLabel):
    """Random labels inside a mask: each epoch all forget batches, then all retain batches.

        loss = CE(m(x_f), ỹ) or CE(m(x_r), y_r),   ỹ uniform over all C classes
        θ_i moves only if |∂/∂θ_i Σ −CE(m(x_f), y_f)| at θo is among the greatest `saliency` share

    The published code masks gradients, so that weight decay still shrinks what the mask protects;
    here it stays as it was, see `opcviz.methods.saliency`, where the mask serves any method.
    """

    saliency: float = 0.5

    parts = "sequence"
