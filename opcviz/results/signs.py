"""Results of the judges who tell forgotten from retained data."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.records import Record, Undefined
from .attempts import Sign

__all__ = ["SignsResult"]


@dataclass(frozen=True)
class SignsResult(Record):
    """How forgotten data stand out, by place and judge.

    Attributes:
        judged: a sign a judge and place, from input to output.
        side: of the pictures judged: `test`, or `train` where no test picture is forgotten.
        samples: forgotten and retained pictures judged.
    """

    judged: tuple[Sign, ...] | Undefined
    side: str
    samples: tuple[int, int]

    def signs(self) -> tuple[Sign, ...]:
        """All of them; none where nothing could be judged."""
        return () if isinstance(self.judged, Undefined) else self.judged

    def clearest(self, place: str | None = None) -> Sign | None:
        """The greatest AUC, at one place if asked; None where there is none."""
        found = [sign for sign in self.signs() if place in (None, sign.place)]
        return max(found, key=lambda sign: sign.auc, default=None)
