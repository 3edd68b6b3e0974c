"""What is declared of a method: everything but the mathematics, and without torch.

A process that only reads and draws (the app) knows the methods by their declarations; one that
runs them has the classes themselves. Both have the same names, settings, errors and hashes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from ..common.config import Config, ConfigError, setting
from ..common.described import Field, declared, described
from ..common.json_types import Json
from ..common.records import Record
from ..common.registry import Registry
from ..data import POLICY_NAMES
from ..training import Training
from .tuning import tuned_settings

__all__ = [
    "ANYWHERE",
    "BROUGHT",
    "CATALOGUE",
    "MARKS",
    "METHODS",
    "REFERENCES",
    "Declaration",
    "Fidelity",
    "Info",
    "IterativeSettings",
    "MethodSettings",
    "known_methods",
    "method_settings",
    "settings_class",
]


MARKS = {
    "faithful": "the published rule with its authors' settings",
    "corrected": "the published rule with repairs or changes, each of them listed",
    "ours": "the rule, or a decisive part of it, is this project's",
}


@dataclass(frozen=True)
class Fidelity(Record):
    """How closely a method follows what its authors published.

    Attributes:
        mark: one of `MARKS`.
        deviations: what differs, a plain sentence each.

    Raises:
        ConfigError: for another mark, or a deviation that is no sentence.
    """

    mark: str
    deviations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.mark not in MARKS:
            raise ConfigError(f"fidelity is one of {', '.join(MARKS)}, not {self.mark!r}")
        for said in self.deviations:
            if not (said[:1].isupper() and said.endswith(".")):
                raise ConfigError(f"a deviation is a sentence from capital to full stop: {said!r}")


@dataclass(frozen=True)
class Info:
    """What is declared of a method.

    Attributes:
        name: its word in commands, files and links.
        title: its name on screen.
        paper: where it comes from.
        family: reference, contraction, relabelling, ascent, fine-tuning, ...
        needs: what it must be given, of `forget`, `retain`, `original`.
        summary: its objective in one line.
        fidelity: how closely it follows what its authors published; a user's own has no others.
    """

    name: str
    title: str
    paper: str
    family: str
    needs: frozenset[str]
    summary: str
    fidelity: Fidelity = Fidelity("ours")


ANYWHERE = frozenset({"classes", "samples", "clients"})
"""The `scenarios` of methods that serve whether the data lie in one place or with clients."""


@dataclass(frozen=True)
class MethodSettings(Config):
    """The settings of a method, with what is declared of it.

    `tasks` names the tasks it is defined for, None for any; `scenarios` what it can forget, whole
    `classes`, any `samples`, or what one of several `clients` holds, and `limits` why not all.
    `stores` says whether statistics of all data, taken before the first request, can stand for the
    retain data. `exact` says what of its work is done in fp32 whatever the training's precision,
    and why; nothing where the precision decides it all.
    """

    info: ClassVar[Info]
    tasks: ClassVar[frozenset[str] | None] = None
    scenarios: ClassVar[frozenset[str]] = frozenset({"classes", "samples"})
    limits: ClassVar[str] = ""
    stores: ClassVar[bool] = False
    exact: ClassVar[str] = ""

    @classmethod
    def serves(cls, task: str | None) -> bool:
        """Whether it is defined for a task; None asks for none in particular."""
        return task is None or cls.tasks is None or task in cls.tasks

    @classmethod
    def refusal(cls, task: str, forgets: str, keeps: str = "retain") -> str:
        """Why it has no answer to a request, beginning with its name; empty where it has one.

        Args:
            task: name of the request's task.
            forgets: `classes`, `samples`, or what one of the `clients` holds.
            keeps: what is left to it of the retain data, see `Scenario.keeps`.
        """
        if not cls.serves(task):
            return (
                f"'{cls.info.name}' is not defined for {task}, only for "
                f"{', '.join(sorted(cls.tasks or ()))}: {cls.info.summary}"
            )
        if forgets == "clients" and forgets not in cls.scenarios:
            return (
                f"'{cls.info.name}' wants the data in one place, and clients keep theirs: let "
                f"{_instead(cls.info)} do it"
            )
        if forgets not in cls.scenarios:
            return (
                f"'{cls.info.name}' cannot forget {forgets}, only "
                f"{', '.join(sorted(cls.scenarios))}: {cls.limits}"
            )
        if "retain" in cls.info.needs and not (
            keeps == "retain" or (keeps == "statistics" and cls.stores)
        ):
            left = "only statistics of them are kept" if keeps == "statistics" else "none are kept"
            return f"'{cls.info.name}' needs the retained data, and {left}"
        return ""


def _instead(info: Info) -> str:
    """By whom a method can be used where clients hold the data, by what it needs."""
    if "retain" not in info.needs:
        ways = ["fed_leaver"]
    elif "forget" not in info.needs:
        ways = ["fed_others"]
    else:
        ways = ["fed_leaver", "fed_turns"]
    return " or ".join(f"{way} (inner = '{info.name}')" for way in ways)


REFERENCES = ("original", "retrain")
"""Names of the two models that all others stand between, in the order in which they are made."""


@dataclass(frozen=True)
class IterativeSettings(Training, MethodSettings):
    """The settings of a method that minimises an objective over batches."""

    augment: str = setting(
        "same",
        "how pictures are varied; same: as in the study's training",
        choices=("same", *POLICY_NAMES),
    )
    saliency: float = setting(
        1.0,
        "share of weights that may move, the most salient ones (SalUn's mask); 1: all",
        low=0.001,
        high=1.0,
        advanced=True,
    )


METHODS: Registry[type[MethodSettings]] = Registry("method")

BROUGHT = "brought"
"""The family of what only stands for models from outside, and makes none."""

CATALOGUE = Path(__file__).with_name("catalogue.json")
"""What the methods of this folder declare, written by `catalogue`."""


@dataclass(frozen=True)
class Declaration(Record):
    """A method's class as plain data.

    Attributes:
        cls: name of the class, as its error messages begin.
        info: see `Info`.
        tasks, scenarios, limits, exact, stores: see `MethodSettings`.
        iterative: whether it has the settings of the loop.
        fields: its own settings, and those of the loop whose default or description differs.
    """

    cls: str
    info: Info
    tasks: frozenset[str] | None
    scenarios: frozenset[str]
    limits: str
    iterative: bool
    fields: tuple[Field, ...]
    exact: str = ""
    stores: bool = False

    @classmethod
    def of(cls, method: type[MethodSettings]) -> Declaration:
        """What a method's class declares.

        Raises:
            ConfigError: for a setting that cannot be written as JSON.
        """
        iterative = issubclass(method, IterativeSettings)
        fields = tuple(described(method, IterativeSettings if iterative else MethodSettings))
        about = method.tasks, method.scenarios, method.limits
        ways = method.exact, method.stores
        return cls(method.__name__, method.info, *about, iterative, fields, *ways)

    def _written(self) -> Json:
        return {
            "class": self.cls,
            **vars(self.info),
            "needs": sorted(self.info.needs),
            "fidelity": self.info.fidelity.to_dict(),
            "tasks": None if self.tasks is None else sorted(self.tasks),
            "scenarios": sorted(self.scenarios),
            "limits": self.limits,
            "exact": self.exact,
            **({"stores": True} if self.stores else {}),
            "iterative": self.iterative,
            "fields": [field.to_dict() for field in self.fields],
        }

    @classmethod
    def _parsed(cls, values: object, strict: bool, where: str) -> Self:
        if not isinstance(values, Mapping):
            raise ValueError(f"{where}: wants an object, got {values!r}")
        words = ("name", "title", "paper", "family", "summary")
        return cls(
            values["class"],
            Info(
                **{word: values[word] for word in words},
                needs=frozenset(values["needs"]),
                fidelity=Fidelity.from_dict(values.get("fidelity", {"mark": "ours"})),
            ),
            None if values["tasks"] is None else frozenset(values["tasks"]),
            frozenset(values["scenarios"]),
            values["limits"],
            values["iterative"],
            tuple(Field.from_dict(field) for field in values["fields"]),
            values.get("exact", ""),
            values.get("stores", False),
        )

    def settings(self) -> type[MethodSettings]:
        """A class with the same settings, which cannot unlearn."""
        return declared(
            self.cls,
            self.fields,
            base=IterativeSettings if self.iterative else MethodSettings,
            doc=self.info.summary,
            info=self.info,
            tasks=self.tasks,
            scenarios=self.scenarios,
            limits=self.limits,
            exact=self.exact,
            stores=self.stores,
        )


def known_methods(
    task: str | None = None, forgets: str | None = None
) -> list[type[MethodSettings]]:
    """The settings of all methods: the references first, then as they were registered.

    What stands for a model that was brought is no method to choose, and left out.

    Args:
        task: only those that are defined for it.
        forgets: what a study forgets: only those that are for clients who hold the data, or only
            those that are for data in one place.
    """
    where = {"clients"} if forgets == "clients" else {"classes", "samples"}
    chosen = [
        cls
        for cls in METHODS.values()
        if cls.info.family != BROUGHT
        and cls.serves(task)
        and (forgets is None or not where.isdisjoint(cls.scenarios))
    ]
    return sorted(chosen, key=lambda cls: cls.info.family != "reference")


def settings_class(name: str) -> type[MethodSettings]:
    """The settings class of a method: its own class where that is loaded.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    return METHODS.get(name)


def method_settings(
    name: str,
    settings: Mapping[str, object] | None = None,
    *,
    dataset: str = "",
    scenario: str = "classes",
) -> MethodSettings:
    """A method's settings: those given over those tuned, if any, over its own.

    Args:
        name: of the method.
        settings: by name.
        dataset: name of the data set that settings are tuned for; empty for the paper's settings.
        scenario: what is forgotten of it, `classes` or `samples`, see `Scenario.forgets`.

    Raises:
        ConfigError: for an unknown method or setting, or a value that does not fit.
    """
    cls = settings_class(name)
    tuned = tuned_settings(cls.info.name, dataset, scenario)
    return cls.from_dict({**tuned, **(settings or {})})


def _read_catalogue() -> dict[str, type[MethodSettings]]:
    listed = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    found = (Declaration.from_dict(each) for each in listed)
    return {each.info.name: each.settings() for each in found}


METHODS.stand_in("catalogue", _read_catalogue())
