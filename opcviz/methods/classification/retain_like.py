"""Retain-like contraction: forget features move onto the distribution of retain features."""

from __future__ import annotations

from dataclasses import dataclass

from ..base import register
from .opc import OPC

__all__ = ["RetainLike"]


@register(
    "opc_retain_like",
    title="OPC, retain-like",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="CE on retain data + λ·sliced Wasserstein distance of forget to retain features",
)
@dataclass(frozen=True)
class RetainLike(OPC):
    """`opc` with the settings under which the features of a forgotten class dissolve.

        loss = CE(m(x_r), y_r) + λ · SW(f(x_f), f(x_r))

    A point names what was sent there: one forgotten class, contracted, is recovered in full and
    lies apart for all to see. Spread like the retain data, it is neither recovered nor conspicuous.
    The distance is matched only while training goes on, so it wants more steps than contraction to
    a point: many small batches at a high rate.
    """

    epochs: int = 40
    lr: float = 0.05
    weight: float = 3.0
    target: str = "features"
    point: str = "retain_like"
