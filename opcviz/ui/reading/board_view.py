"""What of the scoreboard is shown, and in which order: pure functions of the choices of a link."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...verdict import GONE, Consensus
from ...verdict.words import in_words
from .board import Board, Line, Measure

__all__ = [
    "BEST_FIRST",
    "BY_VERDICT",
    "FIRST_GROUPS",
    "GONE_IN_WORDS",
    "NAME",
    "NO_VERDICT",
    "SortBy",
    "gone_words",
    "hall_measures",
    "kept",
    "most_is_best",
    "ordered",
    "shown_measures",
]

FIRST_GROUPS = ("accuracy", "worst", "relearning", "membership", "separability")
"""Groups of columns that are shown where nobody chose."""

HALL_MEASURES = (
    *("worst", "worst-retain-only", "ta"),
    *("dimra-genuine", "address-genuine", "fd"),
    *("f-of-s", "least-f-under-dimra", "s-error-kept"),
)
"""What decides whether it is gone and whether the rest is kept: all that a hall can read."""

HALL_COLUMNS = 3

NO_VERDICT = "no verdict"
NOTICED = in_words(None, "yes", None)
GONE_IN_WORDS = {key: in_words(key, None, None) for key in GONE} | {NO_VERDICT: NO_VERDICT}
"""The answers to whether it is gone, as a verdict's words begin."""

BY_VERDICT = "verdict"
"""What the rows are sorted by where nobody chose."""

BEST_FIRST = ("beyond", "as in retrained models", "hidden", NO_VERDICT, "no")
"""Answers to whether it is gone, the one that speaks most for forgetting first."""

NAME = "method"
"""What the rows are sorted by where the head of the first column was pressed."""


@dataclass(frozen=True)
class SortBy:
    """A column and a direction.

    Attributes:
        key: of a measure, `method` for the names, `verdict`; empty for the study's own order.
        down: greatest first.
    """

    key: str = ""
    down: bool = False

    @classmethod
    def read(cls, word: str) -> SortBy:
        """From a link: `worst`, or `-worst` for the greatest first."""
        return cls(word.lstrip("-"), word.startswith("-"))

    @property
    def word(self) -> str:
        """As a link has it."""
        return f"-{self.key}" if self.key and self.down else self.key

    def pressed(self, key: str, *, most: bool = False) -> SortBy:
        """After the head of a column was pressed: best first, worst first, and as at first.

        Args:
            key: of the column.
            most: whether the greatest is the best; see `most_is_best`.
        """
        if key != self.key:
            return SortBy(key, down=most)
        return SortBy(key, down=not most) if self.down == most else SortBy()


def most_is_best(board: Board, key: str) -> bool:
    """Whether the greatest figures of a column are the best.

    Where the goal is what retrained models have, the best lies farthest from memory: of what is
    answered wrong that is the most, of what attackers get back the least.

    Args:
        board: with the columns.
        key: of a measure, or of the names, which begin with A.
    """
    measure = board.measure(key)
    return measure is not None and measure.words.better == "more"


def ordered(
    lines: Sequence[Line],
    by: SortBy,
    judged: Mapping[str, Consensus] | None = None,
    beyond: Mapping[str, float] | None = None,
) -> list[Line]:
    """Rows in order; fixed ones stay at the top, those without a number come last either way.

    Args:
        lines: of a board.
        by: what to sort by; lines that are equal keep the study's order.
        judged: verdicts by line's key; until all are made, none sorts: rows would jump.
        beyond: by line's key how far the figure that decided lies beyond its line; the least first.
    """
    fixed = [line for line in lines if line.fixed]
    rest = [line for line in lines if not line.fixed]
    if not by.key or (by.key == BY_VERDICT and any(x.key not in (judged or {}) for x in rest)):
        return [*fixed, *rest]
    if by.key == BY_VERDICT:
        known_all = judged or {}

        def rank(line: Line) -> tuple[int, bool, float]:
            said = gone_words(known_all[line.key])
            worst = max((BEST_FIRST.index(word) for word in said), default=len(BEST_FIRST))
            seen = any(NOTICED in words.split(", ") for words in known_all[line.key].counts)
            return worst, seen, (beyond or {}).get(line.key, math.inf)

        return [*fixed, *sorted(rest, key=rank, reverse=by.down)]
    if by.key == NAME:
        rest.sort(key=lambda line: line.title.casefold(), reverse=by.down)
        return [*fixed, *rest]
    known = [(cell.mean, line) for line in rest if (cell := line.cells.get(by.key))]
    without = [line for line in rest if not line.cells.get(by.key)]
    known.sort(key=lambda each: each[0], reverse=by.down)
    return [*fixed, *(line for _, line in known), *without]


def kept(
    lines: Sequence[Line],
    *,
    find: str = "",
    families: Sequence[str] = (),
    gone: Sequence[str] = (),
    judged: Mapping[str, Consensus] | None = None,
) -> list[Line]:
    """Rows that a filter lets through; fixed ones always.

    Args:
        lines: of a board.
        find: words that must stand in title, name or family, in any case.
        families: of which one must be theirs; empty for all.
        gone: answers to whether it is gone, of `gone_words`, of which a seed must have one.
        judged: verdicts by line's key; what is not judged yet has no answer.
    """
    words = find.casefold().split()

    def passes(line: Line) -> bool:
        text = f"{line.title} {line.method} {line.family}".casefold()
        answers = gone_words((judged or {}).get(line.key))
        return (
            all(word in text for word in words)
            and (not families or line.family in families)
            and (not gone or bool(answers.keys() & set(gone)))
        )

    return [line for line in lines if line.fixed or passes(line)]


def gone_words(consensus: Consensus | None) -> dict[str, int]:
    """What the seeds say of whether it is gone, with how many do: keys of `GONE_IN_WORDS`.

    What all seeds together show counts for all of them.
    """
    if consensus is None:
        return {}
    if isinstance(consensus.verdict, str):
        return {_first(consensus.verdict): sum(consensus.counts.values())}
    found: dict[str, int] = {}
    for words, count in consensus.counts.items():
        found[_first(words)] = found.get(_first(words), 0) + count
    return found


def _first(words: str) -> str:
    spoken = {GONE_IN_WORDS[key]: key for key in GONE}
    return spoken.get(words.split(",")[0], NO_VERDICT)


def shown_measures(board: Board, groups: Sequence[str]) -> list[Measure]:
    """The columns of some groups, in the board's order; if none is named, of `FIRST_GROUPS`."""
    named = [key for key in groups if key in board.groups]
    wanted = named or [key for key in FIRST_GROUPS if key in board.groups] or list(board.groups)
    return [each for each in board.measures if each.group in wanted]


def hall_measures(board: Board, groups: Sequence[str]) -> list[Measure]:
    """The few columns that fit on a wall.

    Args:
        board: with all of them.
        groups: that a link asks for; empty for those that decide.
    """
    shown = shown_measures(board, groups)
    deciding = [each for each in board.measures if each.key in HALL_MEASURES]
    return (shown if groups or not deciding else deciding)[:HALL_COLUMNS]
