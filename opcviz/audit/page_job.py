"""What the page of the audit asks of the engine, and what the engine says of it before it begins.

Nothing here reads a file that somebody brought. The page writes a `PageJob`; the engine answers
it twice: `CHECKER` at once, with what was recognised (`page_look`), and `RUNNER` with a study in
the store and a report beside it (`page_run`).

    ROOT/studies/<study>/report-<hash>/    report.json, report.html, samples.csv
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from ..artefacts.settings import SUITES
from ..common.config import ConfigError
from ..common.json_types import Plain
from ..common.records import Record
from .spec import MAX_RETRAINED

__all__ = [
    "CHECKER",
    "REPORT",
    "ROLES",
    "RUNNER",
    "Choice",
    "FileFound",
    "FirstLook",
    "Given",
    "PageJob",
    "Problem",
]

RUNNER = "opcviz.audit.page_run:execute"
"""The function that audits."""
CHECKER = "opcviz.audit.page_look:check"
"""The function that says what was recognised."""
REPORT = "report"
"""Kind of the artefact that holds a finished audit's report."""
ROLES = {
    "original": "The original",
    "unlearned": "The unlearned model",
    "retrained": "A retrained model",
}


@dataclass(frozen=True)
class Given(Record):
    """A file that somebody brought.

    Attributes:
        name: what they call it; words on screen and never a path.
        path: where it lies on this machine.
        held: whether it lies in a visitor's area, and goes with it.
    """

    name: str
    path: str
    held: bool = False


@dataclass(frozen=True)
class PageJob(Record):
    """One audit as a page asks for it; `from_dict` raises `ConfigError` for what is none.

    Attributes:
        original, unlearned: weights; None where none was given.
        retrained: weights of models that never saw what is forgotten.
        data: `DataSpec.to_dict()`; empty where none was chosen.
        data_name: what the person calls their own data; empty for a data set of the app.
        forget: as in the scenarios; empty where none was chosen, or a list was given.
        forget_list: file of names or ids.
        architecture: its name, where the person named one.
        mean, std: of the input normalisation by channel, where the person gave them.
        suite: one of `SUITES`.
        seed: of everything drawn.
        retrain: models to train for the band where none were given.
        device: auto, cpu, cuda, cuda:1, mps.
        data_root: where data sets lie, or None for the usual places.
    """

    original: Given | None = None
    unlearned: Given | None = None
    retrained: tuple[Given, ...] = ()
    data: Mapping[str, Plain] | None = None
    data_name: str = ""
    forget: str = ""
    forget_list: Given | None = None
    architecture: str = ""
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    suite: str = "quick"
    seed: int = 0
    retrain: int = 0
    device: str = "auto"
    data_root: str | None = None

    @property
    def files(self) -> list[tuple[str, Given]]:
        """The weights that were given, with the role of each."""
        named = (("original", self.original), ("unlearned", self.unlearned))
        found = [(role, given) for role, given in named if given is not None]
        return [*found, *(("retrained", given) for given in self.retrained)]

    @property
    def title(self) -> str:
        """The audited model, and what it should have forgotten, in words."""
        name = self.unlearned.name if self.unlearned else "no model"
        data = self.data_name or str((self.data or {}).get("name", "no data"))
        wanted = self.forget or (self.forget_list.name if self.forget_list else "nothing named")
        return f"{name} · {data}, forget {wanted}"

    @property
    def held(self) -> list[Given]:
        """Everything of it that lies in a visitor's area."""
        given = [each for _, each in self.files]
        lists = [self.forget_list] if self.forget_list else []
        return [each for each in (*given, *lists) if each.held]

    def alone(self) -> PageJob:
        """The part of it that `CHECKER` reads, so that how it runs makes no further question."""
        usual = PageJob()
        same = {name: getattr(usual, name) for name in ("suite", "seed", "retrain", "device")}
        return replace(self, **same)

    def with_band(self, models: int) -> PageJob:
        """The same audit, for which so many retrained models are trained."""
        return replace(self, retrain=models)

    def problems(self) -> list[str]:
        """What is missing, or does not go together, in sentences; files are not looked at."""
        found = []
        if self.unlearned is None:
            found.append("The unlearned model is missing: give its weights in step 1.")
        if not self.data:
            found.append("No data are chosen: choose them in step 2.")
        if not self.forget and self.forget_list is None:
            found.append("What should be forgotten is not said: say it in step 2.")
        if self.suite not in SUITES:
            found.append(f"There is no suite '{self.suite}'; there are {' and '.join(SUITES)}.")
        if len(self.retrained) > MAX_RETRAINED or not 0 <= self.retrain <= MAX_RETRAINED:
            found.append(f"At most {MAX_RETRAINED} retrained models make the band.")
        if bool(self.mean) != bool(self.std):
            found.append("Mean and standard deviation go together: give both, or neither.")
        elif len(self.mean) != len(self.std):
            found.append("Mean and standard deviation want one number a channel each.")
        if any(deviation <= 0 for deviation in self.std):
            found.append("A standard deviation must be above 0.")
        return found

    @classmethod
    def _parsed(cls, values: object, strict: bool, where: str) -> Self:
        try:
            return super()._parsed(values, True, where)
        except ValueError as error:
            raise ConfigError(f"this is no audit that can be run: {error}") from error


@dataclass(frozen=True)
class FileFound(Record):
    """What was recognised of one file of weights.

    Attributes:
        role: a key of `ROLES`.
        name: what the person calls it.
        sha256, bytes, format: of the file.
        tensors, numbers: how many tensors it has, and how many numbers in them.
        notes: what was taken off or converted on the way, a sentence each.
        missing, unexpected, misshaped: keys that keep it from the architecture named.
        fault: why it cannot be used, one sentence; empty where it can.
    """

    role: str
    name: str
    sha256: str = ""
    bytes: int = 0
    format: str = ""
    tensors: int = 0
    numbers: int = 0
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    misshaped: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Choice(Record):
    """An architecture that the weights may be of.

    Attributes:
        name: as `Architecture.name` wants it.
        title: for a person.
        fits: whether every tensor has its place.
    """

    name: str
    title: str
    fits: bool


@dataclass(frozen=True)
class Problem(Record):
    """Why the audit cannot begin.

    Attributes:
        step: 1 for the models, 2 for the data.
        says: a sentence.
    """

    step: int
    says: str


@dataclass(frozen=True)
class FirstLook(Record):
    """What was recognised of all that was given.

    Attributes:
        files: of each file of weights.
        choices: architectures, the best first.
        data: the data in words; empty where they were not read.
        classes: their names.
        forget: what is forgotten in words, with counts; empty where it was not read.
        accuracy: percent that the original answers right of some of its own training pictures.
        floor: percent that the most frequent class alone would get.
        tested: how many pictures those are.
        normalisation: how pictures are prepared for it, in words.
        better_mean, better_std: the normalisation with which it answers clearly more of them.
        better_architecture: the name of the network as which it does; both empty where none does.
        warnings: what looks wrong although it can be used, a sentence each.
        problems: why the audit cannot begin.
        pictures: of the data, train and test.
        picture_seconds: that one of them takes through a network; 0 where it was not measured.
    """

    files: tuple[FileFound, ...] = ()
    choices: tuple[Choice, ...] = ()
    data: str = ""
    classes: tuple[str, ...] = ()
    forget: str = ""
    accuracy: float | None = None
    floor: float | None = None
    tested: int = 0
    normalisation: str = ""
    better_mean: tuple[float, ...] = ()
    better_std: tuple[float, ...] = ()
    better_architecture: str = ""
    warnings: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    pictures: int = 0
    picture_seconds: float = 0.0

    def of_step(self, step: int) -> list[str]:
        """The problems of one step."""
        return [each.says for each in self.problems if each.step == step]

    def file(self, role: str, number: int = 0) -> FileFound | None:
        """What was recognised of the file of this role, the first unless another is asked for."""
        found = [each for each in self.files if each.role == role]
        return found[number] if number < len(found) else None
