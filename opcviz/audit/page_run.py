"""Does what the page of the audit asks: a first look at once, and the audit itself with its report.

The files come from visitors, whose names for them stand in everything that is said: where a file
lies on the server is nobody's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.config import ConfigError
from ..common.devices import pick_device
from ..common.json_types import Json
from ..common.progress import Progress, Stage
from ..data import Data, DataError, DataSpec, Scenario, load
from ..intake.lists import listed_ids
from ..intake.recognise import Candidate, as_candidate, recognise
from ..intake.weights import Weights, read_weights
from ..study import Store, shipped_root
from ..study.store import write_json
from .checks import LOOKED_AT, Checked
from .html import to_html
from .page_job import REPORT, Choice, FileFound, FirstLook, Given, PageJob, Problem
from .records import Report
from .run import audit
from .run import check as check_all
from .samples import samples_csv
from .spec import AuditSpec

__all__ = ["check", "execute"]

MOST_KEYS = 200  # of a kind of mismatch that are told; a wrong architecture has thousands


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
            data_root=_root(asked),
        )
    report = _named(made.report, asked)
    question = {"job": asked.to_dict(), "made": report.made}
    place = made.study.place
    with where.writing(place, REPORT, question) as folder:
        write_json(folder / "report.json", report.to_dict())
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
        forget=_scenario(asked),
        architecture=asked.architecture,
        mean=asked.mean,
        std=asked.std,
        suite=asked.suite,
        retrain=asked.retrain,
        seed=asked.seed,
        name=f"Audit of {asked.unlearned.name}" if asked.unlearned else "",
    )


def _scenario(asked: PageJob) -> Scenario:
    if asked.forget_list is not None:
        return Scenario(kind="indices", path=asked.forget_list.path)
    return Scenario.parse(asked.forget)


# ---- names --------------------------------------------------------------------------------------


def _names(asked: PageJob) -> dict[str, str]:
    """What visitors call their uploads, by where these lie and by the names they have there."""
    names: dict[str, str] = {}
    path = str((asked.data or {}).get("path", ""))
    own = [Given(asked.data_name, path, True)] if asked.data_name and path else []
    ours = [given for _, given in asked.files if given.path.startswith(str(shipped_root()))]
    for given in (*asked.held, *own, *ours):
        names[given.path] = given.name
    return names | {Path(path).name: name for path, name in names.items()}


def _renamed(asked: PageJob) -> Callable[[str], str]:
    names = sorted(_names(asked).items(), key=lambda each: -len(each[0]))

    def rename(text: str) -> str:
        for ours, theirs in names:
            text = text.replace(ours, theirs)
        return text

    return rename


@contextmanager
def _in_their_words(asked: PageJob) -> Iterator[None]:
    """Errors name files as the visitor does."""
    try:
        yield
    except (ConfigError, DataError) as error:
        kind = ConfigError if isinstance(error, ConfigError) else DataError
        raise kind(_renamed(asked)(str(error))) from error


def _named(report: Report, asked: PageJob) -> Report:
    """The report with the visitor's names for the files, and no path of this server."""
    rename = _renamed(asked)

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return rename(value)
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        return [walk(each) for each in value] if isinstance(value, list) else value

    told: Json = walk(report.to_dict())
    return Report.from_dict(told)


# ---- the first look -----------------------------------------------------------------------------


def check(job: dict[str, object], store: Path, progress: Progress) -> dict[str, object]:
    """Say what is recognised of what was given so far; nothing is attacked or kept.

    Returns:
        `FirstLook.to_dict()`. What cannot be used is among its faults and problems.

    Raises:
        ConfigError: for what is no job at all.
        Cancelled: when asked to stop.
    """
    asked = PageJob.from_dict(job)
    return _Look(asked, store, progress).all().to_dict()


class _Look:
    """One first look, from the files to all of it together."""

    def __init__(self, asked: PageJob, store: Path, progress: Progress) -> None:
        self.asked, self.store, self.progress = asked, store, progress
        self.rename = _renamed(asked)
        self.files: list[FileFound] = []
        self.weights: list[Weights | None] = []
        self.problems: list[Problem] = []

    def all(self) -> FirstLook:
        """Look at everything that is there."""
        count = len(self.asked.files) + 2
        for number, (role, given) in enumerate(self.asked.files):
            self.progress(Stage("look", number, count, given.name))
            self._file(role, given)
        self.progress(Stage("look", count - 2, count, self.asked.data_name))
        data = self._data()
        found = FirstLook()
        if data is not None:
            found = replace(found, data=_data_words(data), classes=tuple(data.class_names))
            found = replace(found, forget=self._forget(data), choices=self._architecture(data))
        found = replace(found, files=tuple(self.files), problems=tuple(self.problems))
        self.progress(Stage("look", count - 1, count, ""))
        return found if self._lacking() else self._together(found)

    def _lacking(self) -> bool:
        """Whether something is missing, or wrong, without which nothing can be said of all."""
        faults = any(each.fault for each in self.files)
        return faults or bool(self.problems) or bool(self.asked.problems())

    def _file(self, role: str, given: Given) -> None:
        try:
            weights = read_weights(given.path)
        except ConfigError as error:
            fault = self.rename(str(error))
            self.files.append(FileFound(role, given.name, fault=fault))
            self.weights.append(None)
            return
        self.files.append(
            FileFound(
                role,
                given.name,
                sha256=weights.sha256,
                bytes=_size(given.path),
                format=weights.format,
                tensors=len(weights.tensors),
                numbers=sum(tensor.numel() for tensor in weights.tensors.values()),
                notes=tuple(map(_sentence, weights.notes)),
            )
        )
        self.weights.append(weights)

    def _data(self) -> Data | None:
        if not self.asked.data:
            return None
        try:
            return load(DataSpec.from_dict(dict(self.asked.data)), root=_root(self.asked))
        except (ConfigError, DataError) as error:
            self._problem(2, error)
            return None

    def _forget(self, data: Data) -> str:
        """What is forgotten, with counts; empty where it is not said, or cannot be."""
        if not self.asked.forget and self.asked.forget_list is None:
            return ""
        try:
            if self.asked.forget_list is not None:
                return self._forget_list(self.asked.forget_list, data)
            split = _scenario(self.asked).split(data, seed=self.asked.seed)
        except (ConfigError, DataError) as error:
            self._problem(2, error)
            return ""
        gone, kept = len(split.forget_train), len(split.retain_train)
        names = ", ".join(data.class_names[each] for each in split.classes[:6])
        more = " and others" if len(split.classes) > 6 else ""
        whole = f": all of {names}{more}" if names else ""
        return f"Forgets {gone:,} of {gone + kept:,} training pictures{whole}."

    def _forget_list(self, given: Given, data: Data) -> str:
        ids = listed_ids(given.path, DataSpec.from_dict(dict(self.asked.data or {})))
        count = len(data.y_train)
        if ids[-1] >= count:
            raise ConfigError(
                f"{given.name}: id {ids[-1]} is outside the train set, whose {count} samples are "
                f"numbered 0 to {count - 1}"
            )
        return f"Forgets {len(ids):,} of {count:,} training pictures."

    def _architecture(self, data: Data) -> tuple[Choice, ...]:
        """Which networks the weights may be of; what keeps each file from the one that is asked
        for, or comes nearest, is added to it."""
        choices: tuple[Choice, ...] = ()
        for number, (weights, about) in enumerate(zip(self.weights, self.files, strict=True)):
            if weights is None:
                continue
            try:
                found = self._candidates(weights, data)
            except ConfigError as error:
                self.files[number] = replace(about, fault=self.rename(str(error)))
                continue
            choices = choices or tuple(
                Choice(each.architecture.name, each.title, each.fits) for each in found
            )
            self.files[number] = _against(about, found)
        return choices

    def _candidates(self, weights: Weights, data: Data) -> tuple[Candidate, ...]:
        shape, classes = tuple(data.shape), len(data.class_names)
        if self.asked.architecture:
            return (as_candidate(self.asked.architecture, weights, shape, classes),)
        return recognise(weights, shape, classes)

    def _together(self, found: FirstLook) -> FirstLook:
        """What only all of it together tells: accuracies, and what looks wrong."""
        try:
            told: Checked = check_all(
                spec_of(self.asked),
                Store(self.store, (shipped_root(),)),
                pick_device(self.asked.device),
                self.progress,
                data_root=_root(self.asked),
            )
        except (ConfigError, DataError) as error:
            self._problem(1 if isinstance(error, ConfigError) else 2, error)
            return replace(found, problems=tuple(self.problems))
        original = next((each for each in told.models if each.role == "original"), None)
        accuracy = dict(original.accuracy) if original else {}
        parts = [part for part in ("retain_test", "forget_test") if part in accuracy]
        right = sum(accuracy[part] * told.sizes.get(part, 0) for part in parts)
        tested = sum(told.sizes.get(part, 0) for part in parts)
        return replace(
            found,
            accuracy=right / tested if tested else None,
            tested=sum(min(told.sizes.get(part, 0), LOOKED_AT) for part in parts),
            warnings=tuple(self.rename(_sentence(each)) for each in told.warnings),
        )

    def _problem(self, step: int, error: Exception) -> None:
        self.problems.append(Problem(step, _sentence(self.rename(str(error)))))


def _against(about: FileFound, found: tuple[Candidate, ...]) -> FileFound:
    """A file with the tensors that keep it from the network that comes nearest."""
    if not found:
        fault = (
            "no network that is known here fits these names and shapes; name the architecture "
            "below, or export the model (torch.export, .pt2)"
        )
        return replace(about, fault=_sentence(fault))
    best = found[0]
    if best.fits:
        return about
    return replace(
        about,
        missing=best.missing[:MOST_KEYS],
        unexpected=best.unexpected[:MOST_KEYS],
        misshaped=best.misshaped[:MOST_KEYS],
        fault=f"It does not fit: the nearest network is {best.title}; below is what differs.",
    )


def _data_words(data: Data) -> str:
    shape = "×".join(map(str, data.shape[1:]))
    channels = {1: "grey", 3: "colour"}.get(data.shape[0], f"{data.shape[0]} channels")
    return (
        f"{len(data.y_train):,} training and {len(data.y_test):,} test pictures, {shape} "
        f"{channels}, {len(data.class_names)} classes"
    )


def _root(asked: PageJob) -> Path | None:
    return Path(asked.data_root) if asked.data_root else None


def _size(path: str) -> int:
    found = Path(path)
    if found.is_file():
        return found.stat().st_size
    return sum(each.stat().st_size for each in found.rglob("*") if each.is_file())


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith(".") else ".")
