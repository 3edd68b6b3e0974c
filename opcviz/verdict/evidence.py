"""What the verdict reads from the documented JSON of a model, and what of it is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..common.statistics import Interval, wilson
from ..results import FIT_SETS

__all__ = ["FITS", "OPTIONAL", "Missing", "Reader", "Recovered"]

# they ask what `all` asks, of other data: welcome, not needed
OPTIONAL = tuple(each.name for each in FIT_SETS.values() if each.verdict == "optional")
FITS = {name: FIT_SETS[name].data for name in ("all", *OPTIONAL, "retain")}
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
class Reader:
    """One model's JSON, read figure by figure.

    Attributes:
        who: the model in words, for what is missing.
        numbers: as `ModelResult.to_dict()` gives them; None where there is no such model.
        sizes: samples in `forget_train` and `retain_test`, where they are known.
    """

    who: str
    numbers: Mapping[str, Any] | None
    sizes: Mapping[str, int]

    def check(self) -> None:
        """See that there is a model at all.

        Raises:
            Missing: when there is none, or its training ended without one.
        """
        if self.numbers is None:
            raise Missing(self.who)
        status = self.numbers.get("status")
        if status in ("diverged", "refused"):
            raise Missing(
                f"{self.who}: {status}, {self.numbers.get('reason') or 'no reason given'}"
            )

    def number(self, *path: str) -> float:
        """The figure under these keys.

        Raises:
            Missing: when it is not there or None, with its reason where one is given.
        """
        self.check()
        here: Any = self.numbers
        reason = None
        for key in path:
            here = here if isinstance(here, Mapping) else {}
            reason = _reason(here, key) or reason
            here = here.get(key)
        if here is None or not math.isfinite(here):
            why = f" ({reason})" if reason else ""
            raise Missing(f"{self.who}: {' '.join(path).replace('_', ' ')}{why}")
        return float(here)

    def accuracy(self, part: str) -> tuple[float, Interval | None]:
        """Accuracy in percent on a part of the data, and its interval where sizes are known.

        Raises:
            Missing: when it is not known.
        """
        value = self.number("accuracy", part)
        return value, wilson(value, self.sizes[part]) if self.sizes.get(part) else None

    @property
    def of_samples(self) -> bool:
        """Whether samples were forgotten, not classes: then no test data belong to them."""
        accuracy = (self.numbers or {}).get("accuracy") or {}
        return "forget_test" in accuracy and accuracy["forget_test"] is None

    def recalls(self) -> dict[str, float]:
        """Test recall in percent by class name, for those that are known."""
        accuracy = (self.numbers or {}).get("accuracy") or {}
        found = (accuracy.get("per_class") or {}).get("test") or {}
        return {name: value for name, value in found.items() if value is not None}

    def recovered(self, fit: str) -> Recovered:
        """The best of all attacks fitted on one set.

        Raises:
            Missing: when no attack was made with this fit set.
        """
        attacks = (self.numbers or {}).get("recovery") or {}
        made = [entry[fit] for entry in attacks.values() if _fitted(entry, fit)]
        if not made:
            self.number("recovery", "fm", fit, "forget_accuracy")  # says what is missing and why
        best = max(made, key=lambda entry: entry["forget_accuracy"])
        value = best["forget_accuracy"]
        return Recovered(value, self._interval(best, value), best.get("recall") or {})

    def _interval(self, entry: Mapping[str, Any], value: float) -> Interval | None:
        drawn = entry.get("interval") or {}
        if drawn.get("low") is not None and drawn.get("high") is not None:
            return drawn["low"], drawn["high"]
        size = self.sizes.get("forget_train")
        return wilson(value, size) if size else None

    def aucs(self) -> dict[str, float]:
        """Separability AUC by judge.

        Raises:
            Missing: when neither judge could decide.
        """
        found = (self.numbers or {}).get("separability") or {}
        known = {j: found[j] for j in ("linear", "knn") if found.get(j) is not None}
        return known or {"linear": self.number("separability", "linear")}


def _fitted(entry: Any, fit: str) -> bool:
    found = entry.get(fit) if isinstance(entry, Mapping) else None
    value = found.get("forget_accuracy") if isinstance(found, Mapping) else None
    return value is not None and math.isfinite(value)


def _reason(holder: Mapping[str, Any], key: str) -> str | None:
    """Why a value is None: a sentence for all, or one by name."""
    reason = holder.get("reason")
    return reason.get(key) if isinstance(reason, Mapping) else reason
