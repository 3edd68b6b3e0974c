"""Choices that a link keeps beside study, models, map and selection; one line each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...common.config import settings_of
from ...results import FIT_SETS
from ...study.bench_job import Search

__all__ = ["OPTIONS", "Option"]

LONGEST = 400  # characters of a choice in words
DIGITS = 6  # of a number: longer ones are no count of anything here, and Python may refuse them


@dataclass(frozen=True)
class Option:
    """A choice that a link keeps beside what is shown, as one word.

    Attributes:
        default: where nobody chose; an address leaves it out.
        valid: whether a word is one of its values.
        wanted: what is, for a person.
    """

    default: str
    valid: Callable[[str], bool]
    wanted: str

    @classmethod
    def of(cls, *words: str) -> Option:
        """One of several words, the first being the default."""
        return cls(words[0], words.__contains__, f"one of {', '.join(words)}")

    @classmethod
    def count(cls) -> Option:
        """A whole number from 0 on, or nothing."""
        return cls("", lambda word: not word or _whole(word), "a whole number below a million")

    @classmethod
    def amount(cls) -> Option:
        """A number from 0 on, or nothing."""

        def valid(word: str) -> bool:
            return not word or re.fullmatch(r"\d{1,9}(\.\d{1,9})?(e[+-]?\d\d?)?", word) is not None

        return cls("", valid, "a number from 0 on, as 0.001 or 1e-05")

    @classmethod
    def names(cls, least: int, most: int) -> Option:
        """Names separated by commas, so many of them, or nothing."""

        def valid(word: str) -> bool:
            names = word.split(",")
            fit = all(name.isidentifier() for name in names) and len(set(names)) == len(names)
            return not word or (fit and least <= len(names) <= most)

        return cls("", valid, f"{least} to {most} names, separated by commas")

    @classmethod
    def some(cls, *words: str) -> Option:
        """Any of several words, with commas between them; by default none."""
        wanted = f"some of {', '.join(words)}, with commas between them"
        return cls("", lambda word: not word or set(word.split(",")) <= set(words), wanted)

    @classmethod
    def text(cls) -> Option:
        """Whatever a page makes of it, which knows what there is; nothing at first."""
        return cls("", lambda word: len(word) <= LONGEST, f"at most {LONGEST} characters")

    @classmethod
    def numbers(cls) -> Option:
        """Whole numbers with commas between, or nothing."""
        each = "whole numbers with commas between"
        return cls("", lambda word: not word or all(map(_whole, word.split(","))), each)


def _whole(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= DIGITS


def _word_of_search(field: str) -> Option:
    """A setting of the inversion bench that is one of several words."""
    return Option.of(*map(str, settings_of(Search)[field].choices or ()))


OPTIONS = {
    # every page
    "explain": Option.of("off", "on"),
    "present": Option.of("off", "on"),
    "row": Option.count(),
    "chapter": Option.count(),
    "tour": Option.count(),
    # Side by side
    "fit": Option.of("retain", *(name for name in FIT_SETS if name != "retain")),
    "ridge": Option.amount(),
    "step": Option.count(),
    "follow": Option.of("off", "on"),
    # Feature space, and the panel of what is selected
    "scene": Option.of("finished", "epochs", "3d"),
    "colour": Option.of("class", "answer", "confidence", "restored"),
    "scale": Option.of("own", "same"),
    "epoch": Option.count(),
    "only": Option.some("forgotten", "kept", "changed", "restored", "member"),
    "sort": Option.of("probe", "class", "moved", "confidence"),
    # Clients that leave
    "round": Option.count(),
    # Race
    "race": Option.names(1, 4),  # of one while another is being chosen
    # Inversion
    "pictures": Option.numbers(),
    "block": Option("", lambda word: re.fullmatch(r"[\w.-]*", word) is not None, "a block's name"),
    "objective": _word_of_search("objective"),
    "start": _word_of_search("start"),
    "steps": Option.count(),
    "restarts": Option.count(),
    "slope": Option.of("off", "on"),
    # Scoreboard, and the table of measures
    "by": Option.text(),
    "find": Option.text(),
    "family": Option.text(),
    "gone": Option.text(),
    "groups": Option.text(),
    "ticks": Option.text(),
    "x": Option.text(),
    "y": Option.text(),
    "order": Option.text(),
}
"""Every such choice, by its name in the address."""
