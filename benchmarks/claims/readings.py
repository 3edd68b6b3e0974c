"""Numbers that claims are about, read from what is known of one model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

from opcviz.artefacts import ModelResults
from opcviz.common.records import defined
from opcviz.common.statistics import mean_interval, wilson
from opcviz.results import (
    PIXELS,
    Attempt,
    BlocksResult,
    EvidenceResult,
    GameScore,
    InversionSummary,
    LiraResult,
    RelearnedResult,
    SignsResult,
    StrongestResult,
)

from .claim import Measured, Reading

__all__ = [
    "accuracy",
    "activations",
    "auc",
    "fm",
    "in_sample",
    "ladder",
    "lira",
    "pixels",
    "psnr",
    "relearned",
    "surrogate",
    "unreached",
]


def accuracy(part: str) -> Reading:
    """Accuracy on one part of the data."""

    def read(model: ModelResults) -> Measured | None:
        found = model.get(EvidenceResult)
        value = getattr(found.accuracy, part) if defined(found) else None
        return Measured.exact(value) if defined(value) and value is not None else None

    return read


def fm(block: str | None = None) -> Reading:
    """FM fitted on all train data, on forgotten samples it was not given; of the features or of
    one block."""

    def read(model: ModelResults) -> Measured | None:
        if block is None:
            found = model.get(EvidenceResult)
            recovery = found.recovery if defined(found) else None
        else:
            blocks = model.get(BlocksResult)
            named = {b.name: b.recovery for b in blocks.blocks} if defined(blocks) else {}
            recovery = named.get(block)
        score = recovery.fm["all"].unseen if recovery else None
        if score is None or not defined(score):
            return None
        return Measured(score.forget_accuracy, score.interval.low, score.interval.high)

    return read


def in_sample(fit: str) -> tuple[Reading, Reading]:
    """FM of one fit set on the samples that it was fitted on, and on others."""

    def same(model: ModelResults) -> Measured | None:
        found = model.get(EvidenceResult)
        made = found.recovery.fm[fit] if defined(found) else None
        if made is None or not defined(made.forget_accuracy):
            return None
        ends = made.interval
        low, high = (ends.low, ends.high) if ends else (made.forget_accuracy,) * 2
        return Measured(made.forget_accuracy, low, high)

    def others(model: ModelResults) -> Measured | None:
        found = model.get(EvidenceResult)
        score = found.recovery.fm[fit].unseen if defined(found) else None
        if score is None or not defined(score):
            return None
        return Measured(score.forget_accuracy, score.interval.low, score.interval.high)

    return same, others


def _rate(attempt: Attempt) -> Measured:
    return Measured(attempt.recovered, *attempt.interval)


def ladder(attacker: str, place: str, view: str | None, holds: str = "all") -> Reading:
    """One map of worst-case recovery at one place; the best view where none is named."""

    def read(model: ModelResults) -> Measured | None:
        found = model.get(StrongestResult)
        rungs = found.rungs if defined(found) else ()
        fitting = [
            r.attempt
            for r in (rungs if defined(rungs) else ())
            if (r.attempt.attacker, r.attempt.place, r.attempt.holds) == (attacker, place, holds)
            and view in (None, r.attempt.view)
        ]
        return _rate(max(fitting, key=lambda a: a.recovered)) if fitting else None

    return read


def pixels(attacker: str) -> Reading:
    """One map of the raw pictures."""
    return ladder(attacker, PIXELS, None)


def relearned(anew: int, shots: int) -> Reading:
    """The best relearning with so many fresh last blocks, from so many pictures a class."""

    def read(model: ModelResults) -> Measured | None:
        found = model.get(RelearnedResult)
        attempts = found.attempts() if defined(found) else ()
        fitting = [a for a in attempts if (a.place, a.given) == (f"last {anew}", shots)]
        if not fitting:
            return None
        best = max(fitting, key=lambda a: a.recovered)
        return Measured(best.recovered, *wilson(best.recovered, best.scored))

    return read


def auc(judge: str | None, place: str) -> Reading:
    """A judge's AUC at one place; the clearest judge's where none is named."""

    def read(model: ModelResults) -> Measured | None:
        found = model.get(SignsResult)
        signs = found.signs() if defined(found) else ()
        fitting = [s for s in signs if s.place == place and judge in (None, s.judge)]
        if not fitting:
            return None
        best = max(fitting, key=lambda s: s.auc)
        return Measured(best.auc, best.low, best.high)

    return read


def _inversion(read: Callable[[InversionSummary], Measured | None]) -> Reading:
    def of_model(model: ModelResults) -> Measured | None:
        found = model.get(InversionSummary)
        return read(found) if defined(found) else None

    return of_model


def psnr() -> Reading:
    """Gradient inversion in dB, with its bootstrap interval over pictures."""

    def read(found: InversionSummary) -> Measured | None:
        if found.psnr is None:
            return None
        ends = found.psnr_interval
        return Measured(found.psnr, *((ends.low, ends.high) if ends else (found.psnr,) * 2))

    return _inversion(read)


def unreached() -> Reading:
    """Percent of the pictures whose gradient does not reach the body."""

    def read(found: InversionSummary) -> Measured | None:
        count = len(found.per_picture.psnr)
        if found.without_body_gradient is None or not count:
            return None
        return Measured.exact(100 * found.without_body_gradient / count)

    return _inversion(read)


def _over(values: Sequence[float | None]) -> Measured | None:
    """The mean over pictures with its bootstrap interval."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    mean = fmean(known)
    return Measured(mean, *(mean_interval(known) or (mean, mean)))


def surrogate() -> Reading:
    """The search with a slope for dead units, in dB."""
    return _inversion(
        lambda found: (
            _over(found.surrogate.per_picture.psnr)
            if found.surrogate is not None and defined(found.surrogate)
            else None
        )
    )


def activations(block: str) -> Reading:
    """Pictures rebuilt from one block's activations, in dB."""

    def read(found: InversionSummary) -> Measured | None:
        named = {each.block: each.per_picture for each in found.activations}
        return _over(named.get(block, ()))

    return _inversion(read)


def lira(statistic: str) -> Reading:
    """One statistic against reference models, as an AUC."""

    def read(model: ModelResults) -> Measured | None:
        found = model.get(LiraResult)
        score: GameScore | None = (
            (found.statistics or {}).get(statistic) if defined(found) else None
        )
        if score is None or not defined(score.auc):
            return None
        return Measured(score.auc, *(score.auc_interval or (score.auc, score.auc)))

    return read
