"""Does an audit: what was brought becomes a study, which is attacked, judged and reported."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ..common.parts import PARTS
from ..common.progress import Message, Progress
from ..common.records import defined
from ..results import EvidenceResult
from ..study import Store, StudyResult
from ..study.pipeline import Done, make
from .case import Case
from .checks import (
    Accuracy,
    Checked,
    CheckedModel,
    doubted,
    look,
    missing_of,
    refuse_swapped,
    suspicions,
)
from .estimate import in_words, of_case, picture_seconds
from .figures import cast
from .helper import Helper, helped
from .opening import LISTS, open_case
from .records import Provenance, Report
from .report import make_report
from .runner import AuditRunner
from .spec import AuditSpec, command_of
from .surroundings import this_environment

__all__ = ["AuditResult", "audit", "audit_case", "check"]


@dataclass(frozen=True)
class AuditResult:
    """A finished audit.

    Attributes:
        study: the study that it was kept as: `original`, `retrain` and `brought` models.
        report: what is handed on.
    """

    study: StudyResult
    report: Report


def check(
    spec: AuditSpec,
    store: Store,
    device: torch.device,
    progress: Progress | None = None,
    *,
    data_root: Path | None = None,
) -> Checked:
    """Look at what was brought; nothing is attacked, trained or kept.

    Raises:
        ConfigError: (and of these `IntakeError`) for a file or a setting that cannot be used.
        DataError: for data, or a forget list, that cannot be used.
    """
    case = open_case(spec, device, progress, data_root=data_root, lists=store.root / LISTS)
    return checked(case, store, progress)


def checked(case: Case, store: Store, progress: Progress | None = None) -> Checked:
    """The first look at a case; see `check`."""
    runner = AuditRunner(case, store, progress)
    with runner.threads():
        accuracies = look(case)
    return Checked(
        models=tuple(
            CheckedModel(
                each.role,
                each.name,
                each.architecture.name,
                each.title,
                each.sha256,
                each.bytes,
                each.format,
                right.percent,
            )
            for each, right in zip(case.models, accuracies, strict=True)
        ),
        data=case.data.name,
        sizes={part: len(case.split.part(part)) for part in PARTS},
        forgotten=tuple(case.data.class_names[c] for c in case.split.classes),
        warnings=(*case.notes, *suspicions(case, accuracies)),
        missing=missing_of(case),
        study=case.study.place,
        open=len(runner.items()),
        picture_seconds=(seconds := picture_seconds(case)),
        lasts=" ".join(
            f"The {suite} suite takes {in_words(*of_case(case, seconds, suite))}."
            for suite in ("full", "quick")
        ),
    )


def audit(
    spec: AuditSpec,
    store: Store,
    device: torch.device,
    progress: Progress | None = None,
    *,
    data_root: Path | None = None,
) -> AuditResult:
    """Audit a model; what is in the store already is not done again.

    Raises:
        ConfigError: (and of these `IntakeError`) for a file or a setting that cannot be used.
        DataError: for data, or a forget list, that cannot be used.
        Cancelled: when asked to stop; what was finished stays, and the same audit goes on there.
    """
    began = time.perf_counter()
    with helped(spec, store, device, data_root) as helper:
        case = open_case(spec, device, progress, data_root=data_root, lists=store.root / LISTS)
        return audit_case(case, store, progress, spec=spec, began=began, helper=helper)


def audit_case(
    case: Case,
    store: Store,
    progress: Progress | None = None,
    *,
    spec: AuditSpec | None = None,
    command: str = "",
    began: float | None = None,
    helper: Helper | None = None,
) -> AuditResult:
    """Audit what is in memory already; see `audit`.

    Args:
        case: what was brought.
        store: where the study is kept.
        progress: gets events, cancels the work.
        spec: what names it, so that it can be repeated; None where nothing does.
        command: how it was asked; that of the spec unless given.
        began: `time.perf_counter()` when it did.
        helper: another process that makes some of the answers.
    """
    began, progress = began or time.perf_counter(), progress or Progress()
    runner = AuditRunner(case, store, progress)
    with runner.threads():
        looked = look(case)
        if spec is not None and not spec.as_given:
            refuse_swapped(case, looked)
        for sentence in (*case.notes, *suspicions(case, looked)):
            progress(Message(sentence, "warning"))
        if runner.items():
            evidence = case.study.evidence
            lasts = in_words(*of_case(case, picture_seconds(case), evidence.suite))
            progress(Message(f"This takes {lasts}."))
        _keep_list(case, store)
        runner.keep_as_seen()
        done = _made(runner, helper)
        runner.keep_models()
    study = StudyResult(store, case.study.place, case.study)
    known = _accuracies(case, runner, study, looked)
    verdict = study.verdict(cast(study).audited)
    warnings = (
        *case.notes,
        *suspicions(case, known),
        *doubted(case, verdict),
        *done.failures,
    )
    about = Provenance(
        command=command or (command_of(spec.told(), case.data.device.type) if spec else ""),
        inputs=case.inputs,
        environment=this_environment(case.data.device),
        warnings=tuple(dict.fromkeys(warnings)),
        seconds=round(time.perf_counter() - began, 3),
        spec=spec.to_report() if spec else None,
        model=runner.place(runner.brought, case.seed).rpartition("/")[2],
    )
    return AuditResult(study, make_report(study, about))


def _made(runner: AuditRunner, helper: Helper | None) -> Done:
    """Make all that is missing, and what another process left."""
    if helper is None:
        return make(runner.items(), runner)
    done = make(runner.items(), runner, claim=helper.claim)
    helper.wait(runner.progress)
    left = runner.items()
    return make(left, runner) if left else done


def _keep_list(case: Case, store: Store) -> None:
    """Keep the ids to forget beside the study, which names them there: lists of others may go."""
    if case.forget_ids is None:
        return
    path = Path(case.study.forget.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, case.forget_ids.cpu().numpy(), fmt="%d")


def _accuracies(
    case: Case, runner: AuditRunner, study: StudyResult, looked: Sequence[Accuracy]
) -> list[Accuracy]:
    """What each model answers right of all data, from the evidence; the rest as first looked at."""
    sizes: dict[str, int] = {part: len(case.split.part(part)) for part in PARTS}
    by_key = {model.key: model for model in study.models}
    found = []
    for place, before in zip(runner.places_of_models(), looked, strict=True):
        model = by_key.get(place.rpartition("/")[2])
        evidence = model.results.get(EvidenceResult) if model else None
        percent: dict[str, float] = {}
        if defined(evidence):
            told = {part: getattr(evidence.accuracy, part) for part in PARTS}
            percent = {part: value for part, value in told.items() if defined(value)}
        found.append(Accuracy(percent, sizes, before.exposed))
    return found
