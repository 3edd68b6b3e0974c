"""From evidence to a profile: gone? noticeable? kept? with the numbers that decided.

The rule stands in `words.rules()`, as it is shown on screen; `_decide` is the same in code. What
lacks a figure is left without an answer, and the reason says which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from ..common.config import ConfigError
from ..common.later import later
from ..common.records import Record, Undefined
from ..results import Attempt
from .check import Check
from .dossier import FULL, Band, Dossier, Missing, lacking
from .questions import Questions
from .words import GONE, KEPT, NOTICEABLE, Thresholds, in_words

__all__ = ["Confidence", "Consensus", "Flip", "Verdict", "consensus", "judge", "no_verdict"]

FACTORS = (0.5, 2.0)  # of each threshold, in `Verdict.sensitivity`
SEEDS_FOR_HIGH = 3


@dataclass(frozen=True)
class Confidence(Record):
    """How sure a verdict is.

    Attributes:
        level: high, medium or low.
        closest: name of the closest call.
        basis: why.
    """

    level: str
    closest: str
    basis: str


@dataclass(frozen=True)
class Flip(Record):
    """A threshold that would change the verdict.

    Attributes:
        threshold: its name in `Thresholds`.
        value: what it would have to be.
        words: the verdict then.
    """

    threshold: str
    value: float
    words: str


@dataclass(frozen=True)
class Verdict(Record):
    """What the evidence on one model adds up to.

    Attributes:
        gone: one of `GONE`, or None.
        noticeable: one of `NOTICEABLE`, or None.
        kept: one of `KEPT`, or None.
        depth: the earliest block from which on no declared attacker gets more than from the band;
            None where there is none, or where it was not tried.
        furthest: the attacker who came furthest beyond the band; None where none was tried.
        band: how many retrained models there are.
        why: a sentence an answer, with the figures.
        numbers: the checks that decided.
        checks: all that were made on the way.
        notes: how to read it.
        confidence: None without a verdict.
        sensitivity: which thresholds, halved or doubled, change a word.
        missing: what an answer wants that is not there.
    """

    gone: str | None
    noticeable: str | None
    kept: str | None
    depth: str | None
    furthest: Attempt | None
    band: int
    why: str
    numbers: tuple[Check, ...]
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    confidence: Confidence | None
    sensitivity: tuple[Flip, ...]
    missing: tuple[str, ...]

    @property
    def words(self) -> str:
        """The answers in one line, as in "hidden, noticeable"; "none" without an answer."""
        return in_words(self.gone, self.noticeable, self.kept)


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


def judge(
    model: Dossier,
    original: Dossier | None,
    band: Sequence[Dossier],
    thresholds: Thresholds | None = None,
) -> Verdict:
    """The verdict on one model.

    Args:
        model: what is known of it.
        original: the same of the original of its seed; None where there is none: then something
            can be found left, or hidden, but not that all is gone.
        band: the same of the retrained models, of every seed there is; without any only whether
            the rest was kept can be told.
        thresholds: where the lines are drawn.
    """
    if model.failed:
        return no_verdict([f"{model.who}: {model.failed}"])
    if original is not None and original.failed:
        return no_verdict(["the original model"])
    others = Band([each for each in band if not each.failed])
    if original is None and not others.models:
        return no_verdict(["the original model", "a retrained model"])
    t = thresholds or Thresholds()
    found = _decide(Questions(model, original, others, t))
    # it takes ten times as long as the profile, and few look at it
    return replace(found, sensitivity=later(lambda: _flips(found, model, original, others, t)))


def _flips(
    found: Verdict, model: Dossier, original: Dossier | None, band: Band, t: Thresholds
) -> Iterator[Flip]:
    """Each threshold, halved or doubled, with which the words would be others."""
    for each in fields(Thresholds):
        for factor in FACTORS:
            value = getattr(t, each.name) * factor
            try:
                other = t.replace(**{each.name: value})
            except ConfigError:  # out of its range: no such line can be drawn
                continue
            said = _decide(Questions(model, original, band, other)).words
            if said != found.words:
                yield Flip(each.name, value, said)


def _decide(q: Questions) -> Verdict:
    """Answer the three questions."""
    missing: list[str] = []
    if q.band.models:
        gone, deciding, close = _gone(q, missing)
        noticeable, betraying = _noticeable(q, missing)
    else:  # how much any model gives away, and how it answers what it never saw, is not known
        missing.append("a retrained model")
        gone, deciding, close, noticeable, betraying = None, [], [], None, []
    kept, losing = _kept(q, missing)
    checks = [*deciding, *betraying, *losing]
    answers = [(GONE, gone, deciding), (NOTICEABLE, noticeable, betraying), (KEPT, kept, losing)]
    furthest = q.gained[0] if q.gained else None
    why = " ".join(
        _sentence(f"{table[word]}: {'; '.join(check.says for check in found[:2])}")
        for table, word, found in answers
        if word is not None and found
    )
    if gone is None:
        why = f"{why} No verdict on what is gone. Missing: {'; '.join(missing)}.".strip()
    return Verdict(
        gone=gone,
        noticeable=noticeable,
        kept=kept,
        depth=q.depth() if q.model.blocks and q.band.models else None,
        furthest=furthest[0] if furthest else None,
        band=len(q.band.models),
        why=why,
        numbers=tuple(deciding[:1] + [c for c in betraying if c.holds][:1] + losing[:1]),
        checks=tuple(checks),
        notes=_notes(q),
        confidence=_confidence(close or checks, len(q.band.models)) if gone else None,
        sensitivity=(),
        missing=tuple(dict.fromkeys(missing)),
    )


def _gone(q: Questions, missing: list[str]) -> tuple[str | None, list[Check], list[Check]]:
    """The word, the checks behind it, the first deciding, and those whose closeness counts."""
    if q.answers_nothing and q.one_class:
        missing.append(f"{q.model.who}: answers that tell a class from another")
        return None, [], []
    try:
        left = q.left()
    except Missing as why:
        missing.append(str(why))
        left = None
    if left is not None and left.holds:
        return "no", [left], [left]
    path = [left] if left else []
    if q.hidden:
        found = [check for _, check in q.hidden]
        return "hidden", [*found, *path], found[:1]
    # quick attacks are compared with quick ones; that others were under more is no lack of theirs
    missing += lacking([q.model] if FULL in q.model.lacking else [q.model, *q.band.models])
    if missing:  # only that something is left can be said without all of the evidence
        return None, path, []
    if not q.gained:
        missing.append("attacks that both this model and the retrained models were under")
        return None, path, []
    nearest = q.gained[0][1]
    below = q.below()
    if below and all(check.holds for check in below):
        return "beyond", [*below, nearest, *path], [*path, nearest, *below]
    return "as in retrained models", [nearest, *path], [*path, nearest]


def _noticeable(q: Questions, missing: list[str]) -> tuple[str | None, list[Check]]:
    try:
        signs = sorted(q.signs(), key=lambda check: -check.margin)
    except Missing as why:
        missing.append(str(why))
        return None, []
    held = [check for check in signs if check.holds]
    if not held and FULL in q.model.lacking:
        return None, signs
    return ("yes", held) if held else ("no", signs)


def _kept(q: Questions, missing: list[str]) -> tuple[str | None, list[Check]]:
    try:
        lost = q.lost()
    except Missing as why:
        missing.append(str(why))
        return None, []
    neighbour = q.neighbour()
    if lost.holds and not q.one_class_alone(neighbour):
        return "no", [lost]
    if neighbour is not None and neighbour.holds:
        return "one class harmed", [neighbour, lost]
    return "yes", [lost]


def _notes(q: Questions) -> tuple[str, ...]:
    """What else must be known to read the words."""
    notes = []
    if len(q.band.models) == 1:
        notes.append(
            "There is one retrained model and so no band: how far retraining itself varies is not "
            "known, and a further retrained model might be called hidden beside this one."
        )
    if q.model.blocks and q.hidden and (depth := q.depth()):
        notes.append(f"Maps get no more than from the retrained models from '{depth}' on.")
    if q.hidden and (absent := [*q.model.lacking]):
        notes.append(f"Not tried: {', '.join(absent)}; one attacker is enough to say hidden.")
    return tuple(notes)


def _confidence(checks: Sequence[Check], retrained: int) -> Confidence:
    """Of one seed: how far the other seeds lie from it is not known."""
    closest = min(checks, key=lambda check: (not check.close, abs(check.margin)))
    if retrained == 1:
        return Confidence("low", closest.name, "one retrained model: their spread is not known")
    if closest.close:
        return Confidence("low", closest.name, "the closest call reaches its line")
    return Confidence("medium", closest.name, "no call reaches its line; one seed")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


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
    low = any(result.confidence is None or result.confidence.level == "low" for result in results)
    enough = len(results) >= SEEDS_FOR_HIGH
    level = ("medium" if enough else "low") if low else ("high" if enough else "medium")
    level = "medium" if len(counts) > 1 else level
    return Consensus(verdict, found, confidence=level, together=together)


def _joined(result: Verdict, together: Check | None) -> str:
    """A seed's words, as all seeds together have it."""
    unseen = result.gone in ("as in retrained models", "beyond")
    gone = "hidden" if unseen and together is not None and together.holds else result.gone
    return in_words(gone, result.noticeable, result.kept)


def no_verdict(missing: Sequence[str]) -> Verdict:
    """No answer to any question, and what they want."""
    why = f"No verdict: the evidence is incomplete. Missing: {'; '.join(missing)}."
    empty: tuple[Check, ...] = ()
    return Verdict(None, None, None, None, None, 0, why, empty, empty, (), None, (), tuple(missing))
