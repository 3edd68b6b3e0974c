"""What the verdict reads of a model, and what of it is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from ..common.parts import Part
from ..common.records import Undefined, defined
from ..common.statistics import Interval, wilson
from ..results import ATTACKS, FIT_SETS, Block, EvidenceResult, FitResult

__all__ = ["OPTIONAL", "READ", "Examined", "Missing", "Reader", "Recovered"]

READ = tuple(fit for fit in FIT_SETS.values() if fit.verdict != "unused")
OPTIONAL = tuple(fit.name for fit in FIT_SETS.values() if fit.verdict == "optional")
ONE_CLASS, OTHERS = 90.0, 10.0  # recall in percent: one class gets it all, the others nothing


class Missing(Exception):
    """A figure that the verdict needs is not there; the message says which and why."""


@dataclass(frozen=True)
class Recovered:
    """The best that an attacker with one fit set gets of the forget data.

    Attributes:
        value: percent.
        interval: 95 % of it, or None.
        recall: percent by class, or empty where it is not known.
    """

    value: float
    interval: Interval | None
    recall: Mapping[str, float] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """How many classes the forget data have, 0 where it is not known."""
        return len(self.recall)

    @property
    def constant(self) -> bool:
        """Whether several classes are answered as if there were one answer for all."""
        best, *others = sorted(self.recall.values(), reverse=True) or [0.0]
        return bool(others) and best >= ONE_CLASS and max(others) <= OTHERS


@dataclass(frozen=True)
class Examined:
    """What is known of one model.

    Attributes:
        status: of its training: `finished`, `diverged`, `refused` or `failed`.
        reason: why there is no model, where there is none.
        evidence: the core of the evidence; what is missing of it, and why.
        blocks: the same attacks block by block, empty where they were not made.
    """

    status: str
    reason: str | None
    evidence: EvidenceResult | Undefined
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Reader:
    """One model's results, read figure by figure.

    Attributes:
        who: the model in words, for what is missing.
        model: what is known of it; None where there is no such model.
        sizes: samples in `forget_train` and `retain_test`, where they are known.
    """

    who: str
    model: Examined | None
    sizes: Mapping[str, int]

    def check(self) -> None:
        """See that there is a model at all.

        Raises:
            Missing: when there is none, or its training ended without one.
        """
        if self.model is None:
            raise Missing(self.who)
        if self.model.status in ("diverged", "refused", "failed"):
            why = self.model.reason or "no reason given"
            raise Missing(f"{self.who}: {self.model.status}, {why}")

    def _evidence(self, what: str) -> EvidenceResult:
        self.check()
        assert self.model is not None  # as `check` has seen
        if isinstance(self.model.evidence, Undefined):
            raise Missing(f"{self.who}: {what}{_because(self.model.evidence)}")
        return self.model.evidence

    def _figure(self, value: float | Undefined | None, what: str) -> float:
        """A figure that must be there.

        Raises:
            Missing: when it is not, with its reason where one is given.
        """
        if isinstance(value, Undefined):
            raise Missing(f"{self.who}: {what}{_because(value)}")
        if value is None or not math.isfinite(value):
            raise Missing(f"{self.who}: {what}")
        return float(value)

    def accuracy(self, part: Part) -> tuple[float, Interval | None]:
        """Accuracy in percent on a part of the data, and its interval where sizes are known.

        Raises:
            Missing: when it is not known.
        """
        what = f"accuracy {part.replace('_', ' ')}"
        report = self._evidence(what).accuracy
        value = self._figure(getattr(report, part), what)
        return value, wilson(value, self.sizes[part]) if self.sizes.get(part) else None

    @property
    def of_samples(self) -> bool:
        """Whether samples were forgotten, not classes: then no test data belong to them."""
        known = self.model and self.model.evidence
        return isinstance(known, EvidenceResult) and not defined(known.accuracy.forget_test)

    def recalls(self) -> dict[str, float]:
        """Test recall in percent by class name, for those that are known."""
        known = self.model and self.model.evidence
        if not isinstance(known, EvidenceResult):
            return {}
        found = known.accuracy.per_class.get("test", {})
        return {name: value for name, value in found.items() if isinstance(value, float | int)}

    def radius_ratio(self) -> float:
        """Width of the forget features over that of the retain features.

        Raises:
            Missing: when it is not known.
        """
        what = "collapse radius ratio"
        return self._figure(self._evidence(what).collapse.radius_ratio, what)

    def constant_predictor(self) -> float:
        """Percent of the forget data that the best constant answer scores.

        Raises:
            Missing: when it is not known.
        """
        what = "recovery constant predictor"
        return self._figure(self._evidence(what).recovery.constant_predictor, what)

    def recovered(self, fit: str) -> Recovered:
        """The best of all attacks fitted on one set.

        Raises:
            Missing: when no attack was made with this fit set.
        """
        what = f"recovery fm {fit} forget accuracy"
        attacks = self._evidence(what).recovery
        entries = [attacks.attack(name).get(fit) for name in ATTACKS]
        made = [(e.forget_accuracy, e) for e in entries if e and _number(e.forget_accuracy)]
        if not made:
            first = attacks.fm.get(fit)
            self._figure(first.forget_accuracy if first else None, what)  # says what is missing
        value, best = max(made, key=lambda pair: pair[0])
        recall = best.recall if defined(best.recall) else {}
        return Recovered(float(value), self._interval(best, float(value)), recall)

    def _interval(self, entry: FitResult, value: float) -> Interval | None:
        if entry.interval is not None:
            return entry.interval.low, entry.interval.high
        size = self.sizes.get("forget_train")
        return wilson(value, size) if size else None

    def aucs(self) -> dict[str, float]:
        """Separability AUC by judge.

        Raises:
            Missing: when neither judge could decide.
        """
        what = "separability linear"
        found = self._evidence(what).separability
        judges = {"linear": found.linear, "knn": found.knn}
        known = {name: value for name, value in judges.items() if _number(value)}
        return known or {"linear": self._figure(found.linear, what)}


def _number(value: float | Undefined | None) -> TypeGuard[float]:
    return isinstance(value, float | int) and math.isfinite(value)


def _because(undefined: Undefined) -> str:
    return f" ({undefined.reason})" if undefined.reason else ""
