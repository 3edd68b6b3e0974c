"""What a study stores beside the kinds' records: how training ended, the data, plain numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ..common.json_types import Json
from ..common.records import Record

__all__ = ["DataResult", "Exchange", "PlainResult", "TrainingResult"]


@dataclass(frozen=True)
class Exchange(Record):
    """What is sent in one round.

    Attributes:
        leaver: whether the client who leaves takes part.
        others: how many of the other clients do.
        megabytes: sent in all, to the clients and back.
    """

    leaver: bool
    others: int
    megabytes: float


@dataclass(frozen=True)
class TrainingResult(Record):
    """How the training of one model ended.

    Attributes:
        status: `finished`, `diverged`, `refused`, or `failed` in a user's own method; `missing`
            where nothing is stored.
        reason: why there is no model, where there is none.
        seconds: of training.
        gradients: sample gradients evaluated.
        steps: of the optimiser.
        precision: number format of the training's forward passes, `fp32` or `bf16`.
        peak_memory_mb: of the process, or of the GPU if on one.
        device: `cpu`, `cuda` or `mps`.
        history: the live numbers, one table an epoch; where clients hold the data, one a round.
        exchanges: what clients and a server sent each other, round by round; nothing where the
            data lie in one place.
    """

    status: str
    reason: str | None = None
    seconds: float | None = None
    gradients: int | None = None
    steps: int | None = None
    precision: str | None = None
    peak_memory_mb: float | None = None
    device: str | None = None
    history: tuple[Mapping[str, float | None], ...] = ()
    exchanges: tuple[Exchange, ...] = ()


@dataclass(frozen=True)
class DataResult(Record):
    """What is said of a study's data beside its probe set.

    Attributes:
        class_names: of all labels, in order.
        forget_classes: labels of the forgotten classes; none where samples are forgotten.
        sizes: samples by part of the data.
    """

    class_names: tuple[str, ...] = ()
    forget_classes: tuple[int, ...] = ()
    sizes: Mapping[str, int] | None = None


@dataclass(frozen=True)
class PlainResult(Record):
    """Numbers of a kind that declares no record, such as a user's own whose file is not loaded.

    Attributes:
        text: the JSON object, which nobody can change by accident.
    """

    text: str

    def at(self, *path: str) -> object:
        """What lies under these keys; None where one of them is missing."""
        here: object = self.to_dict()
        for key in path:
            here = here.get(key) if isinstance(here, Mapping) else None
        return here

    def _written(self) -> Json:
        found: Json = json.loads(self.text)
        return found

    @classmethod
    def _parsed(cls, data: object, strict: bool, where: str) -> Self:
        if not isinstance(data, Mapping):
            raise ValueError(f"{where}: wants an object, got {data!r}")
        return cls(json.dumps(dict(data), ensure_ascii=False, allow_nan=False))
