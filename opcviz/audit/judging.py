"""What a pipeline may be stopped by: the words of a profile that count as failure."""

from __future__ import annotations

from collections.abc import Sequence

from ..common.config import ConfigError
from ..verdict import Verdict

__all__ = ["FAILURES", "failures", "read_failures"]

FAILURES = {
    "not-gone": "some of what it knew is left in its answers, or in membership",
    "hidden": "an attacker gets back more than from any retrained model, or it is not even gone",
    "noticeable": "the forgotten data stand out",
    "damaged": "the rest was not kept",
    "unknown": "a question has no answer",
}
"""By the word of `--fail-on`: what fails."""


def read_failures(text: str) -> tuple[str, ...]:
    """The words in `hidden,damaged`.

    Raises:
        ConfigError: for another word, or for none.
    """
    words = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if text and not words:
        raise ConfigError(f"--fail-on: '{text}' names nothing; it may be {', '.join(FAILURES)}")
    for word in words:
        if word not in FAILURES:
            raise ConfigError(f"--fail-on: '{word}' is not one of {', '.join(FAILURES)}")
    return words


def failures(verdict: Verdict, words: Sequence[str]) -> list[str]:
    """Those of the words that hold of a verdict.

    A model of which something is plainly left fails `hidden`, too: it is worse.
    """
    holds = {
        "not-gone": verdict.gone == "no",
        "hidden": verdict.gone in ("no", "hidden"),
        "noticeable": verdict.noticeable == "yes",
        "damaged": verdict.kept in ("no", "one class harmed"),
        "unknown": None in (verdict.gone, verdict.noticeable, verdict.kept),
    }
    return [word for word in words if holds[word]]
