"""What is left of the original's answers, and in tests of membership; see `questions`."""

from __future__ import annotations

from ..common.statistics import Interval, difference
from .check import Check
from .dossier import Missing
from .noticed import NoticedQuestions
from .told import Figures, right

__all__ = ["LEAST_LEAD", "AnsweredQuestions"]

LEAST_LEAD = 10.0  # points by which the original must answer more than the band, to compare shares
MOST = (100.0, (100.0, 100.0))  # what an original that nobody asked can have answered at most


class AnsweredQuestions(NoticedQuestions):
    """What the model itself answers, beside the original and the band."""

    def left(self) -> Check | None:
        """Share of the original's lead over the band that is left; None without such a lead.

        Raises:
            Missing: where nobody knows what the original answers, unless more is left of any that
                there could be; where that of this model or a retrained one is not known.
        """
        found = [self._left_in_answers(), self.left_in_membership()]
        most = max((c for c in found if c), key=lambda check: check.margin, default=None)
        if not (most and most.holds):
            self._answers_of_original()
        return most

    @property
    def answers_known(self) -> bool:
        """Whether it is known what this model and the retrained ones answer themselves."""
        try:
            return bool(self.model.answers() and self.band.answers())
        except Missing:
            return False

    def _answers_of_original(self) -> tuple[float, Interval | None]:
        if self.original is None:
            raise Missing("the original model")
        return self.original.answers()

    def _left_in_answers(self) -> Check | None:
        if self.answers_nothing:
            return None
        ours = self.model.answers()
        try:
            theirs, unknown = self._answers_of_original(), False
        except Missing:
            theirs, unknown = MOST, True
        told = theirs[0]
        theirs = max(theirs, ours)  # who answers more than the original has lost nothing of it
        low, high = self.band.answers()
        lead = theirs[0] - high
        certain = difference(theirs[0], high, theirs[1], self._of_band(high))
        sure = self.model.of_samples and not unknown and certain and certain[0] > 0
        if lead < LEAST_LEAD and not sure:
            return None
        part = "training" if self.model.of_samples else "test"
        figures = Figures(
            "its answers",
            ours[0],
            low,
            high,
            len(self.band.models),
            of=f"of the forgotten {part} data",
            original=None if unknown else told,
        )
        over = difference(ours[0], high, ours[1], self._of_band(high))
        return Check.above(
            "answers left",
            100 * (ours[0] - high) / lead,
            self.t.left,
            right(figures),
            unit="%",
            interval=over and (100 * over[0] / lead, 100 * over[1] / lead),
            figures=figures,
        )

    @property
    def answers_nothing(self) -> bool:
        """Whether even retained data are answered no better than by chance: then a right answer to
        forgotten ones is a constant, not a memory.
        """
        try:
            kept, _ = self.model.part("retain_test")
        except Missing:
            return False
        return kept < 2 * self.chance

    @property
    def chance(self) -> float:
        """Percent that guessing gets right: of as many classes as there are recalls."""
        return 100 / max(len(self.model.recalls()), 2)
