"""What is had without any model: the best constant answer, a guess, a map of the raw pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...common.records import defined
from ...results import (
    PIXELS,
    EvidenceResult,
    FewShotResult,
    MaskedResult,
    RelearnedResult,
    StrongestResult,
)
from ...study import ModelResult
from ...study.table import Summary, summarised

__all__ = ["floor_of"]

Floor = Callable[[ModelResult], float | None]


def floor_of(name: str, measure: str, models: Sequence[ModelResult]) -> Summary | None:
    """A floor of one measure over the seeds; each seed's from the first of its models to have it.

    Args:
        name: `constant` or `pixels`.
        measure: as its column is declared.
        models: of the study.
    """
    value = FLOORS[name].get(measure)
    if value is None or not models:
        return None
    by_seed: dict[int, float] = {}
    for model in models:
        if model.seed not in by_seed and (found := value(model)) is not None:
            by_seed[model.seed] = found
    return summarised(list(by_seed.values())) if by_seed else None


def _unseen(attack: str) -> Floor:
    def value(model: ModelResult) -> float | None:
        evidence = model.results.get(EvidenceResult)
        made = evidence.recovery.attack(attack).get("all") if defined(evidence) else None
        score = made.unseen if made else None
        return score.constant_predictor if defined(score) else None

    return value


def _in_sample(fit: str) -> Floor:
    def value(model: ModelResult) -> float | None:
        evidence = model.results.get(EvidenceResult)
        made = evidence.recovery.attack("fm").get(fit) if defined(evidence) else None
        return made.constant_predictor if made else None

    return value


def _worst(holds: str) -> Floor:
    def value(model: ModelResult) -> float | None:
        found = model.results.get(StrongestResult)
        rung = found.worst(holds) if defined(found) else None
        return rung.attempt.constant if rung else None

    return value


def _pixels(holds: str) -> Floor:
    def value(model: ModelResult) -> float | None:
        found = model.results.get(StrongestResult)
        rung = found.floor(holds) if defined(found) else None
        return rung.attempt.recovered if rung else None

    return value


def _masked(model: ModelResult) -> float | None:
    found = model.results.get(MaskedResult)
    best = found.best() if defined(found) else None
    return best.constant if best else None


def _few_shot(given: int) -> Floor:
    def value(model: ModelResult) -> float | None:
        found = model.results.get(FewShotResult)
        rung = found.best(given) if defined(found) else None
        return rung.attempt.constant if rung else None

    return value


def _few_shot_pixels(given: int) -> Floor:
    def value(model: ModelResult) -> float | None:
        found = model.results.get(FewShotResult)
        rung = found.best(given, PIXELS) if defined(found) else None
        return rung.attempt.recovered if rung else None

    return value


def _relearned(model: ModelResult) -> float | None:
    found = model.results.get(RelearnedResult)
    return found.constant if defined(found) else None


def _guess(_: ModelResult) -> float:
    return 0.5


FLOORS: Mapping[str, Mapping[str, Floor]] = {
    "constant": {
        "FM": _unseen("fm"),
        "HR": _unseen("hr_labels"),
        "FM in-sample": _in_sample("all"),
        "FM held-out": _in_sample("heldout"),
        "FM forget": _in_sample("forget"),
        "worst": _worst("all"),
        "worst, features": _worst("all"),
        "worst, retain only": _worst("retain"),
        "masked": _masked,
        "few-shot 1": _few_shot(1),
        "few-shot 10": _few_shot(10),
        "relearned 1": _relearned,
        "relearned 10": _relearned,
        **dict.fromkeys(
            ("membership", "separability", "AUC", "AUC, features", "AUC, logits"), _guess
        ),
    },
    "pixels": {
        "worst": _pixels("all"),
        "worst, retain only": _pixels("retain"),
        "few-shot 1": _few_shot_pixels(1),
        "few-shot 10": _few_shot_pixels(10),
    },
}
"""By the floor's name and the measure's."""
