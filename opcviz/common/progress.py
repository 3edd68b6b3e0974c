"""Progress events of long work, and its cancellation.

Every long function takes one `Progress`: it sends typed events to it, and calls it each step so
that a cancelled run stops there. Progress bars, run records on disk and live charts are listeners
of the same stream; the work itself knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import ClassVar

from .json_types import Json
from .records import Record

__all__ = [
    "Cancelled",
    "Epoch",
    "Event",
    "Message",
    "Pictures",
    "Progress",
    "Stage",
    "Step",
    "event_from_dict",
]


class Cancelled(Exception):
    """The work was cancelled; everything finished before stays in the store."""


@dataclass(frozen=True)
class Event(Record):
    """Base of all events; `kind` names the type in JSON."""

    kind: ClassVar[str] = "event"

    def _written(self) -> Json:
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class Stage(Event):
    """A named part of the work begins: number `index` (from 0) of `count`, for `model` if any."""

    kind: ClassVar[str] = "stage"
    name: str
    index: int = 0
    count: int = 1
    model: str = ""


@dataclass(frozen=True)
class Step(Event):
    """`step` of `steps` of the current stage is done; `loss` is the objective there, if any."""

    kind: ClassVar[str] = "step"
    step: int
    steps: int
    loss: float | None = None


@dataclass(frozen=True)
class Epoch(Event):
    """A full picture of the model after an epoch (0 is before the first step).

    Attributes:
        epoch, epochs: where we are.
        values: numbers by name (percent, ratios), for curves.
        points: flat map coordinates of the probe set, x0 y0 x1 y1 ..., or empty.
        groups: of each sample of the probe set the number of its group of coincident samples, −1:
            alone; empty where all are alone.
        pictures: what gradient inversion rebuilds now, or empty: `ids` (P positions in the train
            set), `shape` [P, C, H, W], `pixels` (base64 of that many bytes), `psnr` (P numbers in
            dB, null where no gradient reaches the body).
    """

    kind: ClassVar[str] = "epoch"
    epoch: int
    epochs: int
    values: dict[str, float | None] = field(default_factory=dict)
    points: list[float] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    pictures: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Message(Event):
    """A sentence for the person; `level` is info, warning or error."""

    kind: ClassVar[str] = "message"
    text: str
    level: str = "info"


@dataclass(frozen=True)
class Pictures(Event):
    """Pictures that are being searched for, as they stand: `data` is uint8 in base64.

    Attributes:
        models: keys of the M models in which they are searched for.
        data: of (M, P, C, H, W) uint8, in C order; P and the shape are the question's.
    """

    kind: ClassVar[str] = "pictures"
    models: list[str]
    data: str


_KINDS = {cls.kind: cls for cls in (Stage, Step, Epoch, Message, Pictures)}


def event_from_dict(values: Json) -> Event:
    """Inverse of `Event.to_dict`.

    Raises:
        KeyError: for an unknown kind.
    """
    values = dict(values)
    return _KINDS[values.pop("kind")](**values)


class Progress:
    """Fans events out to listeners and answers whether to stop. The default is silent."""

    def __init__(
        self,
        *listeners: Callable[[Event], None],
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.listeners = listeners
        self._stop = stop

    def __call__(self, event: Event) -> None:
        """Send an event to every listener; raise if the work was cancelled.

        Raises:
            Cancelled: when the stop flag is up.
        """
        for listener in self.listeners:
            listener(event)
        self.check()

    def check(self) -> None:
        """Raise if the work was cancelled.

        Raises:
            Cancelled: when the stop flag is up.
        """
        if self._stop():
            raise Cancelled("cancelled on request")
