"""What a run of the lab will cost, from what the study's models took."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from statistics import median

from ...artefacts import kinds
from ...study import ModelResult, Plan, Study, StudyResult
from ...study.store import Artefact

__all__ = ["attack_seconds", "not_yet_quick"]

ENOUGH = 3  # models whose times the estimate is the median of
_taken: dict[Path, float | None] = {}  # by artefact, which never change


def attack_seconds(study: StudyResult, asked: Study) -> float | None:
    """Seconds that the attacks asked for took on a model of this study, wherever that was made.

    Args:
        study: what is stored.
        asked: the same study, with the attacks to be made.

    Returns:
        None where one of them was never made.
    """
    evidence = asked.evidence
    named = [
        kind.name
        for kind in kinds(asked.task)
        if (kind.wanted(evidence, 1) or asked.forget.kind in kind.scenarios)
        and not evidence.leaves_out(kind)
    ]
    models = [model.in_suite(evidence.suite) for model in study.models if model.has_model]
    found = [_median_seconds(models, name) for name in named]
    known = [each for each in found if each is not None]
    return sum(known) if len(known) == len(found) else None


def _median_seconds(models: list[ModelResult], kind: str) -> float | None:
    artefacts = (artefact for model in models if (artefact := model.artefact(kind)))
    told = (_seconds_of(artefact) for artefact in artefacts)
    taken = list(islice((each for each in told if each is not None), ENOUGH))
    return median(taken) if taken else None


def _seconds_of(artefact: Artefact) -> float | None:
    """What it says it took; read once, for there are many and the form asks at every click."""
    if artefact.folder not in _taken:
        told = artefact.json().get("seconds")
        _taken[artefact.folder] = None if told is None else float(told)
    return _taken[artefact.folder]


def not_yet_quick(study: StudyResult, plan: Plan) -> list[ModelResult]:
    """The models beside which a quick result is read, and that have no quick one themselves."""
    if plan.study.evidence.suite != "quick" or plan.study.place != study.place:
        return []
    return [
        model
        for model in study.models
        if (
            model.method.info.name == "retrain"
            or (model.method.info.name == "original" and model.seed in plan.seeds)
        )
        and not model.has_suite("quick")
    ]
