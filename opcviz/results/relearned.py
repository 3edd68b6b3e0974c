"""Results of relearning in many ways: what the best of them gets back."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Percent, Record, Undefined, defined
from .attempts import Attempt

__all__ = ["RelearnedResult", "RelearningAttack"]


@dataclass(frozen=True)
class RelearningAttack(Record):
    """One way of training on, over several draws of the pictures given.

    Attributes:
        anew: how many of the last blocks, and the head with them, start from fresh weights; 0 for
            none, not even the head.
        shots: forgotten pictures given of each class; 0 for retained data alone.
        recovered: percent of the forgotten pictures scored, the mean over draws of each draw's
            best; `Undefined` where nothing could be trained.
        draws: the best of each draw, in percent.
        best: optimiser, rate and step of the best draw.
        retain_test: percent of the retained test data that the same model answers.
        one_answer: whether nine in ten of the forgotten pictures get one answer.
    """

    anew: int
    shots: int
    recovered: Percent | Undefined
    draws: tuple[Percent, ...]
    best: str
    retain_test: Percent | Undefined
    one_answer: bool = False


@dataclass(frozen=True)
class RelearnedResult(Record):
    """All ways.

    Attributes:
        attacks: one a number of blocks and of pictures given.
        part: which forgotten pictures are scored: `forget_test`, or of samples, which have no
            counterpart there, those of `forget_train` that were not given.
        scored: how many.
        constant: percent of them that the best constant answer scores.
        trainings: how many were made in all.
    """

    attacks: tuple[RelearningAttack, ...]
    part: str
    scored: int
    constant: Percent
    trainings: int

    def attempts(self) -> tuple[Attempt, ...]:
        """Every way that could be gone, for the verdict."""
        return tuple(
            Attempt(
                attacker="relearning",
                place=f"last {attack.anew}",
                view="whole",
                holds="shots" if attack.shots else "retain",
                given=attack.shots,
                recovered=attack.recovered,
                scored=self.scored,
                constant=self.constant,
                settings=attack.best,
                one_answer=attack.one_answer,
            )
            for attack in self.attacks
            if defined(attack.recovered)
        )
