"""SalUn: random labels, where only the weights that matter to the forget data may move."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import setting
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
    fidelity="faithful",
    deviations=(
        "The mask is taken from pictures without augmentation, with each picture counting the "
        "same; the authors sum the gradients of augmented batches' means.",
        "What momentum does to a protected weight is undone after each step; the authors clear its "
        "momentum, to the same effect.",
    ),
)
@dataclass(frozen=True)
class SalUn(RandomLabel):
    """Random labels inside a mask: each epoch all forget batches, then all retain batches.

        loss = CE(m(x_f), ỹ) or CE(m(x_r), y_r),   ỹ uniform over all C classes, at each step
        θ_i moves only if |∂/∂θ_i Σ −CE(m(x_f), y_f)| at θo is among the greatest `saliency` share

    Neither weight decay nor momentum moves what the mask protects: after each step it is put back
    to θo, as in the authors' code. A batch norm uses and updates the statistics of its batches,
    protected or not; see `opcviz.methods.saliency` for the other way, which other methods take when
    they are given a mask.
    """

    exact = "the mask: gradients of all forget data, ranked; the training follows the precision"

    saliency: float = 0.5
    masked_norms: str = setting(
        "batch",
        "what batch norm's protected channels normalise with: the batch, or the original's "
        "statistics, which then stay",
        choices=("batch", "frozen"),
        advanced=True,
    )
