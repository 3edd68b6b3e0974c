"""The three questions of the verdict: is it gone, is that noticeable, is the rest kept?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ..common.statistics import Interval, difference, wilson
from ..results import Attempt
from .answered import LEAST_LEAD, AnsweredQuestions
from .check import Check
from .dossier import Band, Dossier, Missing
from .kept import KeptQuestions
from .told import Figures, at_most, gets
from .words import Thresholds

__all__ = ["Questions"]

OF_ATTACKERS = ("left", "points", "further", "tighter")  # which `Questions.gained` reads


class Questions(AnsweredQuestions, KeptQuestions):
    """One model, its original and the band; a check that lacks a figure raises `Missing`.

    Args:
        model: the model under examination.
        original: the original of its seed, None where there is none.
        band: the retrained models; without any, only `lost` and `neighbour` can be asked.
        thresholds: where the lines are drawn.
    """

    def __init__(
        self, model: Dossier, original: Dossier | None, band: Band, thresholds: Thresholds
    ) -> None:
        self.model, self.original, self.band, self.t = model, original, band, thresholds

    def with_lines(self, thresholds: Thresholds) -> Questions:
        """The same questions with other lines; attackers are compared anew only if these move."""
        other = Questions(self.model, self.original, self.band, thresholds)
        if all(getattr(thresholds, name) == getattr(self.t, name) for name in OF_ATTACKERS):
            other.gained = self.gained
        return other

    # ---- gone? ------------------------------------------------------------------------------

    @cached_property
    def gained(self) -> list[tuple[Attempt, Check]]:
        """Every attacker who tried the model and the whole band, the furthest beyond it first.

        Those who could tell come before those whose line not even 100 % would pass: how far these
        came says nothing; in between are those who got nothing at all. The answers themselves are
        an attacker, too: he asks, and does nothing else.
        """
        found = []
        for attempt in self.model.best():
            if band := self.band.tried.get(attempt.key):
                found.append((attempt, self._beyond(attempt, band)))

        def place(pair: tuple[Attempt, Check]) -> tuple[bool, bool, float]:
            attempt, check = pair
            return check.undecidable, not attempt.recovered, -check.margin

        return sorted(found, key=place)

    def _beyond(self, attempt: Attempt, band: Sequence[Attempt]) -> Check:
        """Whether he gets more than a further retrained model would give him, or luck, or pixels.

        The gain counts from the most that any model of the band gives; the line is the greatest of
        our own (`points`), of chance in the pictures scored, of the spread of the band, and of what
        the same pictures give a map without any model, `points` beyond it. One retrained model has
        no spread, but that of its forgotten classes' names where these are asked; then the line is
        `_way_to_the_original`, too.
        """
        strongest = max(band, key=lambda each: each.recovered)
        least = min(each.recovered for each in band)
        bar, of_bar = self._bar(attempt, strongest)
        gain = attempt.recovered - bar
        interval = difference(attempt.recovered, bar, attempt.interval, of_bar)
        chance = gain - interval[0] if interval else 0.0
        spread = (self.band.spread.bound(attempt.key, self.t.further) or 0.0) - bar
        original, share = None, None
        if len(self.band.models) == 1:
            half, original, share = self._way_to_the_original(attempt, bar, of_bar)
            spread = max(spread, half + chance)
        needed = max(self.t.points, chance, spread)
        floor = self.model.floor(attempt)
        raised = floor + self.t.points > bar + needed
        if raised:
            needed = floor + self.t.points - bar
        figures = Figures(
            attempt.words,
            attempt.recovered,
            least,
            strongest.recovered,
            len(self.band.models),
            of=attempt.of,
            attempt=attempt,
            original=original,
            luck=bar if bar > strongest.recovered else None,
            pixels=floor if raised else None,
            line=bar + needed,
            share=share,
        )
        return Check.above(
            "recovered beyond the retrained models",
            gain,
            needed,
            gets(figures),
            width=self.t.points or 1.0,
            interval=interval,
            figures=figures,
        )

    def _way_to_the_original(
        self, attempt: Attempt, bar: float, of_bar: Interval
    ) -> tuple[float, float, float | None]:
        """Half of the way from a single retrained model to the original, its end, and the share.

        How far a second retrained model would lie from the first is not known. But neither ever saw
        the data, and the original did: so beside one a model hides something only where it is
        nearer, by more than chance, to what the original knows than to the retrained model. What
        the original knows is what it answers itself, or gives this attacker if that is more: one
        who gets less of it, as who trains fresh blocks on a picture a class, measures how well he
        trains, which varies among honest models over that whole range. Half of the way is `left`,
        the share that counts in answers. He decides nothing where the original gives him hardly
        more than the retrained model: less than `LEAST_LEAD` points, or than chance. Where there
        is no original it may have known everything.

        No number here was fitted to figures of models. Two parts of the rule were chosen on the
        pairs of retrained models in the shipped studies, for without them some of these passed:
        that half must be passed by more than chance, and that the way ends at what the original
        answers. Of ten seeds of three classes, seven of which had no part in that, none passed in
        90 ordered pairs.
        """
        theirs = self.original.attempt(attempt.key) if self.original else None
        if theirs:
            certain = difference(theirs.recovered, bar, theirs.interval, of_bar)
            if theirs.recovered - bar < LEAST_LEAD or (certain and certain[0] <= 0):
                return 100.0, theirs.recovered, None
        asked = [a for a in (self.original.attempts if self.original else ()) if not a.given]
        answers = [each.recovered for each in asked if each.attacker == "answers"]
        most = max([*answers, theirs.recovered if theirs else 0.0]) if answers else 100.0
        return (most - bar) * self.t.left / 100, most, self.t.left

    def halfway(self, attempt: Attempt, check: Check) -> bool:
        """Whether he gets more than half of the way from the band to what the original knows."""
        strongest = max(self.band.tried[attempt.key], key=lambda each: each.recovered)
        bar, of_bar = self._bar(attempt, strongest)
        return check.value > self._way_to_the_original(attempt, bar, of_bar)[0]

    def _bar(self, attempt: Attempt, strongest: Attempt) -> tuple[float, Interval]:
        """What he must pass, and its interval: the band, or luck where that gives more.

        What luck gives him he has not got from the model.
        """
        luck = self.model.luck(attempt)
        if luck and attempt.one_answer and self._of_a_point(attempt):
            luck = attempt.constant
        if luck > strongest.recovered:
            return luck, (luck, luck)
        return strongest.recovered, strongest.interval

    def _of_a_point(self, attempt: Attempt) -> bool:
        """Whether he reads a known point: the features, or the last block pooled, if the same."""
        *_, before, last = ("", "", *self.model.blocks)
        there = attempt.place in (last, "features", "logits")
        if (attempt.place, attempt.view) == (before, "pooled"):
            there = self.model.finds_the_same(attempt, last)
        try:
            return there and self.tighter().holds
        except Missing:  # nobody can say that it is none
            return True

    def perhaps_points(self) -> str:
        """What must be known to say whether some attacker got more than a point gives; else "".

        Of a single class alone, whose pictures all get one answer in any case.
        """
        try:
            self.tighter()
        except Missing as why:
            barred = (
                a.recovered - max(each.recovered for each in self.band.tried[a.key])
                for a, check in self.gained
                if not check.holds
                and a.one_answer
                and 0 < self.model.luck(a) < a.constant
                and self._of_a_point(a)
            )
            return str(why) if any(more > self.t.points for more in barred) else ""
        return ""

    def _at_the_end(self, attempt: Attempt) -> bool:
        """Whether he reads the features, or the last block's output before it is pooled to them."""
        *_, before, last = ("", "", *self.model.blocks)
        return attempt.place == last or (attempt.place == before and attempt.view == "unpooled")

    @property
    def one_class(self) -> bool:
        """Whether all forgotten pictures have one label."""
        return any(each.constant >= 100 for each in self.model.attempts)

    @property
    def hidden(self) -> list[tuple[Attempt, Check]]:
        """Those who get more than from the band, the furthest first."""
        return [(attempt, check) for attempt, check in self.gained if check.holds]

    @property
    def more(self) -> list[tuple[Attempt, Check]]:
        """Those who get more than from the band, by more than chance, and stay below the line."""
        return [
            (attempt, check)
            for attempt, check in self.gained
            if not check.holds
            and check.value > self.t.points
            and check.interval is not None
            and check.interval[0] > 0
        ]

    @property
    def original_stands_out(self) -> bool:
        """Whether the attackers that this model was under would say it of the original.

        Else that they find nothing in the model is no evidence: there was nothing to be found, or
        too few samples to find it by. What the original alone was under counts for nothing.
        """
        if self.original is None:
            return False
        same = self.original if self.model is self.original else self.original.as_tried(self.model)
        first = Questions(same, same, self.band, self.t)
        left = first.left()
        return bool(left and left.holds) or any(check.holds for _, check in first.gained)

    @property
    def undecided(self) -> list[tuple[Attempt, Check]]:
        """Beside a single retrained model: those whom another one might give as much."""
        return self.more if len(self.band.models) == 1 else []

    def depth(self) -> str | None:
        """The earliest block from which on no map gets more than from the band; None for none."""
        beyond = {attempt.place for attempt, _ in self.hidden}
        clear = None
        for name in reversed(self.model.blocks):
            if name in beyond:
                break
            clear = name
        return clear

    def below(self) -> list[Check]:
        """How far below the band the best map of the last block and the best relearning stay.

        Empty where one of the two was not tried with labelled forgotten pictures; beside a single
        retrained model, which another one may lie far below; and of a single class: an answer that
        never comes first may still come second, so that whoever knows which class is forgotten
        finds it by a threshold.
        """
        groups = [
            [a for a, _ in self.gained if self._at_the_end(a) and a.holds == "all"],
            [a for a, _ in self.gained if a.attacker == "relearning" and a.holds == "shots"],
        ]
        if not all(groups) or self.one_class or len(self.band.models) < 2:
            return []
        checks = []
        for attempts in groups:
            best = max(attempts, key=lambda each: each.recovered)
            keys = [attempt.key for attempt in attempts]
            theirs = [
                max(a.recovered for a in m.attempts if a.key in keys) for m in self.band.models
            ]
            low, high = min(theirs), max(theirs)
            less = low - best.recovered
            interval = difference(low, best.recovered, wilson(low, best.scored), best.interval)
            figures = Figures(
                best.words,
                best.recovered,
                low,
                high,
                len(self.band.models),
                of=best.of,
                attempt=best,
            )
            checks.append(
                Check.above(
                    "less than from every retrained model",
                    less,
                    max(self.t.points, less - interval[0] if interval else 0.0),
                    at_most(figures),
                    width=self.t.points or 1.0,
                    interval=interval,
                    figures=figures,
                )
            )
        return checks
