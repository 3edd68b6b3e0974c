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
from torch import Tensor

from ...common.config import Config, ConfigError, setting

__all__ = [
    "LEAST",
    "Reported",
    "Roc",
    "auc_interval",
    "drawn",
    "no_roc",
    "roc",
    "roc_report",
    "tprs_at",
]

LEAST = 20  # members, and non-members, without which no rate is reported


@dataclass(frozen=True)
class Reported(Config):
    """What every attack with a score reports of its ROC curve."""

    rates: tuple[float, ...] = setting(
        (0.001, 0.01), "false positive rates at which true positives are counted", low=0, high=1
    )
    points: int = setting(100, "points of a drawn ROC curve", low=5, high=10000, advanced=True)

    def __post_init__(self) -> None:
        """Check the fields; a rate of 0 has no finite sample that resolves it."""
        super().__post_init__()
        if 0 in self.rates:
            raise ConfigError(f"{type(self).__name__}.rates: wants rates above 0")


@dataclass(frozen=True, eq=False)
class Roc:
    """The ROC curve of a score, every vertex of it.

    Attributes:
        fpr, tpr: rates in 0..1 from (0, 0) to (1, 1), a vertex for each different score.
        members, nonmembers: how many samples it was made of.
    """

    fpr: np.ndarray
    tpr: np.ndarray
    members: int
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

    def interpolate(self, rates: np.ndarray) -> np.ndarray:
        """The curve's height at rates in 0..1; the top of a vertical piece at its foot."""
        left = np.searchsorted(self.fpr, rates, side="right") - 1
        right = np.minimum(left + 1, len(self.fpr) - 1)
        width = self.fpr[right] - self.fpr[left]
        share = np.divide(rates - self.fpr[left], width, where=width > 0, out=np.zeros(len(rates)))
        return self.tpr[left] + share * (self.tpr[right] - self.tpr[left])


def roc(members: Tensor, nonmembers: Tensor) -> Roc:
    """The curve of two sets of scores, (m,) and (n,), of which members should be the higher.

    Raises:
        ValueError: for an empty set, or scores that are not finite vectors.
    """
    for name, part in (("members", members), ("non-members", nonmembers)):
        if part.dim() != 1 or not len(part) or not part.isfinite().all():
            raise ValueError(
                f"ROC wants a vector of finite scores of the {name}, got {tuple(part.shape)}"
            )
    m, n = len(members), len(nonmembers)
    scores = np.concatenate([part.double().cpu().numpy() for part in (members, nonmembers)])
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(order < m)
    last = np.append(np.flatnonzero(np.diff(scores[order])), m + n - 1)  # of each run of ties
    tpr = np.append(0.0, found[last] / m)
    fpr = np.append(0.0, (last + 1 - found[last]) / n)
    return Roc(fpr, tpr, m, n)


def auc_interval(auc: float, members: int, nonmembers: int, z: float = 1.959964) -> list[float]:
    """95 % confidence interval of an AUC, [low, high]; it does not vanish at 0 or 1.

    The bounds are the θ with |θ − auc| = z·√V(θ), V Hanley and McNeil's variance with the harmless
    symmetric sample size: Newcombe 2006, Statistics in Medicine 25:559, method 5.
    """
    mean_size = (members + nonmembers) / 2 - 1

    def spread(theta: float) -> float:
        pairs = 1 + mean_size * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return z * math.sqrt(max(0.0, theta * (1 - theta) * pairs / (members * nonmembers)))

    def bound(outer: float) -> float:
        inside, outside = auc, outer
        for _ in range(60):
            middle = (inside + outside) / 2
            if abs(middle - auc) <= spread(middle):
                inside = middle
            else:
                outside = middle
        return (inside + outside) / 2

    return [bound(0.0), bound(1.0)]


def drawn(curves: Sequence[Roc], points: int) -> dict[str, list[float]]:
    """At most `points` points on the (mean) curve, dense at low FPR, for linear and log axes.

    Curves are averaged vertically; at FPR 0 the curve rises from 0 to the first point's TPR.
    """
    finest = 1 / max(curve.nonmembers for curve in curves)
    half = (points - 2) // 2
    low = np.geomspace(finest, 1, half, endpoint=False)
    grid = np.unique(np.concatenate([[0.0], low, np.linspace(0, 1, points - 2 - half)]))
    tprs = [curve.interpolate(grid) for curve in curves]
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

    Fewer than `LEAST` samples on a side, or one score for all samples, gives None throughout.
    """
    for name, part in (("members", members), ("non-members", nonmembers)):
        if len(part) < LEAST:
            return no_roc(f"{len(part)} {name} are fewer than {LEAST}")
    if min(members.min(), nonmembers.min()) == max(members.max(), nonmembers.max()):
        return no_roc("all samples have the same score: there is nothing to rank")
    curve = roc(members, nonmembers)
    values, reasons = tprs_at([curve], rates)
    return {
        "auc": curve.auc,
        "auc_interval": auc_interval(curve.auc, curve.members, curve.nonmembers),
        "tpr_at_fpr": values,
        "roc": drawn([curve], points),
        **({"reason": reasons} if reasons else {}),
    }


def no_roc(reason: str) -> dict[str, Any]:
    """A report without figures, and why."""
    nothing = dict.fromkeys(("auc", "auc_interval", "tpr_at_fpr", "roc"))
    return nothing | {"reason": {"auc": reason}}
