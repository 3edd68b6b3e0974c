"""What a study is, as a file a person can write.

A `Study` asks the question: data, forget scenario, architecture, training. Its hash names its
folder. A `Plan` says which models shall answer it: methods times seeds. TOML holds both:

    name = "digits"
    forget = "classes:0,1,2"
    methods = ["original", "retrain", "opc", {method = "rl", lr = 0.02}]
    seeds = [0]
    [data]
    name = "digits"
    [architecture]
    name = "resnet8"
    [training]
    epochs = 15
    [evidence]
    probe = 400
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Self

from ..artefacts import Evidence
from ..common.config import Config, ConfigError, fingerprint, setting
from ..common.json_types import Json, Plain
from ..common.records import Record
from ..data import DataSpec, Scenario
from ..methods import MethodSettings, method_settings
from ..models import Architecture
from ..training import Training
from .varied import put, varied

__all__ = [
    "Evidence",
    "Plan",
    "Study",
    "check_seeds",
    "in_steps",
    "list_presets",
    "load_plan",
    "load_plans",
    "model_place",
    "preset",
]

MAX_SEED = 2**31 - 1  # what every generator takes, with the offsets that are added to it
PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Study(Config):
    """One question, asked of many models; all but name, title and evidence is its identity."""

    name: str = setting("study", "short name: letters, digits, - and _")
    title: str = setting("", "one line for people")
    data: DataSpec = field(default_factory=DataSpec)
    forget: Scenario = field(default_factory=Scenario)
    architecture: Architecture = field(default_factory=Architecture)
    training: Training = field(default_factory=Training)
    evidence: Evidence = field(default_factory=Evidence)
    task: str = setting("classification", "what the models are asked to do")

    def __post_init__(self) -> None:
        """Check all fields and the letters of the name.

        Raises:
            ConfigError: naming the field.
        """
        super().__post_init__()
        if not self.name or not all(c.isascii() and (c.isalnum() or c in "-_") for c in self.name):
            raise ConfigError(f"Study.name: {self.name!r} may have letters, digits, - and _ only")
        object.__setattr__(self, "evidence", self.evidence.of_task(self.task))

    @property
    def place(self) -> str:
        """Name of its folder: readable, and unique to its identity.

        Raises:
            ConfigError: for a file of ids to forget that was not read yet: see `pinned`.
        """
        identity: Json = {
            "data": self.data.to_dict(),
            "forget": self.forget.identity(),
            "architecture": self.architecture.to_dict(),
            "training": self.training.to_dict(),
        }
        if self.task != "classification":
            identity["task"] = self.task
        return f"{self.name}-{fingerprint(identity)[:8]}"

    @property
    def tuned_for(self) -> str:
        """The data set whose tuned settings its methods take; empty where those are not for it.

        Settings were tuned with classifiers, whatever else is done with the same data.
        """
        return self.data.name if self.task == "classification" else ""

    @property
    def before(self) -> Study | None:
        """Of requests in a row, the study of all but the last; None where there is only one."""
        earlier = self.forget.before
        return None if earlier is None else self.replace(forget=earlier)

    @property
    def at_once(self) -> Study:
        """The study of the same data, asked for as one request."""
        return self.replace(forget=self.forget.at_once)

    @property
    def steps(self) -> tuple[Study, ...]:
        """Of requests in a row, a study for each of them, this one the last; else this one."""
        return (*(self.before.steps if self.before else ()), self)

    def pinned(self) -> Study:
        """The same study, its forget scenario fixed as it is now; see `Scenario.pinned`.

        Raises:
            DataError: if a file of ids must be read and cannot.
        """
        forget = self.forget.pinned()
        return self if forget is self.forget else self.replace(forget=forget)


def model_place(study: Study, method: MethodSettings, seed: int) -> str:
    """Folder of one model: `<study>/models/<method>-<hash>-s<seed>`."""
    return f"{study.place}/models/{method.info.name}-{fingerprint(method.to_dict())[:8]}-s{seed}"


@dataclass(frozen=True)
class Plan(Record):
    """A study and the models that shall answer it; its JSON is shown at the top of this file.

    `from_dict` raises `ConfigError`, naming the entry that does not fit.

    Attributes:
        study: the question.
        methods: settings of each method, in the order of columns.
        seeds: every method is run once for each.
    """

    study: Study
    methods: tuple[MethodSettings, ...]
    seeds: tuple[int, ...] = (0,)

    @classmethod
    def _parsed(cls, values: object, strict: bool, where: str) -> Self:
        if not isinstance(values, Mapping):
            raise ConfigError(f"a plan wants a table of settings, got {values!r}")
        values = dict(values)
        listed = values.pop("methods", ["original", "retrain", "opc"])
        seeds = values.pop("seeds", [0])
        check_seeds(seeds, "seeds")
        if not isinstance(listed, list | tuple):
            raise ConfigError(f"methods: wants a list of names or tables, got {listed!r}")
        for name, entries in (("seeds", seeds), ("methods", listed)):
            if not entries:
                raise ConfigError(f"{name}: the list is empty; name at least one")
        study = Study.from_dict(values)
        about = study.tuned_for, study.forget.forgets
        methods = tuple(read_method(entry, *about) for entry in listed)
        return cls(study, methods, tuple(dict.fromkeys(seeds)))

    def _written(self) -> Json:
        """Every setting is written out."""
        return {
            **self.study.to_dict(),
            "methods": [{"method": m.info.name, **m.to_dict()} for m in self.methods],
            "seeds": list(self.seeds),
        }

    def to_toml(self) -> str:
        """The same as TOML text."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())


def check_seeds(seeds: object, where: str) -> None:
    """See that these are seeds of random generators.

    Raises:
        ConfigError: naming the setting, the first that does not fit and what is allowed.
    """
    allowed = f"wants a list of whole numbers from 0 to {MAX_SEED}"
    if not isinstance(seeds, list | tuple):
        raise ConfigError(f"{where}: {allowed}, got {seeds!r}")
    for seed in seeds:
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
            given = repr(seed) if not isinstance(seed, int) or abs(seed) < 1e30 else "a larger one"
            raise ConfigError(f"{where}: {allowed}, got {given}")


def read_method(entry: str | Json, dataset: str = "", scenario: str = "classes") -> MethodSettings:
    """A method from its name or a table with `method = NAME`, over settings tuned for the data set.

    Args:
        entry: the name or the table.
        dataset, scenario: what settings are tuned for, see `opcviz.methods.method_settings`.

    Raises:
        ConfigError: for an unknown method or setting.
    """
    if isinstance(entry, str):
        return method_settings(entry, dataset=dataset, scenario=scenario)
    if not isinstance(entry, dict) or "method" not in entry:
        raise ConfigError(f"methods: wants names or tables with method = NAME, got {entry!r}")
    settings = {key: value for key, value in entry.items() if key != "method"}
    return method_settings(entry["method"], settings, dataset=dataset, scenario=scenario)


def list_presets() -> dict[str, str]:
    """Preset name to its title."""
    return {
        path.stem: _title(path, path.stat().st_mtime_ns)
        for path in sorted(PRESETS.glob("*.toml"), key=lambda path: path.stem)
    }


@lru_cache(maxsize=256)
def _title(path: Path, changed: int) -> str:
    """Of a preset as it was when it was changed last; a page asks for all of them many times."""
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("title", ""))


def preset(name: str) -> Plan:
    """A plan that comes with the project.

    Raises:
        ConfigError: for an unknown name (the known ones are listed), or one that varies.
    """
    return load_plan(preset_path(name))


def preset_path(name: str) -> Path:
    """The file of a plan that comes with the project.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    path = PRESETS / f"{name}.toml"
    if not path.is_file():
        raise ConfigError(f"no preset is called '{name}'; there are: {', '.join(list_presets())}")
    return path


def load_plan(path: Path) -> Plan:
    """The one plan of a TOML file.

    Raises:
        ConfigError: when the file is missing, no TOML, a setting does not fit, or it has `[vary]`.
    """
    plans = load_plans(path)
    if len(plans) > 1:
        raise ConfigError(f"{path}: varies into {len(plans)} studies, and one is wanted here")
    return plans[0]


def load_plans(path: Path, changes: Mapping[str, Plain] | None = None) -> tuple[Plan, ...]:
    """The plans of a TOML file: one, or with `[vary]` one for each combination of its values.

        [vary]
        "training.augment" = ["none", "crop_flip", "trivialaugment"]

    Each is a study of its own, named `<name>-<value>`, with its own original and retrained model.
    With `requests = ["classes:0", "classes:1"]` in place of `forget` one for each request in a row,
    see `in_steps`; `keeps` says what methods still have of the other data, see `Scenario`.
    A top-level `cost` says in words what a preset takes; it belongs to no question.

    Args:
        path: the file.
        changes: settings in place of the file's, by dotted name as in `evidence.pictures`.

    Raises:
        ConfigError: when the file is missing, no TOML, or a setting does not fit.
        DataError: when a file of ids to forget cannot be used.
    """
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        values.pop("cost", None)  # for people, see `opcviz.study.listed`
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # also numbers of more digits than Python reads
        raise ConfigError(f"{path}: not TOML ({error})") from error
    try:
        for dotted, value in (changes or {}).items():
            put(values, dotted, value)
        plans = [plan for each in varied(values) for plan in _plans(each)]
        return tuple(replace(plan, study=plan.study.pinned()) for plan in plans)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def in_steps(plan: Plan) -> tuple[Plan, ...]:
    """The plans of requests in a row: one a request, and one for the same data asked for at once.

    Each is a study of its own, and any of them may be run alone: what it needs of those before it
    is made with it. All have the methods' settings of the whole.
    """
    study = plan.study
    once = () if study.at_once == study else (study.at_once,)
    return tuple(replace(plan, study=each) for each in (*study.steps, *once))


def _plans(values: Json) -> tuple[Plan, ...]:
    """The plans of a file whose settings do not vary: several where it lists `requests`."""
    requests = values.pop("requests", None)
    if requests is None:
        return (Plan.from_dict(values),)
    if "forget" in values:
        raise ConfigError("forget: what is forgotten stands in `requests`; leave one of them out")
    keeps = values.pop("keeps", "retain")
    scenario = Scenario.from_dict({"kind": "sequence", "requests": requests, "keeps": keeps})
    return in_steps(Plan.from_dict({**values, "forget": scenario.to_dict()}))
