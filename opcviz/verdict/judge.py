"""From evidence to one of six words, with the numbers that decided and what came closest.

The rule stands in `verdict_rules.rules()`, as it is shown on screen; `_decide` is the same in code,
a step a line. A step that lacks a figure ends the matter without a verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.records import Record, Undefined
from .evidence import Examined, Missing, Reader
from .rules import VERDICTS, Check, Thresholds
from .steps import Steps

__all__ = ["Confidence", "Consensus", "Verdict", "consensus", "judge", "no_verdict"]

CONFIDENCE = ("low", "medium", "high")


@dataclass(frozen=True)
class Confidence(Record):
    """How sure a verdict is.

    Attributes:
        level: high, medium or low.
        closest: name of the closest call.
        basis: intervals, or the distance to the thresholds.
    """

    level: str
    closest: str
    basis: str


@dataclass(frozen=True)
class Verdict(Record):
    """What the evidence on one model adds up to.

    Attributes:
        verdict: one of `VERDICTS`, or None.
        level: of a deep one, "like retraining" or "beyond retraining", else None.
        why: two or three sentences.
        numbers: the one to three checks that decided.
        checks: all that were made on the way, in order.
        also: what holds besides, in the words of `VERDICTS`.
        notes: how to read it.
        confidence: None without a verdict.
        missing: what a verdict wants; empty with one.
    """

    verdict: str | None
    level: str | None
    why: str
    numbers: tuple[Check, ...]
    checks: tuple[Check, ...]
    also: tuple[str, ...]
    notes: tuple[str, ...]
    confidence: Confidence | None
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Consensus(Record):
    """One method's verdicts over several seeds.

    Attributes:
        verdict: the one that all seeds share.
        counts: seeds by verdict, most frequent first ("none" for those without one).
        seeds: whose they are.
    """

    verdict: str | Undefined
    counts: Mapping[str, int]
    seeds: tuple[int, ...] = ()


def judge(
    model: Examined | None,
    original: Examined | None,
    retrained: Examined | None,
    thresholds: Thresholds | None = None,
    *,
    sizes: Mapping[str, int] | None = None,
    membership: tuple[float, float, float] | None = None,
) -> Verdict:
    """The verdict on one model.

    Args:
        model: what is known of it.
        original, retrained: the same of the two references, of the same seed.
        thresholds: where the lines are drawn.
        sizes: samples in `forget_train` and `retain_test`, for intervals of the accuracies.
            Intervals stored with recovered accuracies are used as they are.
        membership: AUC in 0..1 of telling forget samples from unseen ones as members, of the
            model, the original and the retrained; where samples and not classes are forgotten,
            accuracy alone often cannot tell.
    """
    known = dict(sizes or {})
    steps = Steps(
        Reader("this model", model, known),
        Reader("the original model", original, known),
        Reader("the retrained model", retrained, known),
        thresholds or Thresholds(),
        membership,
    )
    try:
        return _decide(steps)
    except Missing as missing:
        return no_verdict(list(dict.fromkeys([str(missing), *_all_missing(steps)])))


def consensus(results: Sequence[Verdict]) -> Consensus:
    """One method's verdicts over several seeds.

    Args:
        results: what `judge` returned, one a seed.
    """
    counts = Counter(result.verdict or "none" for result in results)
    found = dict(counts.most_common())
    if not counts:
        return Consensus(Undefined("no seed was judged"), found)
    if len(counts) > 1:
        told = ", ".join(f"{n} × {verdict}" for verdict, n in counts.most_common())
        return Consensus(Undefined(f"the seeds disagree: {told}"), found)
    (verdict,) = counts
    return Consensus(Undefined("no seed has one") if verdict == "none" else verdict, found)


def _decide(steps: Steps) -> Verdict:
    """Walk through the rule.

    Raises:
        Missing: naming the first figure that is needed and not there.
    """
    for reader in steps.readers:
        reader.check()
    lost, neighbour, left, worse = steps.lost(), steps.neighbour(), steps.left(), steps.worse()
    over = [check for check in (worse, neighbour, steps.shunned()) if check is not None]
    also = []
    if left is not None and left.holds:
        also.append("not forgotten")

    if lost.holds and not steps.one_class_alone(neighbour):
        also += ["over-forgotten"] if any(check.holds for check in over) else []
        return _say("damaged", [lost], [lost], also + _comes_back(steps))
    if left is not None and left.holds:
        return _say("not forgotten", [left], [lost, left])
    if held := [check for check in over if check.holds]:
        path = held if left is None else [left, *held]
        return _say("over-forgotten", held, path, _comes_back(steps))
    if left is None:  # asked last: to be worse than retraining needs no lead of the original
        raise Missing(steps.unresolved())
    recovered = max(steps.recovered(), steps.answers(), key=lambda check: check.margin)
    path = [lost, left, *over, recovered]
    if recovered.holds:
        return _say("shallow", [left, recovered], path)
    signs = steps.signs()
    path.append(max(signs, key=lambda check: check.margin))
    level, notes = steps.level(), steps.notes()
    if held := [check for check in signs if check.holds]:
        return _say("deep but conspicuous", [recovered, *held], path, level=level, notes=notes)
    return _say("deep", [left, recovered, path[-1]], path, level=level, notes=notes)


def _comes_back(steps: Steps) -> list[str]:
    try:
        return ["shallow"] if steps.recovered().holds else []
    except Missing:
        return []


def _say(
    verdict: str,
    numbers: list[Check],
    path: list[Check],
    also: Sequence[str] = (),
    *,
    level: str | None = None,
    notes: Sequence[str] = (),
) -> Verdict:
    """The verdict with all that belongs to it."""
    title = f"{verdict}, {level}" if level else verdict
    sentences = [f"{title}: {VERDICTS[verdict]}", *(check.says for check in numbers)]
    return Verdict(
        verdict=verdict,
        level=level,
        why=" ".join(f"{each[0].upper()}{each[1:]}." for each in sentences),
        numbers=tuple(numbers),
        checks=tuple(path),
        also=tuple(also),
        notes=tuple(notes),
        confidence=_confidence(path),
        missing=(),
    )


def _confidence(path: list[Check]) -> Confidence:
    closest = min(path, key=lambda check: (check.confidence, abs(check.margin)))
    drawn = sum(check.interval is not None for check in path)
    basis = "distance to the thresholds; no intervals are known"
    if drawn:
        basis = f"distance to the thresholds, 95 % intervals of {drawn} of {len(path)} figures"
    return Confidence(CONFIDENCE[closest.confidence], closest.name, basis)


def no_verdict(missing: Sequence[str]) -> Verdict:
    """No verdict, and what one wants."""
    why = f"No verdict: the evidence is incomplete. Missing: {'; '.join(missing)}."
    return Verdict(None, None, why, (), (), (), (), None, tuple(missing))


def _all_missing(steps: Steps) -> list[str]:
    """Everything that the whole rule wants and that is not there."""
    found = []
    for reader in steps.readers:
        for want in _wants(reader):
            try:
                want()
            except Missing as missing:
                found.append(str(missing))
    return found


def _wants(reader: Reader) -> list[Callable[[], Any]]:
    return [
        lambda: reader.accuracy("forget_train"),
        lambda: reader.accuracy("retain_test"),
        lambda: reader.recovered("all"),
        lambda: reader.recovered("retain"),
        reader.aucs,
        reader.radius_ratio,
    ]
