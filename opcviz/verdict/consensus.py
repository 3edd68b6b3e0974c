"""All verdicts on one method: what its seeds share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..common.records import Record, Undefined
from .check import Check
from .profile import Verdict
from .words import in_words

__all__ = ["Consensus", "consensus"]

SEEDS_FOR_HIGH = 3


@dataclass(frozen=True)
class Consensus(Record):
    """One method's verdicts over several seeds.

    Attributes:
        verdict: the words that all seeds share.
        counts: seeds by words, most frequent first ("none" for those without an answer).
        seeds: whose they are.
        confidence: high, medium or low.
        together: the attacker who gets most beyond the retrained models from all seeds together;
            where the check holds, what is hidden from each seed alone is not from all.
    """

    verdict: str | Undefined
    counts: Mapping[str, int]
    seeds: tuple[int, ...] = ()
    confidence: str = "low"
    together: Check | None = None


def consensus(results: Sequence[Verdict], together: Check | None = None) -> Consensus:
    """One method's verdicts over several seeds.

    Args:
        results: what `judge` returned, one a seed.
        together: what `together` found for these seeds.
    """
    counts = Counter(result.words for result in results)
    found = dict(counts.most_common())
    if not counts:
        return Consensus(Undefined("no seed was judged"), found)
    words = {_joined(result, together) for result in results}
    if len(words) > 1:
        told = ", ".join(f"{n} × {verdict}" for verdict, n in counts.most_common())
        return Consensus(Undefined(f"the seeds disagree: {told}"), found, together=together)
    (verdict,) = words
    if verdict == "none":
        return Consensus(Undefined("no seed has one"), found, together=together)
    low = [result.confidence is None or result.confidence.level == "low" for result in results]
    enough = len(results) >= SEEDS_FOR_HIGH
    level = ("medium" if enough else "low") if any(low) else ("high" if enough else "medium")
    level = "medium" if len(counts) > 1 else level
    if all(low):  # seeds that agree, each by a hair, may all lie on the line
        level = "low"
    return Consensus(verdict, found, confidence=level, together=together)


def _joined(result: Verdict, together: Check | None) -> str:
    """A seed's words, as all seeds together have it."""
    unseen = result.gone in ("as in retrained models", "beyond")
    gone = "hidden" if unseen and together is not None and together.holds else result.gone
    return result.place or in_words(gone, result.noticeable, result.kept)
