"""What became of every request of a sequence."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record, Undefined

__all__ = ["RequestAccuracy", "RequestsResult"]


@dataclass(frozen=True)
class RequestAccuracy(Record):
    """Right answers on what one request asked to forget, in percent.

    Attributes:
        train, test: of the train and of the test set; of samples nothing is in the test set.
        samples: of the train set.
    """

    train: float | Undefined
    test: float | Undefined
    samples: int


@dataclass(frozen=True)
class RequestsResult(Record):
    """All requests so far, in their order."""

    requests: tuple[RequestAccuracy, ...]
