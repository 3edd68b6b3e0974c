"""Every figure about the audited model, beside what it must be read with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..artefacts import kinds
from ..common.config import ConfigError
from ..common.records import defined, known
from ..common.statistics import wilson
from ..results import (
    Attempt,
    Attempts,
    DataResult,
    EvidenceResult,
    FewShotResult,
    InversionSummary,
    Sign,
    Signs,
    StrongestResult,
)
from ..study import ModelResult, StoreError, StudyResult
from ..verdict import Check
from .records import Figure, Range

__all__ = ["BROUGHT", "Cast", "accuracies", "cast", "figures"]

BROUGHT = "brought"
"""The method that an audited model is stored under."""

PARTS = {
    "forget_train": "forgotten data that the original was trained on",
    "forget_test": "forgotten data that no model was trained on",
    "retain_train": "retained data that the models were trained on",
    "retain_test": "retained data that no model was trained on",
}


@dataclass(frozen=True)
class Cast:
    """Who plays what in a report.

    Attributes:
        audited: the model that the report is about.
        original: the original of its seed; None where there is none.
        retrained: that are its band, by their answers of the same suite.
        sizes: samples by part of the data, as far as known.
    """

    audited: ModelResult
    original: ModelResult | None
    retrained: tuple[ModelResult, ...]
    data: DataResult

    @property
    def all(self) -> tuple[ModelResult, ...]:
        """Original first, retrained, audited."""
        return (*([self.original] if self.original else []), *self.retrained, self.audited)

    def size(self, part: str) -> int | None:
        """Samples of a part of the data; None where that is not known."""
        return (self.data.sizes or {}).get(part)


def cast(study: StudyResult, key: str | None = None) -> Cast:
    """The audited model and those it is compared with.

    Args:
        study: as it is stored.
        key: the model's name inside the study; None for the one that was brought.

    Raises:
        ConfigError: when there is no such model, or more than one was brought.
    """
    found = [
        each
        for each in study.models
        if (each.method.info.name == BROUGHT if key is None else each.key == key)
    ]
    if len(found) != 1:
        names = ", ".join(each.key for each in study.models) or "none"
        asked = f"a model that was brought ({len(found)} were)" if key is None else f"'{key}'"
        raise ConfigError(f"study '{study.place}': a report wants {asked}; it has: {names}")
    (audited,) = found
    of = {
        name: [m for m in study.models if m.method.info.name == name and m.key != audited.key]
        for name in ("original", "retrain")
    }
    originals = [m for m in of["original"] if m.seed == audited.seed]
    try:
        data = study.probe()[1]
    except StoreError:
        data = DataResult()
    return Cast(
        audited,
        originals[0].in_suite(audited.suite) if originals else None,
        tuple(each.in_suite(audited.suite) for each in of["retrain"]),
        data,
    )


def figures(cast: Cast, study: StudyResult) -> tuple[Figure, ...]:
    """All of them: accuracies, attempts to get the data back, signs of forgetting, pictures.

    Args:
        cast: who plays what.
        study: whose verdict says which of them count, and decide.
    """
    beyond = _Beyond(dict(study.ranked(cast.audited)), study.verdict(cast.audited).numbers)
    return (
        *beyond.marked(accuracies(cast)),
        *_attempts(cast, beyond),
        *_signs(cast, beyond),
        *_pictures(cast),
    )


ABOUT_ANSWERS = {
    "answers left": ("forget_test", "forget_train"),
    "answers below the retrained models'": ("forget_train",),
    "retain test accuracy lost": ("retain_test",),
}
"""Checks of the verdict that are about what models answer: of which part, the first there is."""


@dataclass(frozen=True)
class _Beyond:
    """What the verdict makes of attempts and signs.

    Attributes:
        checks: by attempt or sign.
        deciding: those that decided.
    """

    checks: Mapping[Attempt | Sign, Check]
    deciding: tuple[Check, ...]

    def of(self, found: Attempt | Sign) -> dict[str, Any]:
        """The fields of a figure that say it."""
        check = self.checks.get(found)
        if check is None:
            return {}
        return {"margin": check.margin, "decides": check in self.deciding}

    def marked(self, answered: Iterable[Figure]) -> Iterator[Figure]:
        """Accuracies, with a mark on those that decided."""
        rows = list(answered)
        there = [each.place for each in rows]
        named = (ABOUT_ANSWERS.get(check.name, ()) for check in self.deciding)
        decide = {next((part for part in parts if part in there), None) for parts in named}
        yield from (replace(each, decides=each.place in decide) for each in rows)


def accuracies(cast: Cast) -> Iterator[Figure]:
    """What the model answers right of each part of the data."""
    for part, words in PARTS.items():
        value = _accuracy(cast.audited, part)
        if value is None:
            continue
        size = cast.size(part)
        yield Figure(
            "evidence",
            f"answered right: {words}",
            "%",
            value,
            interval=wilson(value, size) if size else None,
            samples=size,
            original=_accuracy(cast.original, part) if cast.original else None,
            retrained=_range(_accuracy(each, part) for each in cast.retrained),
            place=part,
        )


def _accuracy(model: ModelResult, part: str) -> float | None:
    found = model.results.get(EvidenceResult)
    value = known(getattr(found.accuracy, part)) if defined(found) else None
    return value if isinstance(value, float) else None


def _range(values: Iterable[float | None]) -> Range | None:
    """None unless all of them are there."""
    found = list(values)
    numbers = [value for value in found if value is not None]
    complete = numbers and len(numbers) == len(found)
    return Range(min(numbers), max(numbers), len(numbers)) if complete else None


def _attempts(cast: Cast, beyond: _Beyond) -> Iterator[Figure]:
    results = cast.audited.results
    ladder, few = results.get(StrongestResult), results.get(FewShotResult)
    floors = (
        *(ladder.floors() if defined(ladder) else ()),
        *(few.floors() if defined(few) else ()),
    )
    for kind in kinds(cast.audited.study.task):
        for attempt in _made(cast.audited, kind.name):
            yield Figure(
                kind.name,
                attempt.words,
                "%",
                attempt.recovered,
                interval=attempt.interval,
                samples=attempt.scored,
                original=_same(cast.original, kind.name, attempt) if cast.original else None,
                retrained=_range(_same(each, kind.name, attempt) for each in cast.retrained),
                floor=_floor(attempt, floors),
                constant=attempt.constant,
                place=attempt.place,
                holds=attempt.holds,
                budget=attempt.settings or None,
                **beyond.of(attempt),
            )


def _made(model: ModelResult, kind: str) -> tuple[Attempt, ...]:
    found = model.result(kind)
    return found.attempts() if isinstance(found, Attempts) else ()


def _same(model: ModelResult, kind: str, attempt: Attempt) -> float | None:
    """What the same attacker gets from another model."""
    theirs = (each for each in _made(model, kind) if each.key == attempt.key)
    return max((each.recovered for each in theirs), default=None)


def _floor(attempt: Attempt, floors: Sequence[Attempt]) -> float | None:
    """The most that a map with the same data gets from the pixels; None of other attackers."""
    if attempt.holds not in ("all", "retain", "shots") or attempt.attacker == "relearning":
        return None
    alike = (each for each in floors if each.holds == attempt.holds)
    same = (e.recovered for e in alike if e.holds != "shots" or e.given == attempt.given)
    return max(same, default=None)


def _signs(cast: Cast, beyond: _Beyond) -> Iterator[Figure]:
    for kind in kinds(cast.audited.study.task):
        for sign in _told(cast.audited, kind.name):
            original = _sign(cast.original, kind.name, sign) if cast.original else None
            yield Figure(
                kind.name,
                f"{sign.judge} on {sign.place}",
                "AUC",
                sign.auc,
                interval=(sign.low, sign.high),
                original=original,
                retrained=_range(_sign(each, kind.name, sign) for each in cast.retrained),
                constant=0.5,
                place=sign.place,
                **beyond.of(sign),
            )


def _told(model: ModelResult, kind: str) -> tuple[Sign, ...]:
    found = model.result(kind)
    return found.signs() if isinstance(found, Signs) else ()


def _sign(model: ModelResult, kind: str, sign: Sign) -> float | None:
    theirs = (each.auc for each in _told(model, kind) if each.key == sign.key)
    return next(theirs, None)


def _pictures(cast: Cast) -> Iterator[Figure]:
    """How close inverted pictures come to the true ones, by what they were inverted from."""
    ours = cast.audited.results.get(InversionSummary)
    if not defined(ours):
        return
    floor = ours.class_mean.psnr if ours.class_mean else None
    original = _psnr(cast.original) if cast.original else {}
    band = [_psnr(each) for each in cast.retrained]
    for source, value in _psnr(cast.audited).items():
        if value is not None:
            yield Figure(
                "inversion",
                f"pictures rebuilt from {source}",
                "dB",
                value,
                samples=len(ours.per_picture.label),
                original=original.get(source),
                retrained=_range(each.get(source) for each in band),
                floor=floor,
                place=source,
            )


def _psnr(model: ModelResult) -> dict[str, float | None]:
    """Mean PSNR in dB by source."""
    found = model.results.get(InversionSummary)
    if not defined(found):
        return {}
    surrogate = (
        {"the gradient, with a slope for dead units": found.surrogate.psnr}
        if defined(found.surrogate)
        else {}
    )
    blocks = {f"the output of {each.block}": each.psnr for each in found.activations}
    return {"the gradient": found.psnr, **surrogate, **blocks}
