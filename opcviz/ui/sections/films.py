"""A stored model as a film for the player: its epochs, and three bars that move with them."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...artefacts import ModelResults
from ...common.records import defined
from ...results import Attempt, EvidenceResult, InversionSummary, StrongestResult, TrainingResult
from ..charts.bands import Band
from ..charts.maps_component import Samples
from ..charts.player_component import Bar, Film, Line
from ..reading import store_reader as library
from ..reading.references import References
from ..reading.scores import Score, answers, score_of
from ..reading.store_reader import Column
from .decisive import Decisive
from .films_rebuilt import ASIDE, closer, inverted, masked, means, never, rebuilt_of, searches
from .films_taken import of_samples, taken
from .plainly import decided_plainly, fm_attempt, price, why_another
from .verdicts import chips, decided

__all__ = [
    "ANSWERS",
    "BAR",
    "EXPLAIN",
    "FIT",
    "FULL",
    "MEMBER",
    "NO_GRADIENT",
    "REBUILT",
    "RESTORES",
    "Levels",
    "beside_bar",
    "film",
    "in_words",
    "levels",
    "lines",
    "measured",
    "of_bar",
    "of_samples",
    "rebuilt_of",
    "watched",
]

FIT = "retain"  # the attacker who never holds a forgotten picture
MOST_DECIBELS = 60.0
ANSWERS, RESTORES, REBUILT = "Answers right", "An attacker restores", "Pictures rebuilt"
MEMBER = "Taken for seen (membership AUC)"
FULL = 99.95  # percent, shown as 100
LAST = "a linear map of the last layer"
HOLDS = f"{LAST}, given kept pictures only"
ON = {
    "forget_test": "test pictures",
    "forget_train": "training pictures",
    "cross-fitted": "pictures left out of the fit",
}
"""The pictures of a score, in words."""
OWN = "forget_accuracy"
LIVE = ("fm_retain_accuracy", "fm_accuracy")
"""Of the history: the attacker of the bars, and who stands in for them where that was not kept."""
BAR = "The bar's"
EXPLAIN = {
    ANSWERS: "What the network names; green is the goal.",
    RESTORES: "How many an attacker names right again: memory is only what exceeds green.",
    MEMBER: "How well a test tells them from pictures never seen; 0.5 is guessing.",
    REBUILT: "From its gradient, which gives away pictures it never saw, too: memory is only what "
    "exceeds green.",
}
"""How to read each bar."""
NO_GRADIENT = "Where no gradient reaches the body this search finds nothing: that is no forgetting."


@dataclass(frozen=True)
class Levels:
    """What the bars and curves of every model are drawn beside."""

    answers: Band | None
    restores: Band | None
    rebuilt: Band | None
    retrained: Sequence[ModelResults] = ()
    marks: tuple[tuple[str, float], ...] = ()

    def now(self, name: str) -> Band | None:
        """The band of a figure of the epochs: on training pictures, as retrained models ended.

        Args:
            name: of the figure in the history; one that no retrained model has gives None.
        """
        ends = (each.training.history[-1:] for each in self.retrained)
        last = [dict(each) for end in ends for each in end if isinstance(each, Mapping)]
        return Band.of(each.get(name) for each in last)

    def chart(self, history: Sequence[object]) -> dict[str, Any]:
        """What curves are drawn beside: of another attacker the band would be another."""
        if _known([dict(each) for each in history if isinstance(each, Mapping)]):
            return {"band": self.now(LIVE[0]), "marks": self.marks}
        return {"marks": tuple(mark for mark in self.marks if mark[0] == "constant")}


def levels(references: References) -> Levels:
    """The band of the retrained models of a study, for each bar, and the floors."""
    scores = [_scores(each) for each in references.retrained]
    first = next(iter(references.retrained), None)
    return Levels(
        Band.of(own.value for own, _ in scores),
        Band.of(after.value for _, after in scores),
        references.band(InversionSummary, lambda found: found.psnr),
        references.retrained,
        _marks(scores[0][1], first) if first is not None else (),
    )


def film(
    column: Column,
    samples: Samples,
    beside: Levels,
    *,
    title: str = "",
    explain: bool = False,
    color: str = "",
    decisive: Decisive | None = None,
) -> Film:
    """One stored model.

    Args:
        column: the model with its verdict.
        samples: the probe set.
        beside: what its figures are compared with.
        title: its name; that of its column where none is given.
        explain: whether a line below each bar says how to read it.
        color: the model's own.
        decisive: the attack whose figure the bar of restored pictures ends with; None: FM's, with
            kept pictures only. While it plays the bar is of that one: it is followed by epoch.
    """
    kept, history = library.trajectory(column.model), column.model.training.history
    title = title or column.label
    exact = beside_bar(column, decided(column.verdict), decisive)
    shell = Film(
        title,
        reason="No epochs to play.",
        chips=_ended(column.model.training) or chips(column.verdict),
        why=in_words(column, decisive) or exact,
        why_exactly=exact,
        bars=_bars(column, beside, kept, explain, decisive),
        color=color,
    )
    if reason := _no_film(column, kept, samples):
        return replace(shell, reason=reason)
    return replace(
        shell,
        reason="",
        points=kept["points"],
        last=len(kept["points"]) - 1,
        groups=kept.get("groups"),
        rebuilt=rebuilt_of(kept, samples),
        lines=lines(history, color),
        drawn_on=ON["forget_train"],
        **beside.chart(history),
    )


def beside_bar(column: Column, said: str, decisive: Decisive | None = None) -> str:
    """Who decided, and why the bar of the attacker below shows another figure.

    Args:
        column: the model with its verdict.
        said: who decided; empty without a verdict, which then needs no more.
        decisive: the attack of the bar, as in `film`.
    """
    first = column.verdict.numbers[0].figures if said else None
    if first is not None and not of_samples(column.results):  # there membership is the bar
        said += f" {why_another(first.attempt, of_bar(column, decisive), BAR)}"
    return said.strip().replace(" %", "\N{NO-BREAK SPACE}%")  # which begins no line


def in_words(column: Column, decisive: Decisive | None) -> str:
    """The same for a reader who knows none of the field's words; empty where they are needed."""
    told = decisive is not None and decisive.on(column.results)  # the bar says whose it is
    beside = None if told or of_samples(column.results) else of_bar(column, decisive)
    return decided_plainly(column.verdict, beside, BAR).replace(" %", "\N{NO-BREAK SPACE}%")


def of_bar(column: Column, decisive: Decisive | None) -> Attempt | None:
    """The attack of a model's bar at the end; None where it was not made."""
    made = decisive.on(column.results) if decisive else None
    return made or fm_attempt(column.results, FIT)


def watched(values: Sequence[dict[str, float | None]], beside: Levels) -> tuple[Bar, ...]:
    """The bars of a model that still trains, of which nothing is stored yet.

    Args:
        values: its live numbers, one table an epoch.
        beside: what they are compared with.
    """
    if not values:
        return ()
    return (
        Bar(ANSWERS, _series(values, OWN), **_now(beside.now(OWN))),
        Bar(
            RESTORES,
            _attacked(values),
            **_now(beside.chart(values).get("band"), f"{LAST}, given {measured(values)}"),
        ),
    )


def _now(band: Band | None, who: str = "") -> dict[str, Any]:
    """What a bar's moving values stand beside: bands of the same pictures alone."""
    return {"band_now": band, "words_now": "; ".join(filter(None, (who, never(band))))}


def measured(history: Sequence[object]) -> str:
    """Which attacker the moving bar is of, for a person."""
    if _known([dict(each) for each in history if isinstance(each, Mapping)]):
        return "kept pictures only"
    return "all pictures, the forgotten ones among them"


def lines(history: Sequence[object], color: str) -> tuple[Line, ...]:
    """The curves of a run: what it answers, and what the attacker who is followed restores."""
    found = [dict(each) for each in history if isinstance(each, Mapping)]
    given = "" if _known(found) else ", given all pictures,"
    who = f"{LAST}{given} restores"
    return (
        Line(who, _attacked(found), color),
        Line("answers right", _series(found, "forget_accuracy"), "", "6 4"),
    )


def _series(history: Sequence[dict[str, float | None]], name: str) -> list[float | None]:
    return [each.get(name) for each in history]


def _attacked(history: Sequence[dict[str, float | None]]) -> list[float | None]:
    """One attacker's figures from the first epoch to the last: never two in one line."""
    return _series(history, LIVE[0] if _known(history) else LIVE[1])


def _known(history: Sequence[dict[str, float | None]]) -> bool:
    """Whether the attacker of the bars was followed through the epochs."""
    return any(each.get(LIVE[0]) is not None for each in history)


def _ended(training: TrainingResult) -> str:
    """That a training left no model, as a label; HTML."""
    return "" if training.status == "finished" else html.escape(f"no model: {training.reason}")


def _no_film(column: Column, kept: dict[str, np.ndarray], samples: Samples) -> str:
    if "points" not in kept:
        if column.model.training.status != "finished":
            return f"There is no model: {column.model.training.reason}."
        return "No epochs were kept of this model. Run it again in the lab to see it move."
    if not np.array_equal(kept["ids"], samples.ids):
        return "Its epochs were kept for another probe set. Run it again to see it move."
    return ""


def _scores(results: ModelResults) -> tuple[Score, Score]:
    """What the model answers, and what the attacker restores, on the same pictures."""
    after = score_of(library.fit_of(results, "fm", FIT), FIT)
    return answers(results.get(EvidenceResult), after), after


def _marks(after: Score, results: ModelResults) -> tuple[tuple[str, float], ...]:
    """The constant answer, and the best map from pixels alone, on the attacker's scale."""
    ladder = results.get(StrongestResult)
    floor = ladder.floor(FIT) if defined(ladder) else None
    found = (("constant", after.constant), ("pixels", floor.attempt.recovered if floor else None))
    return tuple((name, value) for name, value in found if value is not None)


def _bars(
    column: Column,
    beside: Levels,
    kept: dict[str, np.ndarray],
    explain: bool,
    decisive: Decisive | None = None,
) -> tuple[Bar, ...]:
    own, after = _scores(column.results)
    history = [dict(each) for each in column.model.training.history]

    def bar(name: str, **about: object) -> Bar:
        return Bar(name, explain=EXPLAIN[name] if explain else "", **about)  # type: ignore[arg-type]

    found = column.results.get(InversionSummary)
    psnr = kept.get("rebuilt_psnr")
    levels_of = masked(found) or never(beside.rebuilt, " dB", 0)
    rebuilt = bar(
        REBUILT,
        values=[] if psnr is None else means(psnr),
        **inverted(found),
        unit=" dB",
        high=MOST_DECIBELS,
        band=beside.rebuilt,
        words=f"{ASIDE}; {levels_of}{closer(column, kept, found)}",
        words_now=f"{ASIDE}; no band: of retrained models only full searches were made",
        on=searches(psnr, found),
    )
    if explain and defined(found) and found.without_body_gradient:
        rebuilt = replace(rebuilt, explain=NO_GRADIENT)
    answered = bar(
        ANSWERS,
        values=_series(history, OWN),
        final=own.value,
        none=own.reason or "not measured",
        band=beside.answers,
        words=never(beside.answers) + price(column.results),
        on=_on(own),
        **_now(beside.now(OWN)),
    )
    restored = bar(
        RESTORES,
        # of another attacker than the final figure, the band and the marks: not drawn at all
        values=_attacked(history) if _known(history) else [],
        final=after.value,
        none=after.reason or "not measured",
        band=beside.restores,
        marks=_marks(after, column.results),
        words=f"{_useless(after) or HOLDS}; {never(beside.restores)}",
        on=_on(after),
        **_now(beside.now(LIVE[0]), HOLDS),
    )
    if decisive and (made := decisive.on(column.results)):
        restored = decisive.ends(restored, made)
    if not of_samples(column.results):
        return answered, restored, rebuilt
    return answered, restored, bar(MEMBER, **taken(column.results, beside.retrained)), rebuilt


def _on(score: Score) -> tuple[str, str]:
    """The pictures of a bar while the film plays, and in the end."""
    count = "" if score.scored is None else f"{score.scored:,} "
    return ON["forget_train"], "" if score.value is None else f"{count}{ON[score.on]}"


def _useless(after: Score) -> str:
    """That the bar can show nothing, where one answer for all pictures scores as much."""
    if after.constant is None or after.constant < FULL:
        return ""
    return "proves nothing: one answer for all scores 100 %, too"
