"""The parts of a study's data: forget or retain, of the train or the test set."""

from __future__ import annotations

from typing import Literal

__all__ = ["PARTS", "Part", "Side", "side_of"]

Part = Literal["forget_train", "retain_train", "forget_test", "retain_test"]
"""The name of a part, as `Split` has it."""
Side = Literal["train", "test"]
"""The set that a part is of."""

PARTS: tuple[Part, ...] = ("forget_train", "retain_train", "forget_test", "retain_test")
"""All four, in the order in which they are listed."""


def side_of(part: Part) -> Side:
    """The set that a part is of.

    >>> side_of("forget_test")
    'test'
    """
    return "train" if part.endswith("_train") else "test"
