"""What the tests of membership say: of what is left, and of what shows; see `questions`.

All that were made are looked at, each beside the same test of the retrained models. That what was
forgotten is *left* wants two of different kinds, since one alone errs among honest models now and
then, and says so where another cannot tell the model from chance. That it *shows* wants one; since
the greatest of several gaps is greater than any of them, each must pass what chance could give to
any of so many (Bonferroni). `python -m benchmarks.calibration --forget random:10%` measures how
often either is said of a retrained model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from statistics import NormalDist

from ..common.statistics import LEVEL
from ..results import MembershipTest, Sign
from .check import Check
from .dossier import MEMBERSHIP, Band, Dossier
from .told import Figures, apart, membership
from .words import Thresholds

__all__ = ["MembershipQuestions"]

LEAST_AUC_LEAD = 0.05  # by which the original must lie above the band, to compare shares


class MembershipQuestions:
    """Whether forgotten pictures look like training data, beside the original and the band."""

    model: Dossier
    original: Dossier | None
    band: Band
    t: Thresholds

    # ---- left? ------------------------------------------------------------------------------

    def left_in_membership(self) -> Check | None:
        """How much of the original's lead two tests of different kinds find left.

        The check is that of the one which finds less, on which it hangs. One test is enough where
        no other kind was made, and of the original, which nobody accuses; else one that alone
        finds something decides nothing, see `unconfirmed`. None where no test tells the original
        from the band.
        """
        found = [check for _, check in self.remembered]
        if self._one_is_enough or (len(found) == 1 and not found[0].holds):
            return next(iter(found), None)
        if len(found) < 2:
            return None
        first, second = found[:2]
        return _agreed(first, second) if second.holds else second

    @cached_property
    def remembered(self) -> list[tuple[Sign, Check]]:
        """The test of each kind that finds most left, the furthest beyond its line first.

        Only those that tell the original from the band.
        """
        tests = Counter(test.kind for _, test in self._compared if test.directed)
        by_kind: dict[str, tuple[Sign, Check]] = {}
        for ours, test in self._compared:
            check = self._share(ours, test, tests[test.kind]) if test.directed else None
            if check and (test.kind not in by_kind or check.margin > by_kind[test.kind][1].margin):
                by_kind[test.kind] = ours, check
        return sorted(by_kind.values(), key=lambda pair: -pair[1].margin)

    @property
    def membership_kinds(self) -> int:
        """How many kinds of tests with a direction were made of model, original and band."""
        return len({test.kind for _, test in self._compared if test.directed})

    @property
    def unconfirmed(self) -> list[Check]:
        """What one kind of test finds left and no second kind does, then what that one says."""
        found = [check for _, check in self.remembered]
        alone = bool(found) and found[0].holds and not any(check.holds for check in found[1:])
        return found[:2] if alone and not self._one_is_enough else []

    def doubtful(self, found: Sequence[Check]) -> str:
        """What `unconfirmed` found, in words: chance may explain what the second kind says."""
        first, *others = found
        if not others:
            return f"{first.says}; no other kind tells even the original from them"
        second = others[0].figures
        ours = second and next(s for s, check in self.remembered if check is others[0])
        chance = f" (95 %: {ours.low:.2f} to {ours.high:.2f})" if ours else ""
        return f"{first.says}; but {others[0].clauses[0]}{chance}, {others[0].clauses[1]}"

    @property
    def _one_is_enough(self) -> bool:
        return self.model is self.original or self.membership_kinds == 1

    @cached_property
    def _compared(self) -> list[tuple[Sign, MembershipTest]]:
        """Every test that was made of the model, the original and the whole band."""
        if self.original is None:
            return []
        return [
            (sign, sign.test)
            for sign in self.model.signs
            if sign.test and self.original.sign(sign.key) and self.band.signs(sign.key)
        ]

    def _share(self, ours: Sign, test: MembershipTest, tests: int) -> Check | None:
        """Share of the original's lead over the band that a test finds left, beyond chance.

        Beyond what chance could give to any of so many tests, of which the best is taken.
        """
        first = self.original and self.original.sign(ours.key)
        band = [sign.auc for sign in self.band.signs(ours.key)]
        mean = sum(band) / len(band)
        if not first or (lead := first.auc - mean) < LEAST_AUC_LEAD:
            return None
        figures = Figures(
            test.name,
            ours.auc,
            min(band),
            max(band),
            len(band),
            unit="AUC",
            original=first.auc,
            test=test,
        )
        return Check.above(
            "membership left",
            100 * (ours.auc - mean) / lead,
            max(self.t.left, 100 * (ours.auc - ours.low) * _any_of(tests) / lead),
            membership(figures),
            unit="%",
            width=self.t.left or 1.0,
            interval=(100 * (ours.low - mean) / lead, 100 * (ours.high - mean) / lead),
            figures=figures,
        )

    # ---- noticeable? ------------------------------------------------------------------------

    def told_by_membership(self, ours: Sign, test: MembershipTest) -> Check | None:
        """How far a test lies beyond the band, to either side if it has a direction.

        The line is the greater of `apart` and of what chance could give to any of the tests.
        """
        band = [sign.auc for sign in self.band.signs(ours.key)]
        if not band:
            return None
        low, high = min(band), max(band)
        over, chance = ours.auc - high, ours.auc - ours.low
        interval = ours.low - high, ours.high - high
        above = not test.directed or over >= low - ours.auc
        if not above:  # less like training data than unseen ones
            over, chance = low - ours.auc, ours.high - ours.auc
            interval = low - ours.high, low - ours.low
        needed = max(self.t.apart, chance * _any_of(len(self._noticing)))
        figures = Figures(
            test.name,
            ours.auc,
            low,
            high,
            len(band),
            unit="AUC",
            of=test.told(above=above),
            line=high + needed if above else None,
            test=test,
        )
        return Check.above(
            "AUC beyond the retrained models'",
            over,
            needed,
            apart(figures),
            unit="AUC",
            width=self.t.apart or 1.0,
            interval=interval,
            figures=figures,
        )

    @cached_property
    def _noticing(self) -> Sequence[Sign]:
        """The tests that were made of the model and the whole band."""
        found = (sign for sign in self.model.signs if sign.judge == MEMBERSHIP)
        return [sign for sign in found if self.band.signs(sign.key)]


def _agreed(first: Check, second: Check) -> Check:
    """The check that finds less, told by the figures of both."""
    assert first.figures is not None
    figures = replace(first.figures, also=second.figures)
    clauses = membership(figures)
    return replace(second, says="; ".join(clauses), clauses=clauses, figures=figures)


def _any_of(tests: int) -> float:
    """How much wider an interval is that holds for so many tests at once."""
    normal, error = NormalDist(), (1 - LEVEL / 100) / 2
    return normal.inv_cdf(1 - error / max(tests, 1)) / normal.inv_cdf(1 - error)
