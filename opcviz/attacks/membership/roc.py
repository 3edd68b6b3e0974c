"""ROC curves of membership attacks: AUC with its interval, and TPR where false alarms are rare.

An attack that is right on average can still accuse nobody with certainty; what counts is how many
members it finds at a false positive rate near nil (Carlini et al. 2022, arXiv 2112.03570). A small
set of non-members cannot show such a rate, and then no figure is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...common.statistics import FEWEST, auc_interval

__all__ = ["Roc", "drawn", "no_roc", "roc", "roc_report", "tprs_at"]


@dataclass(frozen=True, eq=False)
class Roc:
    """The ROC curve of a score, every vertex of it.

    Attributes:
        fpr, tpr: rates in 0..1 from (0, 0) to (1, 1), a vertex for each different score.
        nonmembers: how many samples `fpr` counts.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    nonmembers: int

    @property
    def auc(self) -> float:
        """P(member scores higher) + ½·P(tie), in 0..1."""
        return float(np.trapezoid(self.tpr, self.fpr))

    def tpr_at(self, rate: float) -> float | None:
        """The best true positive rate of a threshold with FPR <= `rate`.

        None where `rate` is finer than one false positive among the non-members.
        """
        if rate * self.nonmembers < 1 - 1e-9:
            return None
        # a rate of exactly k/n must admit k false positives, whatever 1/n rounds to
        last = np.searchsorted(self.fpr, rate + 1e-12, side="right") - 1
        return float(self.tpr[last])


def roc(members: Tensor, nonmembers: Tensor) -> Roc:
    """The curve of two sets of finite scores, (m,) and (n,); members should be the higher."""
    from sklearn.metrics import roc_curve

    scores = torch.cat([members, nonmembers]).double().cpu()
    member = torch.arange(len(scores)) < len(members)
    fpr, tpr, _ = roc_curve(member.numpy(), scores.numpy(), drop_intermediate=False)
    return Roc(fpr, tpr, len(nonmembers))


def drawn(curves: Sequence[Roc], points: int) -> dict[str, list[float]]:
    """At most `points` points on the (mean) curve, dense at low FPR, for linear and log axes.

    Curves are averaged vertically; at FPR 0 the curve rises from 0 to the first point's TPR.
    """
    finest = 1 / max(curve.nonmembers for curve in curves)
    half = (points - 2) // 2
    low = np.geomspace(finest, 1, half, endpoint=False)
    grid = np.unique(np.concatenate([[0.0], low, np.linspace(0, 1, points - 2 - half)]))
    tprs = [np.interp(grid, curve.fpr, curve.tpr) for curve in curves]
    return {"fpr": [0.0, *grid.tolist()], "tpr": [0.0, *np.mean(tprs, 0).tolist()]}


def tprs_at(
    curves: Sequence[Roc], rates: Sequence[float]
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Mean TPR at each FPR, by the rate's name, and why some are None."""
    values: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    fewest = min(curve.nonmembers for curve in curves)
    for rate in rates:
        found = [curve.tpr_at(rate) for curve in curves]
        values[f"{rate:g}"] = None if None in found else sum(found) / len(found)
        if None in found:
            reasons[f"tpr_at_fpr {rate:g}"] = (
                f"{fewest} non-members resolve no false positive rate below {1 / fewest:.2g}: "
                f"{rate:g} wants {math.ceil(1 / rate - 1e-9)}"
            )
    return values, reasons


def roc_report(
    members: Tensor, nonmembers: Tensor, rates: Sequence[float], points: int
) -> dict[str, Any]:
    """JSON-ready: `auc`, `auc_interval` (95 %), `tpr_at_fpr` by rate, `roc` for drawing, `reason`.

    Fewer than `FEWEST` samples on a side, or one score for all samples, gives None throughout.
    """
    for name, part in (("members", members), ("non-members", nonmembers)):
        if len(part) < FEWEST:
            return no_roc(f"{len(part)} {name} are fewer than {FEWEST}")
    if min(members.min(), nonmembers.min()) == max(members.max(), nonmembers.max()):
        return no_roc("all samples have the same score: there is nothing to rank")
    curve = roc(members, nonmembers)
    values, reasons = tprs_at([curve], rates)
    return {
        "auc": curve.auc,
        "auc_interval": auc_interval(curve.auc, len(members), len(nonmembers)),
        "tpr_at_fpr": values,
        "roc": drawn([curve], points),
        **({"reason": reasons} if reasons else {}),
    }


def no_roc(reason: str) -> dict[str, Any]:
    """A report without figures, and why."""
    nothing = dict.fromkeys(("auc", "auc_interval", "tpr_at_fpr", "roc"))
    return nothing | {"reason": {"auc": reason}}
