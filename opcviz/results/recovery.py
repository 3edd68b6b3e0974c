"""Results of the recovery attacks, and the table of the sets they are fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..common.parts import Part
from ..common.records import Percent, Record, Undefined
from .attempts import Attempt

__all__ = [
    "ATTACKS",
    "FIT_SETS",
    "BeforeAttack",
    "ConfidenceInterval",
    "FitResult",
    "FitSet",
    "Flips",
    "RecoveryResult",
    "RidgeSweep",
    "SizeCurve",
    "SizeSweep",
    "UnseenScore",
]

ATTACKS = ("fm", "hr", "hr_labels")
"""Feature mapping, head recovery on the original's logits, and head recovery on labels."""


@dataclass(frozen=True)
class FitSet:
    """Data that an attacker fits on.

    Attributes:
        name: its key in results.
        parts: of the data.
        label: on screen, as in "fitted on …".
        data: in a sentence, as in "a map fitted on all train data".
        verdict: whether the verdict reads it, and whether it can do without: a set that asks what
            `all` asks of other data is welcome, not needed.
    """

    name: str
    parts: tuple[Part, ...]
    label: str
    data: str
    verdict: Literal["needed", "optional", "unused"]


FIT_SETS: Mapping[str, FitSet] = {
    each.name: each
    for each in (
        FitSet(
            "all",
            ("retain_train", "forget_train"),
            "all training data",
            "all train data",
            "needed",
        ),
        FitSet("retain", ("retain_train",), "retain only", "retained data alone", "needed"),
        FitSet(
            "heldout",
            ("retain_test", "forget_test"),
            "held-out",
            "held-out data",
            "optional",
        ),
        FitSet(
            "heldout_retain",
            ("retain_test",),
            "held-out, no forget classes",
            "held-out data without the forgotten classes",
            "unused",
        ),
        FitSet("forget", ("forget_train",), "forget only", "forget data alone", "optional"),
    )
}
"""By name, in the order in which they are computed and shown."""


@dataclass(frozen=True)
class ConfidenceInterval(Record):
    """A 95 % interval in the unit of its figure, and how it was found ("wilson", "bootstrap")."""

    low: Percent
    high: Percent
    method: str


@dataclass(frozen=True)
class RidgeSweep(Record):
    """Percent at each penalty, in the order of `ridge`."""

    ridge: tuple[float, ...]
    forget_accuracy: tuple[Percent, ...]
    balanced_accuracy: tuple[Percent, ...]


@dataclass(frozen=True)
class Flips(Record, always=True):
    """Forget samples that turn from wrong to right (`recovered`) and back (`lost`).

    Attributes:
        positions: in the forget part of the train set, of the recovered in order; of too many only
            the number is kept.
    """

    recovered: int | Undefined
    lost: int | Undefined
    positions: tuple[int, ...] | Undefined


@dataclass(frozen=True)
class UnseenScore(Record):
    """What one attack gets right of forgotten samples that its map was fitted without.

    Attributes:
        forget_accuracy, balanced_accuracy: percent.
        interval: of the first.
        scored: how many samples those are.
        constant_predictor: percent that the best constant answer scores on them.
        scored_on: `forget_test`; `forget_train` where the fit set holds none of it and there is no
            forget test; `cross-fitted` where parts of `forget_train` are left out in turn.
        given: forgotten samples of the scarcest class that the map was fitted on.
        one_answer: whether nine in ten of them get the same answer.
    """

    forget_accuracy: Percent
    balanced_accuracy: Percent
    interval: ConfidenceInterval
    scored: int
    constant_predictor: Percent
    scored_on: str
    given: int
    one_answer: bool = False


@dataclass(frozen=True)
class FitResult(Record):
    """What one attack with one fit set gets right.

    Attributes:
        forget_accuracy: percent of the forget part of the train set; of fit sets that hold it
            (`all`, `forget`) that is in-sample.
        balanced_accuracy: percent, mean recall over the classes of the forget set.
        recall: percent by class of the forget set.
        retain_accuracy: percent of the retain part of the train set.
        constant_predictor: percent of the forget set that one constant answer scores.
        sweep: over ridges; None where `forget_accuracy` is undefined, and so are those below.
        samples: that the map was fitted on.
        rank: numerical rank of their features.
        interval: of `forget_accuracy`.
        confusion: forget samples by true class, then answer; of fit set `all` alone.
        flips: which samples turn right; of fit set `all` alone.
        note: where there are too few samples to mean anything at ridge 0.
        unseen: the headline: the same attack on forgotten samples that its map was fitted without;
            None in what an older version stored.
    """

    forget_accuracy: Percent | Undefined
    balanced_accuracy: Percent | Undefined
    recall: Mapping[str, Percent] | Undefined
    retain_accuracy: Percent | Undefined
    constant_predictor: Percent | None
    sweep: RidgeSweep | None
    samples: int | None = None
    rank: int | None = None
    interval: ConfidenceInterval | None = None
    confusion: Mapping[str, Mapping[str, int]] | None = None
    flips: Flips | None = None
    note: str | None = None
    unseen: UnseenScore | Undefined | None = None

    @classmethod
    def undefined(cls, reason: str, constant_predictor: float | None = None) -> FitResult:
        """An attack that cannot be made, and why."""
        why = Undefined(reason)
        return cls(why, why, why, why, constant_predictor, None, unseen=why)


@dataclass(frozen=True)
class BeforeAttack(Record):
    """What the unlearned model itself answers on the forget part of the train set.

    Attributes: as of `FitResult`; the last three are None where the first two are undefined.
    """

    forget_accuracy: Percent | Undefined
    balanced_accuracy: Percent | Undefined
    recall: Mapping[str, Percent] | None = None
    interval: ConfidenceInterval | None = None
    confusion: Mapping[str, Mapping[str, int]] | None = None


@dataclass(frozen=True)
class SizeCurve(Record):
    """Forget accuracy in percent by size of the fit set.

    Attributes:
        forget_accuracy, low, high: mean, least and greatest over draws at the default ridge.
        best, best_ridge: the greatest mean over the sweep's ridges, and which ridge that is: a
            bound, since no attacker is told it.
    """

    forget_accuracy: tuple[Percent, ...]
    low: tuple[Percent, ...]
    high: tuple[Percent, ...]
    best: tuple[float, ...]
    best_ridge: tuple[float, ...]


@dataclass(frozen=True)
class SizeSweep(Record):
    """The attacks fitted on few held-out samples.

    Attributes:
        fit_set: that the samples are drawn from.
        draws: subsets of each size.
        per_class: the sizes, samples a class.
        samples: of each size in all.
        scored: forget samples that the accuracies are taken over.
        reason: why sizes were left out, if they were.
        fm, hr, hr_labels: the curves; FM is None without the original head.
    """

    fit_set: str
    draws: int
    per_class: tuple[int, ...]
    samples: tuple[int, ...]
    scored: int
    reason: str | None
    fm: SizeCurve | None = None
    hr: SizeCurve | None = None
    hr_labels: SizeCurve | None = None


@dataclass(frozen=True)
class RecoveryResult(Record):
    """All recovery attacks on one model.

    Attributes:
        fm, hr, hr_labels: by fit set.
        ridge, hr_targets, intercept: the settings.
        level: confidence of the intervals, percent.
        resamples: 0: the intervals are Wilson's, in closed form.
        constant_predictor: percent that one constant answer scores on the forget set; None where
            that is empty.
        before: the unlearned model as it stands.
        sizes: None where it was not asked for.
    """

    fm: Mapping[str, FitResult]
    hr: Mapping[str, FitResult]
    hr_labels: Mapping[str, FitResult]
    ridge: float
    hr_targets: str
    intercept: bool
    level: float
    resamples: int
    constant_predictor: Percent | None
    before: BeforeAttack
    sizes: SizeSweep | Undefined | None

    def attempts(self, place: str) -> tuple[Attempt, ...]:
        """What FM and HR on labels got from one place, on forgotten samples they were not given.

        HR on the original's logits is left out: in closed form it is FM.
        """
        found = (
            (attack, holds, self.attack(attack)[holds].unseen)
            for attack in ("fm", "hr_labels")
            for holds in ("all", "retain")
        )
        return tuple(
            Attempt(
                attacker=attack,
                place=place,
                view="pooled",
                holds=holds,
                given=unseen.given,
                recovered=unseen.forget_accuracy,
                scored=unseen.scored,
                constant=unseen.constant_predictor,
                settings=f"relative ridge {self.ridge:g}",
                one_answer=unseen.one_answer,
            )
            for attack, holds, unseen in found
            if isinstance(unseen, UnseenScore)
        )

    def attack(self, name: str) -> Mapping[str, FitResult]:
        """One of `ATTACKS`, by fit set."""
        return {"fm": self.fm, "hr": self.hr, "hr_labels": self.hr_labels}[name]
