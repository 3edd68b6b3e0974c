"""Does what the page of the audit asks: the audit, with its report as files.

The files come from visitors, whose names for them stand in everything that is said: where a file
lies on the server is nobody's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..common.config import ConfigError
from ..common.devices import pick_device
from ..common.json_types import Json
from ..common.progress import Progress
from ..data import DataError, DataSpec, Scenario
from ..study import Store, shipped_root
from .html import to_html
from .page_job import REPORT, Given, PageJob
from .run import audit
from .samples import samples_csv
from .spec import AuditSpec

__all__ = ["execute", "renamer", "root_of", "scenario_of", "spec_of"]


def execute(job: dict[str, object], store: Path, progress: Progress) -> dict[str, object]:
    """Run an audit of the page; `job` is `PageJob.to_dict()`.

    Returns:
        The study's place, and the name of the artefact that holds the report.

    Raises:
        ConfigError: for a job, a file or a device that cannot be used.
        DataError: for data that cannot be used.
        Cancelled: when asked to stop.
    """
    asked = PageJob.from_dict(job)
    if problems := asked.problems():
        raise ConfigError(" ".join(problems))
    where = Store(store, (shipped_root(),))
    with _in_their_words(asked):
        made = audit(
            spec_of(asked),
            where,
            pick_device(asked.device),
            progress,
            data_root=root_of(asked),
        )
    report = made.report
    question: Json = {"job": asked.to_dict(), "made": report.made}
    place = made.study.place
    with where.writing(place, REPORT, question) as folder:
        (folder / "report.json").write_bytes(report.to_file())
        (folder / "report.html").write_text(to_html(report, made.study), encoding="utf-8")
        (folder / "samples.csv").write_text(samples_csv(made.study), encoding="utf-8")
    kept = where.find(place, REPORT, question)
    if kept is None:
        raise ConfigError(f"the report of {place} could not be stored; is the disk full?")
    return {"study": place, REPORT: kept.folder.name}


def spec_of(asked: PageJob) -> AuditSpec:
    """The page's question as the audit wants it.

    Raises:
        ConfigError: for what cannot be asked.
    """
    return AuditSpec(
        unlearned=asked.unlearned.path if asked.unlearned else "",
        original=asked.original.path if asked.original else "",
        retrained=tuple(given.path for given in asked.retrained),
        data=DataSpec.from_dict(dict(asked.data or {})),
        forget=scenario_of(asked),
        architecture=asked.architecture,
        mean=asked.mean,
        std=asked.std,
        suite=asked.suite,
        retrain=asked.retrain,
        seed=asked.seed,
        as_given=True,  # the page says that they look swapped before anybody presses Run
        name=f"Audit of {asked.unlearned.name}" if asked.unlearned else "",
        called=(
            *(given.name for _, given in asked.files),
            asked.data_name,
            asked.forget_list.name if asked.forget_list else "",
        ),
    )


def scenario_of(asked: PageJob) -> Scenario:
    """What should be forgotten.

    Raises:
        ConfigError: for what cannot be.
    """
    if asked.forget_list is not None:
        return Scenario(kind="indices", path=asked.forget_list.path)
    return Scenario.parse(asked.forget)


def root_of(asked: PageJob) -> Path | None:
    """Where data sets lie, if the job says so."""
    return Path(asked.data_root) if asked.data_root else None


# ---- names --------------------------------------------------------------------------------------


def renamer(asked: PageJob) -> Callable[[str], str]:
    """For errors: puts the visitor's names in place of where files lie on this server.

    Reports need none: their texts are made with the names, see `AuditSpec.called`. An error names
    a file by its path, or by the name that the server gave to an upload, which nobody can guess.
    """
    names: dict[str, str] = {}
    path = str((asked.data or {}).get("path", ""))
    own = [Given(asked.data_name, path, True)] if asked.data_name and path else []
    lists = [asked.forget_list] if asked.forget_list else []
    for given in (*(each for _, each in asked.files), *lists, *own):
        if given.held or given.path.startswith(str(shipped_root())):
            names[given.path] = given.name
        if given.held:
            names[Path(given.path).name] = given.name
    ordered = sorted(names, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, ordered)) or r"(?!)")
    return lambda text: pattern.sub(lambda found: names[found.group()], text)


@contextmanager
def _in_their_words(asked: PageJob) -> Iterator[None]:
    """Errors name files as the visitor does."""
    try:
        yield
    except (ConfigError, DataError) as error:
        kind = ConfigError if isinstance(error, ConfigError) else DataError
        raise kind(renamer(asked)(str(error))) from error
