"""Results of the transfer probe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..common.records import Percent, Record, Undefined

__all__ = ["TransferResult", "TransferRung"]


@dataclass(frozen=True)
class TransferRung(Record):
    """One probe at one place, from one number of labelled downstream pictures.

    Attributes:
        place: `pixels`, a block's name, `features` or `logits`; of a block the mean over positions.
        probe: `linear` or `knn`.
        given: labelled pictures of each downstream class.
        draws: of those; accuracies are means over them.
        near: mean recall of the near classes on unseen pictures, among all classes' answers.
        far: the same of the others.
        recall: by downstream class.
    """

    place: str
    probe: str
    given: int
    draws: int
    near: Percent
    far: Percent
    recall: Mapping[str, Percent]

    @property
    def gap(self) -> float:
        """How much better near classes are told than far ones, in points."""
        return self.near - self.far


@dataclass(frozen=True)
class TransferResult(Record):
    """All rungs from the pixels to the logits.

    Attributes:
        rungs: by place from input to output, then by pictures given, then by probe; or why there
            are none.
        data: name of the downstream data set; empty where none was asked for.
        digest: of that set, whole.
        near: the downstream classes that lie near the forgotten ones, the nearest first.
        shares: by downstream class, percent of its labelled pictures that the original model
            answers with a forgotten class.
        scored: unseen downstream pictures, of all classes.
        left_out: numbers of pictures that were asked for and that some class has not.
    """

    rungs: tuple[TransferRung, ...] | Undefined
    data: str = ""
    digest: str = ""
    near: tuple[str, ...] = ()
    shares: Mapping[str, Percent] | None = None
    scored: int = 0
    left_out: tuple[int, ...] = ()

    def at(self, place: str, probe: str, given: int | None = None) -> TransferRung | None:
        """One rung; None where there is none.

        Args:
            place, probe: of the rung.
            given: pictures of each class; the fewest there are unless named: from many of them a
                probe learns the classes anew, whatever the network brings along.
        """
        wanted = given or min(self.given(), default=0)
        asked = (place, probe, wanted)
        return next((r for r in self._made if (r.place, r.probe, r.given) == asked), None)

    def places(self) -> tuple[str, ...]:
        """The places from input to output, the pixels first."""
        return tuple(dict.fromkeys(rung.place for rung in self._made))

    def given(self) -> tuple[int, ...]:
        """The numbers of labelled pictures, ascending."""
        return tuple(sorted({rung.given for rung in self._made}))

    @property
    def _made(self) -> tuple[TransferRung, ...]:
        return () if isinstance(self.rungs, Undefined) else self.rungs
