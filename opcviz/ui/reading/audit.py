"""Audits of the page: their runs, and what came of them; no model is run here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median

from ...audit.page_job import CHECKER, REPORT, RUNNER, FirstLook, PageJob
from ...audit.records import Report
from ...common.config import ConfigError
from ...engine import Engine, Run, UnknownRun
from ...methods import REFERENCES
from ...study import Artefact, StoreError, StudyResult
from ...study.artefact import digest_of
from . import access
from . import store_reader as library
from .followed import AUDIT

__all__ = [
    "Audited",
    "audited",
    "check_of",
    "checked",
    "current_run",
    "earlier",
    "kept_file",
    "leave",
    "newest",
    "past_seconds",
    "words_of",
]


def check_of(engine: Engine, job: PageJob) -> Run | None:
    """The newest run that says, or will say, what was recognised of this very job."""
    return newest(engine, CHECKER, job.alone())


def newest(engine: Engine, runner: str, job: PageJob) -> Run | None:
    """The newest run of a job by this runner, whatever became of it."""
    wanted = job.to_dict()
    return next((r for r in engine.list() if r.runner == runner and r.job == wanted), None)


def past_seconds(engine: Engine, job: PageJob) -> float | None:
    """The median of what past audits of as many models on such data with this suite took; None
    without any."""
    took = []
    wanted = (job.data, job.suite, job.retrain, len(job.files))
    for run in engine.list():
        if run.runner == RUNNER and run.status == "finished" and run.seconds is not None:
            try:
                past = PageJob.from_dict(run.job)
            except ConfigError:  # of another version
                continue
            if (past.data, past.suite, past.retrain, len(past.files)) == wanted:
                took.append(run.seconds)
    return median(took) if took else None


def checked(run: Run | None) -> FirstLook | None:
    """What a check found; None before it has ended, or where it failed."""
    if run is None or run.status != "finished":
        return None
    try:
        return FirstLook.from_dict(dict(run.result or {}))
    except ValueError:  # of another version
        return None


def current_run(engine: Engine) -> tuple[Run | None, str]:
    """The audit to show, and why the address names none that can be shown.

    That of the address, or the one that this session followed last.
    """
    wanted = AUDIT.id
    if not wanted:
        return None, ""
    try:
        run = engine.status(wanted)
    except UnknownRun:
        AUDIT.show(None)
        return None, "There is no audit in this store by the name in the address."
    if run.runner != RUNNER:
        AUDIT.show(None)
        return None, f"The run '{wanted}' is no audit; the lab shows it."
    AUDIT.show(run.id)
    return run, ""


def earlier(engine: Engine) -> list[Run]:
    """Audits to show again, the newest first.

    Those of this session; where the server is the visitor's own machine, of everybody.
    """
    all_of_them, mine = not access.shared(), AUDIT.seen
    return [r for r in engine.list() if r.runner == RUNNER and (all_of_them or r.id in mine)]


def leave() -> None:
    """Back to the three steps, with what was chosen."""
    AUDIT.show(None)


# ---- what came of it ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Audited:
    """A finished audit.

    Attributes:
        study: in the store.
        kept: its report's artefact.
        report: as it is handed on.
        models: keys of the original, the retrained and the audited model, as far as there are any.
    """

    study: StudyResult
    kept: Artefact
    report: Report
    models: tuple[str, ...]


def audited(run: Run) -> Audited:
    """What a finished run left in the store.

    Raises:
        StoreError: when it is not there, or damaged; the message says what to do.
    """
    place, name = (str((run.result or {}).get(word, "")) for word in ("study", REPORT))
    study = library.study_of(place)
    kept = next((a for a in study.store.answers(place, REPORT) if a.folder.name == name), None)
    if kept is None:
        raise StoreError(f"the report of {place} is gone or damaged; run the audit again")
    try:
        report = Report.from_json(kept_file(kept, "report.json"))
    except ConfigError as error:
        raise StoreError(f"{error}; run the audit again") from error
    return Audited(study, kept, report, _beside(study, report.model))


def words_of(run: Run) -> str:
    """The verdict of a finished run in one line; "none" without an answer.

    Raises:
        StoreError: when its report is not there, or damaged.
    """
    of = (run.id, str((run.result or {}).get(REPORT, "")))
    if of not in _words:
        _words[of] = audited(run).report.words
    return _words[of]


_words: dict[tuple[str, str], str] = {}  # by run and report, which never change


def _beside(study: StudyResult, key: str) -> tuple[str, ...]:
    """The audited model after the references of its seed."""
    model = study.model(key)
    if model is None:
        raise StoreError(f"study '{study.place}' has no model '{key}'; run the audit again")
    same = [m for m in study.models if m.seed == model.seed and m.key != key]
    named = {m.method.info.name: m.key for m in same}
    return (*(named[name] for name in REFERENCES if name in named), key)


def kept_file(kept: Artefact, name: str) -> bytes:
    """A file of an artefact, as it was written.

    Raises:
        StoreError: when it is missing, or is not what was written.
    """
    path = kept.path(name)
    try:
        about = path.stat()
        return _read(str(path), about.st_mtime_ns, str(kept.files[name]["sha256"]))
    except (OSError, KeyError) as error:
        raise StoreError(f"{path} is missing; run the audit again") from error


@lru_cache(maxsize=8)
def _read(path: str, changed: int, sha256: str) -> bytes:
    if digest_of(Path(path)) != sha256:
        raise StoreError(f"{path} is damaged; run the audit again")
    return Path(path).read_bytes()
