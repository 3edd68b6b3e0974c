"""ROC curves of membership attacks: AUC with its interval, and TPR where false alarms are rare.

An attack that is right on average can still accuse nobody with certainty; what counts is how many
members it finds at a false positive rate near nil (Carlini et al. 2022, arXiv 2112.03570). A small
set of non-members cannot show such a rate, and then no figure is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...common.records import Undefined, guard
from ...common.statistics import FEWEST, auc_interval
from ...results import RocCurve, RocReport

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


def drawn(curves: Sequence[Roc], points: int) -> RocCurve:
    """At most `points` points on the (mean) curve, dense at low FPR, for linear and log axes.

    Curves are averaged vertically; at FPR 0 the curve rises from 0 to the first point's TPR.
    """
    finest = 1 / max(curve.nonmembers for curve in curves)
    half = (points - 2) // 2
    low = np.geomspace(finest, 1, half, endpoint=False)
    grid = np.unique(np.concatenate([[0.0], low, np.linspace(0, 1, points - 2 - half)]))
    tprs = [np.interp(grid, curve.fpr, curve.tpr) for curve in curves]
    return RocCurve((0.0, *grid.tolist()), (0.0, *np.mean(tprs, 0).tolist()))


def tprs_at(curves: Sequence[Roc], rates: Sequence[float]) -> dict[str, float | Undefined]:
    """Mean TPR at each FPR, by the rate's name."""
    return {f"{rate:g}": _tpr_at(curves, rate) for rate in rates}


def _tpr_at(curves: Sequence[Roc], rate: float) -> float | Undefined:
    found = [tpr for curve in curves if (tpr := curve.tpr_at(rate)) is not None]
    if len(found) == len(curves):
        return sum(found) / len(found)
    fewest = min(curve.nonmembers for curve in curves)
    return Undefined(
        f"{fewest} non-members resolve no false positive rate below {1 / fewest:.2g}: "
        f"{rate:g} wants {math.ceil(1 / rate - 1e-9)}"
    )


def roc_report(
    members: Tensor, nonmembers: Tensor, rates: Sequence[float], points: int
) -> RocReport:
    """The curve of two sets of scores, its AUC with a 95 % interval, and its TPR at `rates`.

    Fewer than `FEWEST` samples on a side, or one score for all samples, leave all of it undefined.
    """
    why = guard(
        (len(members) < FEWEST, f"{len(members)} members are fewer than {FEWEST}"),
        (len(nonmembers) < FEWEST, f"{len(nonmembers)} non-members are fewer than {FEWEST}"),
    )
    if why:
        return no_roc(why)
    if min(members.min(), nonmembers.min()) == max(members.max(), nonmembers.max()):
        return no_roc(Undefined("all samples have the same score: there is nothing to rank"))
    curve = roc(members, nonmembers)
    low, high = auc_interval(curve.auc, len(members), len(nonmembers))
    return RocReport(curve.auc, (low, high), tprs_at([curve], rates), drawn([curve], points))


def no_roc(why: Undefined) -> RocReport:
    """A report without figures."""
    return RocReport(why, None, None, None)
