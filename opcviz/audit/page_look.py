"""The first look at what somebody gave on the page of the audit: nothing is attacked or kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..common.config import ConfigError
from ..common.devices import pick_device
from ..common.progress import Progress, Stage
from ..common.text import capital
from ..data import Data, DataError, DataSpec, Images, load
from ..intake.lists import listed_ids
from ..intake.recognise import Candidate, as_candidate, recognise
from ..intake.sanity import sanity
from ..intake.weights import Weights, read_weights
from ..study import Store, shipped_root
from .page_job import Choice, FileFound, FirstLook, Given, PageJob, Problem
from .page_run import renamer, root_of, scenario_of, spec_of
from .run import check as check_all

__all__ = ["check"]

MOST_KEYS = 200  # of a kind of mismatch that are told; a wrong architecture has thousands


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
        self.rename = renamer(asked)
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
            found = self._answers(found, data)
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
            return load(DataSpec.from_dict(dict(self.asked.data)), root=root_of(self.asked))
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
            split = scenario_of(self.asked).split(data, seed=self.asked.seed)
        except (ConfigError, DataError) as error:
            self._problem(2, error)
            return ""
        gone, kept = len(split.forget_train), len(split.retain_train)
        names = ", ".join(data.class_names[each] for each in split.classes[:6])
        more = " and others" if len(split.classes) > 6 else ""
        whole = f": all of {names}{more}" if names else ""
        return f"Forgets {gone:,} of {gone + kept:,} training pictures{whole}."

    def _forget_list(self, given: Given, data: Data) -> str:
        spec = DataSpec.from_dict(dict(self.asked.data or {}))
        ids = listed_ids(given.path, spec, root_of(self.asked))
        count = len(data.y_train)
        if ids[-1] >= count:
            raise ConfigError(
                f"{given.name}: id {ids[-1]} is outside the train set, whose {count} samples are "
                f"numbered 0 to {count - 1}"
            )
        return f"Forgets {len(ids):,} of {count:,} training pictures."

    def _architecture(self, data: Data) -> tuple[Choice, ...]:
        """Which networks the weights may be of; what keeps a file from the one that is asked for,
        that the others are of, or that comes nearest, is added to it."""
        found: dict[int, tuple[Candidate, ...]] = {}
        for number, weights in enumerate(self.weights):
            if weights is not None:
                try:
                    found[number] = self._candidates(weights, data, self.asked.architecture)
                except ConfigError as error:
                    fault = self.rename(str(error))
                    self.files[number] = replace(self.files[number], fault=fault)
        first = next((each for each in found.values() if any(c.fits for c in each)), ())
        for number, candidates in found.items():
            weights = self.weights[number]
            if first and weights is not None and not any(each.fits for each in candidates):
                candidates = self._candidates(weights, data, first[0].architecture.name)
            self.files[number] = _against(self.files[number], candidates)
        told = first or next(iter(found.values()), ())
        return tuple(Choice(each.architecture.name, each.title, each.fits) for each in told)

    def _answers(self, found: FirstLook, data: Data) -> FirstLook:
        """How well the original answers its own data, and which preparation would suit it."""
        weights = next(
            (w for w, f in zip(self.weights, self.files, strict=True) if f.role == "original"), None
        )
        about = next((each for each in self.files if each.role == "original"), None)
        if weights is None or about is None or about.fault or not isinstance(data, Images):
            return found
        try:
            told = sanity(
                self._candidates(weights, data, self.asked.architecture),
                weights,
                data,
                self.asked.mean or None,
                self.asked.std or None,
            )
        except ConfigError as error:
            self._problem(1, error)
            return found
        best, expected = told.best, told.expected
        better = (best.mean, best.std) != (expected.mean, expected.std)
        return replace(
            found,
            accuracy=expected.accuracy,
            floor=told.chance,
            tested=expected.samples,
            normalisation=expected.preparation,
            better_mean=best.mean if better else (),
            better_std=best.std if better else (),
            better_architecture=""
            if best.architecture == expected.architecture
            else best.architecture,
            warnings=tuple(self.rename(_sentence(each)) for each in told.warnings),
        )

    def _candidates(self, weights: Weights, data: Data, name: str = "") -> tuple[Candidate, ...]:
        if len(data.shape) != 3:
            raise ConfigError(f"the samples of '{data.name}' are no pictures, which is wanted here")
        shape, classes = (data.shape[0], data.shape[1], data.shape[2]), len(data.class_names)
        if name:
            return (as_candidate(name, weights, shape, classes),)
        return recognise(weights, shape, classes)

    def _together(self, found: FirstLook) -> FirstLook:
        """What only all of it together tells: whether the models are what they are said to be."""
        try:
            told = check_all(
                spec_of(self.asked),
                Store(self.store, (shipped_root(),)),
                pick_device(self.asked.device),
                self.progress,
                data_root=root_of(self.asked),
            )
        except (ConfigError, DataError) as error:
            self._problem(1 if isinstance(error, ConfigError) else 2, error)
            return replace(found, problems=tuple(self.problems))
        said = (self.rename(_sentence(each)) for each in told.warnings)
        warned = dict.fromkeys((*found.warnings, *said))
        return replace(
            found,
            warnings=tuple(warned),
            pictures=sum(told.sizes.values()),
            picture_seconds=told.picture_seconds,
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
        fault=f"{about.name} does not fit {best.title}; below is what differs.",
    )


def _data_words(data: Data) -> str:
    shape = "×".join(map(str, data.shape[1:]))
    channels = {1: "grey", 3: "colour"}.get(data.shape[0], f"{data.shape[0]} channels")
    return (
        f"{len(data.y_train):,} training and {len(data.y_test):,} test pictures, {shape} "
        f"{channels}, {len(data.class_names)} classes"
    )


def _size(path: str) -> int:
    found = Path(path)
    if found.is_file():
        return found.stat().st_size
    return sum(each.stat().st_size for each in found.rglob("*") if each.is_file())


def _sentence(text: str) -> str:
    """Begun large and ended with a stop; the name of a file stays as it is."""
    text = text.strip()
    first = text.split(maxsplit=1)[0] if text else ""
    named = "." in first.rstrip(".:,") or "/" in first
    begun = text if named else capital(text)
    return begun + ("" if text.endswith(".") else ".")
