"""What an audit asks, as settings: whose weights, which data, what should be gone.

Nothing here loads torch or opens a file: the page, the command line and `verify` all write this
down, and `run.audit` answers it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..artefacts import Evidence, kinds
from ..artefacts.settings import SUITES
from ..common.config import Config, ConfigError, setting
from ..common.json_types import Plain
from ..data import DataSpec, Scenario, list_datasets
from ..training import Training

__all__ = [
    "MAX_RETRAINED",
    "AuditSpec",
    "command_of",
    "data_of",
    "forget_of",
    "numbers_of",
]

PICTURES = 4
"""Under gradient inversion, which takes longest and decides nothing, unless more are asked for."""
OWN_FILES = {".npz": "arrays", ".zip": "folder", ".parquet": "table"}
"""Endings of files with a person's own pictures, and how they are read."""
TABLES = ("*.parquet", "data/*.parquet", "train/*.parquet", "train/*.arrow")
"""What tells a folder of tables from one of pictures."""
LEAST_STD, FURTHEST = 1e-6, 1e6
"""Of a normalisation: what is smaller, or larger, is lost or infinite in float32."""
LONGEST_NAME = 2000
"""Characters of a network's name: one of a library holds its arguments, too."""
MAX_RETRAINED = 20
"""Models of the band: beyond that each one tells little more of its spread."""


@dataclass(frozen=True)
class AuditSpec(Config):
    """Whose weights, which data, what should be gone, and how hard it is attacked.

    Only `unlearned` must be given. Models are files of weights (or folders, see
    `opcviz.intake.weights`); what is told of them is checked before anything is attacked.
    """

    unlearned: str = setting("", "weights of the model that should have forgotten")
    original: str = setting("", "weights of the model before unlearning; empty: there are none")
    retrained: tuple[str, ...] = setting(
        (), "weights of models trained without the forget data, one or more; none: see retrain"
    )
    data: DataSpec = field(default_factory=DataSpec)
    forget: Scenario = field(default_factory=Scenario)
    architecture: str = setting("", "name of the network; empty: recognised from the weights")
    mean: tuple[float, ...] = setting(
        (), "what samples are centred by, one number a channel; none: as the weights say, or not"
    )
    std: tuple[float, ...] = setting(
        (), "what samples are divided by, one number a channel; none: as the weights say, or not"
    )
    suite: str = setting(
        "full", "all attacks in earnest, or quick ones for a first look", choices=SUITES
    )
    without: tuple[str, ...] = setting((), "attacks to leave out, as in inversion")
    bounded: bool = setting(
        True, "smaller budgets of attacks that train where the network is large"
    )
    as_given: bool = setting(
        False, "go on where the original and the unlearned model look swapped", advanced=True
    )
    retrain: int = setting(
        0, "models to train for the band where none were given", low=0, high=MAX_RETRAINED
    )
    training: Training = field(default_factory=Training)
    evidence: Evidence = field(default_factory=lambda: Evidence(pictures=PICTURES))
    seed: int = setting(0, "of everything random", low=0, high=2**31 - 1 - MAX_RETRAINED)
    name: str = setting("", "one line for people")
    called: tuple[str, ...] = setting(
        (),
        "what their owners call the models, the data and the list of what to forget, in this "
        "order; none: as the files are called",
        advanced=True,
    )

    def __post_init__(self) -> None:
        """Check all fields, also against each other.

        Raises:
            ConfigError: naming the field and what to do.
        """
        super().__post_init__()
        if not self.unlearned:
            raise ConfigError("AuditSpec.unlearned: name the weights of the model under audit")
        if self.retrain and self.retrained:
            raise ConfigError(
                "AuditSpec.retrain: retrained models were given, so that none need be trained; "
                "leave out one of the two"
            )
        if len(self.retrained) > MAX_RETRAINED:
            raise ConfigError(
                f"AuditSpec.retrained: {len(self.retrained)} models; give {MAX_RETRAINED} at most"
            )
        if not all(self.retrained):
            raise ConfigError("AuditSpec.retrained: one of the names is empty")
        if not all(LEAST_STD <= value <= FURTHEST for value in self.std):
            raise ConfigError(
                "AuditSpec.std: samples, from 0 to 1, are divided by it: numbers from "
                f"{LEAST_STD:g} to {FURTHEST:g}"
            )
        if not all(abs(value) <= FURTHEST for value in self.mean):
            raise ConfigError(
                "AuditSpec.mean: samples, from 0 to 1, are centred by it: numbers of at most "
                f"{FURTHEST:g}"
            )
        if len(self.architecture) > LONGEST_NAME:
            raise ConfigError(
                f"AuditSpec.architecture: {self.architecture[:40]!r}… has "
                f"{len(self.architecture):,} characters; no network has over {LONGEST_NAME:,}"
            )
        if len(self.mean) != len(self.std):
            raise ConfigError(
                f"AuditSpec.mean and std: {len(self.mean)} and {len(self.std)} numbers; give both, "
                "one number a channel each"
            )
        if self.called and len(self.called) != len(self.models) + 2:
            raise ConfigError(
                f"AuditSpec.called: {len(self.called)} names, and there are "
                f"{len(self.models)} models, the data and what to forget; name each, or none"
            )
        known = [kind.name for kind in kinds("classification")]
        for name in self.without:
            if name not in known:
                raise ConfigError(
                    f"AuditSpec.without: '{name}' is no attack; there are: {', '.join(known)}"
                )

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """Role (`original`, `unlearned`, `retrained`) and weights of each model that was given."""
        first = (("original", self.original),) if self.original else ()
        return (*first, ("unlearned", self.unlearned), *(("retrained", r) for r in self.retrained))

    @property
    def names(self) -> tuple[str, ...]:
        """What the models, the data and the list are called, in this order; empty for what is no
        file: a data set of the app, a scenario."""
        paths = (*(path for _, path in self.models), self.data.path, self.forget.path)
        called = self.called or ("",) * len(paths)
        named = zip(called, paths, strict=True)
        return tuple((name or Path(path).name) if path else "" for name, path in named)

    def told(self) -> AuditSpec:
        """The spec as a report tells it: where files lie is left out, where they are called."""
        if not self.called:
            return self
        names = list(self.names)
        forget, data = names.pop(), names.pop()
        original = names.pop(0) if self.original else ""
        return self.replace(
            original=original,
            unlearned=names[0],
            retrained=tuple(names[1:]),
            data=self.data.replace(path=data),
            forget=self.forget.replace(path=forget),
            called=(),
        )

    def to_report(self) -> Mapping[str, Plain]:
        """The settings as a report keeps them, from which the audit can be made again."""
        return {name: each for name, each in self.told().to_dict().items() if name != "called"}


def data_of(text: str) -> DataSpec:
    """A data set by its name, by `NAME:PATH`, or by the path of a folder or a file alone.

    Raises:
        ConfigError: for what is none of these.
    """
    known = {info.name: info for info in list_datasets()}
    name, colon, path = text.partition(":")
    if text in known:
        return DataSpec(name=text)
    if colon and name in known:
        return DataSpec(name=name, path=path)
    place = Path(text).expanduser()
    if place.is_dir():
        return DataSpec(name="table" if _holds_tables(place) else "folder", path=text)
    if (ending := place.suffix.lower()) in OWN_FILES:
        return DataSpec(name=OWN_FILES[ending], path=text)
    raise ConfigError(
        f"'{text}' is no data set, no folder and no file of pictures ({', '.join(OWN_FILES)}); "
        f"data sets: {', '.join(known)}"
    )


def _holds_tables(folder: Path) -> bool:
    """Whether a folder has tables of pictures, and not the pictures themselves."""
    return any(next(folder.glob(each), None) for each in TABLES)


def forget_of(text: str) -> Scenario:
    """What to forget: a scenario's text, or the path of a list (.csv, .txt, .npy).

    Raises:
        ConfigError: for what is neither.
    """
    if Path(text).suffix.lower() in (".csv", ".txt", ".npy") and ":" not in text:
        return Scenario(kind="indices", path=text)
    return Scenario.parse(text)


def numbers_of(text: str, where: str) -> tuple[float, ...]:
    """Numbers with commas, as in `0.49,0.48,0.45`; none for an empty text.

    Raises:
        ConfigError: for anything else, naming the option.
    """
    try:
        return tuple(float(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise ConfigError(f"{where}: wants numbers with commas, got '{text}'") from None


def command_of(spec: AuditSpec, device: str = "auto") -> str:
    """The line that asks for an audit, with the names of files as they are in the spec."""
    asked, plain = [], AuditSpec(unlearned=spec.unlearned)
    for name, value in (
        *(("original", each) for each in (spec.original,) if each),
        ("unlearned", spec.unlearned),
        *(("retrained", each) for each in spec.retrained),
        ("data", f"{spec.data.name}:{spec.data.path}" if spec.data.path else spec.data.name),
        ("forget", str(spec.forget)),
        *(("architecture", each) for each in (spec.architecture,) if each),
        *((name, _numbers(getattr(spec, name))) for name in ("mean", "std") if spec.mean),
        *(("retrain", str(each)) for each in (spec.retrain,) if each),
        *(("without", each) for each in spec.without),
        *(("seed", str(each)) for each in (spec.seed,) if each),
        *(("name", each) for each in (spec.name,) if each),
        ("device", device),
    ):
        asked += [f"--{name}", value]
    asked += ["--quick"] if spec.suite == "quick" else []
    asked += [] if spec.bounded else ["--set", "bounded=false"]
    asked += ["--set", "as_given=true"] if spec.as_given else []
    for table in ("data", "training", "evidence"):
        now, usual = getattr(spec, table).to_dict(), getattr(plain, table).to_dict()
        for name, value in now.items():
            if value != usual.get(name) and not (table == "data" and name in ("name", "path")):
                asked += ["--set", f"{table}.{name}={_toml(value)}"]
    return shlex.join(["opcviz", "audit", *asked])


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(repr(value).removesuffix(".0") for value in values)


def _toml(value: Plain) -> str:
    """A setting as `--set` reads it: JSON, but for its tables."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name} = {_toml(each)}" for name, each in value.items())
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
