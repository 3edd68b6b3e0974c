"""Does what was unlearned stand out? One of the three questions of the verdict; see `questions`."""

from __future__ import annotations

from functools import cached_property

from ..common.statistics import Interval, difference
from ..results import Sign
from .check import Check
from .dossier import MEMBERSHIP, Missing
from .membership import MembershipQuestions
from .told import Figures, apart, spread_of

__all__ = ["NoticedQuestions"]

MAX_RATIO = 1e6  # a ratio that stands for all above it: JSON has no infinity
ALIKE = 1.25  # widths that differ by less are about the same
APART = "forgotten and retained pictures are told apart"


class NoticedQuestions(MembershipQuestions):
    """What betrays the forgotten data, beside the band."""

    def signs(self) -> list[Check]:
        """What betrays the unlearned data.

        Raises:
            Missing: where no judge saw both the model and the whole band; where nothing betrays
                them, and how tight they are, which could, is not known.
        """
        if not self.judged:
            raise Missing("separability of this and the retrained models by the same judge")
        most = max((check for _, check in self.judged), key=lambda check: check.margin)
        found = [most, *([self._shunned()] if self.model.of_samples else [])]
        if self.visible:
            try:
                found.insert(1, self.tighter())
            except Missing:
                if not any(check.holds for check in found):
                    raise
        return found

    @cached_property
    def judged(self) -> list[tuple[Sign, Check]]:
        """Every judge who saw the model and the whole band, and how far beyond it he tells."""
        found = ((sign, self._apart(sign)) for sign in self.model.signs)
        return [(sign, check) for sign, check in found if check]

    @property
    def visible(self) -> bool:
        """Whether some judge could point at the forgotten pictures."""
        best = max((s.auc for s in self.model.signs if s.judge != MEMBERSHIP), default=0.0)
        return best >= self.t.visible

    @property
    def room(self) -> bool:
        """Whether any judge could find them more than in the retrained models at all."""
        keys = {sign.key for sign in self.model.signs}
        found = [band for key in keys if (band := self.band.signs(key))]
        return any(max(s.auc for s in band) + self.t.apart < 1 for band in found)

    @property
    def fainter(self) -> str:
        """Where judges tell them apart clearly less than in every retrained model; "" for nowhere.

        That betrays no forgotten picture, and so is no *noticeable*; but whoever has retrained
        models to compare with sees that this one is none of them.
        """
        found = []
        for ours in self.model.signs:
            band = [sign.auc for sign in self.band.signs(ours.key)]
            if ours.judge != MEMBERSHIP and band and ours.high < min(band) - self.t.apart:
                found.append((min(band) - ours.auc, ours, band))
        if not found:
            return ""
        _, ours, band = max(found, key=lambda each: each[0])
        return (
            f"Forgotten pictures stand out less than in retrained models: {ours.judge} on "
            f"{ours.place} tells them from retained ones with AUC {ours.auc:.2f}, in "
            f"{self.band.words} with {spread_of(min(band), max(band), '.2f')}. That points at no "
            "forgotten picture; but whoever holds retrained models to compare with can tell that "
            "this is none of them."
        )

    def _apart(self, ours: Sign) -> Check | None:
        if ours.test:
            return self.told_by_membership(ours, ours.test)
        band = [sign.auc for sign in self.band.signs(ours.key)]
        if not band:
            return None
        low, high = min(band), max(band)
        who, line = f"{ours.judge} on {ours.place}", high + self.t.apart
        figures = Figures(who, ours.auc, low, high, len(band), unit="AUC", of=APART, line=line)
        return Check.above(
            "AUC beyond the retrained models'",
            ours.auc - high,
            self.t.apart,
            apart(figures),
            unit="AUC",
            interval=(ours.low - high, ours.high - high),
            figures=figures,
        )

    def tighter(self) -> Check:
        """How much tighter the forgotten features are than in the tightest retrained model.

        Of those retrained models of which it is known: one lost figure hides no contraction.

        Raises:
            Missing: where it is not known of the model, or of no retrained one.
        """
        ours, band = self.model.width(), self.band.widths()
        theirs, all_known = min(band), len(band) == len(self.band.models)
        beside = self.band.words if all_known else f"{len(band)} of {self.band.words}"
        return Check.times(
            "tighter than in the retrained models",
            min(max(theirs / ours if ours else MAX_RATIO, 1 / MAX_RATIO), MAX_RATIO),
            self.t.tighter,
            f"the forgotten features are {_wide(ours)} as the retained ones, "
            f"in {beside} at least {theirs:.2g} times as wide",
        )

    def _shunned(self) -> Check:
        ours, of_ours = self.model.answers()
        low, high = self.band.answers()
        return Check.above(
            "answers below the retrained models'",
            low - ours,
            2 * self.t.points,
            (
                f"{ours:.1f} % of the forgotten training samples are right",
                f"in {self.band.words}, which never saw them, it is {spread_of(low, high)} %",
            ),
            interval=difference(low, ours, self._of_band(low), of_ours),
        )

    def _of_band(self, value: float) -> Interval | None:
        """The interval of the retrained model that answers so many of the forgotten pictures."""
        return next(
            (found[1] for m in self.band.models if (found := m.answers())[0] == value), None
        )


def _wide(ratio: float) -> str:
    """How wide in words that "as the retained ones" follows."""
    if ratio == 0:
        return "a point, nowhere near as wide"
    near = max(ratio, 1 / ratio) < ALIKE
    return "about as wide" if near else f"{ratio:.2g} times as wide"
