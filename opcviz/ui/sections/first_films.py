"""The two films of the first page: a method that hides and one that goes deep, on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...study import StudyResult
from ..charts.bands import Band
from ..charts.player_component import ALONE, Bar, Film, player
from ..reading import store_reader as library
from ..reading.contrast import Pair
from ..reading.references import References
from ..reading.scores import score_of
from ..reading.store_reader import Column
from .decisive import Decisive
from .films import (
    ANSWERS,
    EXPLAIN,
    FIT,
    MEMBER,
    NO_GRADIENT,
    REBUILT,
    RESTORES,
    beside_bar,
    film,
    in_words,
    levels,
    measured,
)
from .films_rebuilt import BEGUN, WHY_CLOSER, rebuilt_plainly
from .paint import paint
from .plainly import plainly
from .verdicts import decided_in_short, seeds_line

__all__ = ["FIGURES", "FILM", "films", "over_seeds"]

EXPLAIN_PAGE = (
    "A dot is a picture in the last layer; near the cross, the origin, features say least. Two "
    "directions of many are drawn: what lies together here can lie apart."
)
UNDER, EDGE = 56, 10  # pixels of the exits with the gap above them; of a slide's edge
FILM, FIGURES = ALONE, "figures"  # what either slide has room for


def films(
    study: StudyResult,
    shown: Sequence[Column],
    beside: References,
    pair: Pair,
    *,
    explain: bool,
    part: str = "",
) -> None:
    """The films of the pair, with three bars below each.

    Args:
        study: on the page.
        shown: the models that play.
        beside: what they are compared with.
        pair: how they were chosen.
        explain: whether it is said how to read them.
        part: of the player, for a slide.
    """
    samples, _ = library.samples(study)
    colors, band = paint(shown), levels(beside)
    playing, ended, alike = _notes(shown)
    decisive = Decisive.first(column.verdict for column in shown)
    made = [
        _short(
            film(
                column,
                samples,
                band,
                title=column.model.title,
                color=colors[column.label],
                decisive=decisive,
            ),
            over_seeds(study, column, decisive),
            alike=alike,
            explain=explain and not part,
        )
        for column in shown
    ]
    told = {"": (EXPLAIN_PAGE, *_apart(made), *pair.why), FILM: (EXPLAIN_PAGE,)}
    player(
        [
            replace(
                each,
                about=plainly(column.model.method),
                why=words or exact,
                why_exactly=exact,
                how=" ".join(_more(column, exact if words else "")) if explain and not part else "",
            )
            for each, column in zip(made, shown, strict=True)
            for exact, words in [(_decider(column, decisive), in_words(column, decisive))]
        ],
        samples,
        key=f"first.{study.place}",
        autoplay=True,
        note=playing,
        end_note=ended,
        under=EDGE if part else UNDER,
        part=part,
        explain=" ".join(told.get(part, _apart(made))) if explain or part else "",
    )


def over_seeds(study: StudyResult, column: Column, decisive: Decisive | None = None) -> Band | None:
    """What the attacker of the bar restores of all seeds of a method; None of one seed alone."""
    mine = column.model
    same = [m for m in study.models if (m.method, m.suite) == (mine.method, mine.suite)]
    made = [decisive.on(m.results) if decisive else None for m in same]
    if any(made):
        found = Band.of(each.recovered if each else None for each in made)
    else:
        found = Band.of(score_of(library.fit_of(m.results, "fm", FIT), FIT).value for m in same)
    return found if found and found.models > 1 else None


def _short(made: Film, seeds: Band | None, *, alike: bool, explain: bool) -> Film:
    """As much of a film as there is room for: Race shows the rest.

    Of single pictures answers are right in networks that never saw them, too: what an attacker
    restores tells nothing there, and the test of membership takes its place.
    """
    tested = any(bar.name == MEMBER for bar in made.bars)
    bars = [
        _told(bar, alike, explain) for bar in made.bars if not (tested and bar.name == RESTORES)
    ]
    bars = [_with_seeds(bar, seeds) if seeds and bar.name == RESTORES else bar for bar in bars]
    return replace(made, bars=tuple(bars), lines=(), rebuilt=None)


def _told(bar: Bar, alike: bool, explain: bool) -> Bar:
    """How to read it, if asked; its pictures, unless they are those that are told below."""
    if bar.name == REBUILT and bar.final is not None:
        exactly = "; ".join(filter(None, (bar.on[1], bar.words)))
        words = rebuilt_plainly(bar.final, dict(bar.marks).get("constant"), bar.band)
        bar = replace(bar, words=words, on=(bar.on[0], ""), exactly=exactly)
    same = alike and bar.name in (ANSWERS, RESTORES)
    how = NO_GRADIENT if "no gradient" in bar.none else EXPLAIN.get(bar.name, "")
    return replace(bar, on=("", "") if same else bar.on, explain=how if explain else "")


def _with_seeds(bar: Bar, seeds: Band) -> Bar:
    """The spread over seeds in small, beside the figure of the seed that is shown."""
    low, high = (f"{value:.1f}".removesuffix(".0") for value in (seeds.low, seeds.high))
    span = low if low == high else f"{low} to {high}"
    how = f" Thin line: all {seeds.models} seeds, {span} %."
    return replace(
        bar,
        seeds=seeds,
        words=f"{bar.words}; {seeds.models} seeds: {span} %",
        explain=f"{bar.explain}{how}" if bar.explain else "",
    )


def _apart(made: Sequence[Film]) -> tuple[str, ...]:
    """Why the search of the film can come closer than the one of its bar, where it did."""
    closer = any(BEGUN in bar.exactly for each in made for bar in each.bars)
    return (WHY_CLOSER,) if closer else ()


def _decider(column: Column, decisive: Decisive | None) -> str:
    """The attacker and the figures that decided, as short as a panel has room for.

    They are of the last epoch, which may not be the one on the screen.
    """
    said = decided_in_short(column.verdict)
    told = f"At the end, {said[0].lower()}{said[1:]}" if said else ""
    return beside_bar(column, told, decisive)


def _more(column: Column, exact: str) -> list[str]:
    """What explanations add below the bars: the field's own words, and what other seeds say."""
    line = seeds_line(column.consensus)
    seeds = f"{line}.".replace("**", "") if line else ""
    told = exact.replace("At the end, d", "In the field's words: d", 1)
    return [each for each in (told, seeds) if each]


def _notes(shown: Sequence[Column]) -> tuple[str, str, bool]:
    """On which pictures the numbers are, while it plays and at the end; whether that is of all."""
    after = [score_of(library.fit_of(c.results, "fm", FIT), FIT) for c in shown]
    who = {measured(c.model.training.history) for c in shown}
    playing = f"Now: training pictures, attacker with {' or '.join(sorted(who))}."
    scored = {(each.scored, each.on) for each in after if each.scored}
    seed = f"seed {shown[0].model.seed}"
    if len(scored) != 1:
        return playing, f"At the end: the stored evidence, {seed}.", False
    ((count, on),) = scored
    if on != "forget_test":  # not all bars are of the same pictures: each says of which
        return playing, f"At the end: {count:,} forgotten pictures, {seed}.", False
    return playing, f"At the end: {count:,} forgotten test pictures, {seed}.", True
