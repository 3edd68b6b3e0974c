"""What is known of one model: how its training ended, and the record of every kind about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ..common.records import Record, Undefined
from ..results import TrainingResult
from .kind import kinds

__all__ = ["ModelResults"]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class ModelResults:
    """The results about one model.

    Attributes:
        training: how its training ended.
        answers: by kind of artefact its record, or why there is none.
    """

    training: TrainingResult
    answers: Mapping[str, Record | Undefined] = field(default_factory=dict)

    def answer(self, kind: str) -> Record | Undefined:
        """The record of a kind, by the kind's name."""
        found = self.answers.get(kind)
        return Undefined(f"{kind} was not computed yet") if found is None else found

    def get(self, record: type[R]) -> R | Undefined:
        """The record of a kind, by its class, as in `results.get(EvidenceResult)`.

        Raises:
            TypeError: for a class that no kind declares as its record, or when what lies there is
                another one.
        """
        kind = next((kind for kind in kinds() if kind.result is record), None)
        if kind is None:
            raise TypeError(f"{record.__name__} is no kind's record")
        found = self.answers.get(kind.name)
        if found is None:
            return Undefined(kind.not_computed)
        if isinstance(found, Undefined | record):
            return found
        raise TypeError(f"'{kind.name}' is a {type(found).__name__}, not a {record.__name__}")
