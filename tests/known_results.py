"""What is known of shipped models, with some of it replaced: for tests of what reads records."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from opcviz.artefacts import ModelResults, get_kind
from opcviz.common.records import Record, Undefined
from opcviz.results import EvidenceResult, FitResult, TrainingResult
from opcviz.study import ModelResult, Store, StudyResult, open_study, shipped_root


@cache
def shipped_study(name: str = "digits") -> StudyResult:
    """A study that comes with the project."""
    return open_study(Store(shipped_root()), name)


def shipped(method: str = "opc") -> ModelResult:
    """A shipped model by its method's name."""
    return next(m for m in shipped_study().models if m.method.info.name == method)


def record(kind: str, method: str = "opc") -> Any:
    """A shipped model's record of a kind."""
    return shipped(method).result(kind)


def known(training: TrainingResult | None = None, **answers: Record | Undefined) -> ModelResults:
    """What is known of a model: these answers by kind, and no others."""
    return ModelResults(training or TrainingResult("finished"), answers)


def fit(**changes: Any) -> FitResult:
    """A shipped fit with other figures; None is undefined."""
    plain = {name: Undefined() if value is None else value for name, value in changes.items()}
    if "constant_predictor" in changes:
        plain["constant_predictor"] = changes["constant_predictor"]
    return replace(record("evidence").recovery.fm["all"], **plain)


def evidence(*, fits: dict[str, FitResult] | None = None, **accuracy: Any) -> EvidenceResult:
    """A shipped model's evidence with another accuracy, and these fits of every attack."""
    found = record("evidence")
    plain = {name: Undefined() if value is None else value for name, value in accuracy.items()}
    recovery = found.recovery
    if fits is not None:
        recovery = replace(recovery, fm=fits, hr=fits)
    return replace(found, accuracy=replace(found.accuracy, **plain), recovery=recovery)


def read(kind: str, told: dict[str, Any]) -> Record:
    """The record of a kind from its JSON."""
    return get_kind(kind).read(told)
