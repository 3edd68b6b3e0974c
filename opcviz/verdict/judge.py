"""From evidence to one of six words, with the numbers that decided and what came closest.

The rule stands in `verdict_rules.rules()`, as it is shown on screen; `_decide` is the same in code,
a step a line. A step that lacks a figure ends the matter without a verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .evidence import Missing, Reader
from .rules import VERDICTS, Check, Thresholds
from .steps import Steps

__all__ = ["consensus", "judge"]

CONFIDENCE = ("low", "medium", "high")


def judge(
    model: Mapping[str, Any] | None,
    original: Mapping[str, Any] | None,
    retrained: Mapping[str, Any] | None,
    thresholds: Thresholds | None = None,
    *,
    sizes: Mapping[str, int] | None = None,
    membership: tuple[float, float, float] | None = None,
) -> dict[str, Any]:
    """The verdict on one model.

    Args:
        model: its numbers as `ModelResult.to_dict()` gives them (`accuracy`, `recovery`,
            `separability`, `collapse`; `blocks` if there are any).
        original, retrained: the same of the two references, of the same seed.
        thresholds: where the lines are drawn.
        sizes: samples in `forget_train` and `retain_test`, for intervals of the accuracies.
            Intervals stored with recovered accuracies are used as they are.
        membership: AUC in 0..1 of telling forget samples from unseen ones as members, of the
            model, the original and the retrained; where samples and not classes are forgotten,
            accuracy alone often cannot tell.

    Returns:
        JSON-ready:

        * `verdict`: one of `VERDICTS`, or None; `level`: of a deep one, "like retraining" or
          "beyond retraining", else None; `why`: two or three sentences;
        * `numbers`: the one to three checks that decided, see `Check`; `checks`: all that were
          made on the way, in order;
        * `also`: what holds besides, in the words of `VERDICTS`; `notes`: how to read it;
        * `confidence`: `level` (high, medium, low), `closest` (name of the closest call), `basis`
          (intervals, or the distance to the thresholds); None without a verdict;
        * `missing`: what a verdict wants, empty with one.
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
        return _none(list(dict.fromkeys([str(missing), *_all_missing(steps)])))


def consensus(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One method's verdicts over several seeds.

    Args:
        results: what `judge` returned, one a seed.

    Returns:
        JSON-ready: `verdict`, the one that all seeds share, or None with `reason`; `counts`, seeds
        by verdict, most frequent first ("none" for those without one).
    """
    counts = Counter(result["verdict"] or "none" for result in results)
    found: dict[str, Any] = {"verdict": None, "counts": dict(counts.most_common())}
    if not counts:
        return {**found, "reason": "no seed was judged"}
    if len(counts) > 1:
        told = ", ".join(f"{n} × {verdict}" for verdict, n in counts.most_common())
        return {**found, "reason": f"the seeds disagree: {told}"}
    (verdict,) = counts
    return (
        {**found, "reason": "no seed has one"}
        if verdict == "none"
        else found | {"verdict": verdict}
    )


def _decide(steps: Steps) -> dict[str, Any]:
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
) -> dict[str, Any]:
    """The verdict with all that belongs to it."""
    title = f"{verdict}, {level}" if level else verdict
    sentences = [f"{title}: {VERDICTS[verdict]}", *(check.says for check in numbers)]
    return {
        "verdict": verdict,
        "level": level,
        "why": " ".join(f"{says[0].upper()}{says[1:]}." for says in sentences),
        "numbers": [check.to_dict() for check in numbers],
        "checks": [check.to_dict() for check in path],
        "also": list(also),
        "notes": list(notes),
        "confidence": _confidence(path),
        "missing": [],
    }


def _confidence(path: list[Check]) -> dict[str, str]:
    closest = min(path, key=lambda check: (check.sure, abs(check.margin)))
    drawn = sum(check.interval is not None for check in path)
    basis = "distance to the thresholds; no intervals are known"
    if drawn:
        basis = f"distance to the thresholds, 95 % intervals of {drawn} of {len(path)} figures"
    return {"level": CONFIDENCE[closest.sure], "closest": closest.name, "basis": basis}


def _none(missing: list[str]) -> dict[str, Any]:
    return {
        "verdict": None,
        "level": None,
        "why": f"No verdict: the evidence is incomplete. Missing: {'; '.join(missing)}.",
        **{name: [] for name in ("numbers", "checks", "also", "notes")},
        "confidence": None,
        "missing": missing,
    }


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
        lambda: reader.number("collapse", "radius_ratio"),
    ]
