"""Results of the check of what was planted in the train set."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record, Undefined
from .attempts import Attempt

__all__ = ["ConfusionTruth", "GroundTruth", "TriggerTruth"]


@dataclass(frozen=True)
class ConfusionTruth(Record):
    """How much of an interclass confusion a model shows; all shares in percent.

    Attributes:
        classes: the two, by name.
        planted: train samples whose labels were swapped.
        taught: share of those that get the swapped label (Fgt of Goel et al., as a share).
        corrected: share of those that get their true class.
        tested: test pictures of the two classes.
        swapped: share of those that are taken for the other class.
        error: share of those that are taken for any other class (the interclass error, IC-Err).
        constant: `swapped` of the best constant answer.
        one_answer: whether nine in ten of the test pictures get the same answer.
    """

    classes: tuple[str, ...]
    planted: int
    taught: float
    corrected: float
    tested: int
    swapped: float
    error: float
    constant: float
    one_answer: bool

    def attempts(self) -> tuple[Attempt, ...]:
        """The model asked about unseen pictures; asked about the planted ones it is in any case."""
        return (
            Attempt(
                "confusion",
                "logits",
                "whole",
                "nothing",
                0,
                self.swapped,
                self.tested,
                self.constant,
                one_answer=self.one_answer,
            ),
        )


@dataclass(frozen=True)
class TriggerTruth(Record):
    """How well a trigger still works on a model; all shares in percent.

    Attributes:
        target: the class that the trigger stands for, by name.
        planted: train pictures that were poisoned.
        taught: share of those that get the trigger's class.
        corrected: share of those that get their true class.
        tested: test pictures of the other classes.
        success: share of those that get the trigger's class with the trigger on them (attack
            success rate).
        turned: share of those that get it with the trigger and not without: what a model that
            answers that class in any case does not score.
        clean: accuracy on the whole test set, without the trigger.
    """

    target: str
    planted: int
    taught: float
    corrected: float
    tested: int
    success: float
    turned: float
    clean: float

    def attempts(self) -> tuple[Attempt, ...]:
        """The trigger tried on unseen pictures; no constant answer turns one."""
        return (Attempt("trigger", "logits", "whole", "nothing", 0, self.turned, self.tested, 0.0),)


@dataclass(frozen=True)
class GroundTruth(Record):
    """Whether what was planted in the train set is still there; one of the two at most is known."""

    confusion: ConfusionTruth | Undefined
    trigger: TriggerTruth | Undefined

    def attempts(self) -> tuple[Attempt, ...]:
        """Those of what was planted; none where nothing was."""
        confusion, trigger = self.confusion, self.trigger
        return (
            *(() if isinstance(confusion, Undefined) else confusion.attempts()),
            *(() if isinstance(trigger, Undefined) else trigger.attempts()),
        )
