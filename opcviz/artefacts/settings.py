"""How a study measures: its probe set, the kinds of artefact it wants, and their settings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Self, TypeVar

from ..common.config import Config, ConfigError, setting
from ..common.json_types import Json
from .kind import KINDS, Kind, kinds, settings_tables

__all__ = ["SUITES", "Evidence"]

C = TypeVar("C", bound=Config)
SUITES = ("full", "quick")


def _default_instruments() -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds() if kind.optional and kind.default)


@dataclass(frozen=True)
class Evidence(Config):
    """What is measured of every model.

    Beside its own fields it holds the settings of every registered kind of artefact, a table each:
    `evidence.table("recovery")`, in TOML `[evidence.recovery]`. In the quick suite tables are read
    as the kinds' `quick` changes them, and those that have none there are not chosen; what is
    written stays, so that either suite can be had from the other.
    """

    probe: int = setting(300, "fixed samples shown in every map", low=20, high=5000)
    live: int = setting(1500, "samples used for live numbers during training", low=20, high=20000)
    pictures: int = setting(8, "forget pictures under gradient inversion", low=1, high=256)
    maps: tuple[str, ...] = setting(
        ("umap", "densmap", "pca"), "kinds of feature map", choices=("umap", "densmap", "pca")
    )
    instruments: tuple[str, ...] | None = setting(
        None, "optional kinds of artefact to make; unset: those that are so by default"
    )
    keep_features: bool = setting(
        False, "store all features and logits too, for anyone who recomputes the evidence"
    )
    suite: str = setting(
        "full", "all attacks in earnest, or quick ones, to look at while waiting", choices=SUITES
    )
    tables: tuple[tuple[str, Config], ...] = ()

    def __post_init__(self) -> None:
        """Check all fields; tables that are not given are the kinds' defaults.

        Raises:
            ConfigError: naming the field, the kind or the table that does not fit.
        """
        given = dict(self.tables)
        known = settings_tables()
        for name in given:
            if name not in known:
                raise ConfigError(
                    f"Evidence has no setting '{name}'; it has: "
                    f"{', '.join([*self.own_fields(), *known])}"
                )
        object.__setattr__(self, "tables", ())
        super().__post_init__()
        filled = ((name, given.get(name) or cls()) for name, cls in known.items())
        object.__setattr__(self, "tables", tuple(filled))
        if self.instruments is None:
            object.__setattr__(self, "instruments", _default_instruments())
        optional = [kind.name for kind in kinds() if kind.optional]
        for name in self.instruments or ():
            if name not in optional:
                raise ConfigError(
                    f"Evidence.instruments: '{name}' is not one of {', '.join(optional)}"
                )

    @classmethod
    def own_fields(cls) -> list[str]:
        """Names of the settings that belong to no kind of artefact."""
        return [f.name for f in fields(cls) if f.name != "tables"]

    @classmethod
    def _parsed(cls, values: object) -> Self:
        if not isinstance(values, dict):
            raise ConfigError(f"Evidence wants a table of settings, not {values!r}")
        known = settings_tables()
        tables = [
            (name, value if isinstance(value, known[name]) else known[name].from_dict(value))
            for name, value in values.items()
            if name in known
        ]
        own = {name: value for name, value in values.items() if name not in known}
        if unknown := [name for name in own if name not in cls.own_fields()]:
            raise ConfigError(
                f"Evidence has no setting '{unknown[0]}'; it has: "
                f"{', '.join([*cls.own_fields(), *known])}"
            )
        return cls(**own, tables=tuple(tables))

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the optional kinds of artefact to make."""
        names = self.instruments or ()
        return tuple(name for name in names if not self.leaves_out(KINDS.get(name)))

    def of_task(self, task: str) -> Self:
        """The same settings without kinds about the models of other tasks."""
        own = {kind.name for kind in kinds(task)}
        names = tuple(name for name in self.instruments or () if name in own)
        return self if names == self.instruments else self.replace(instruments=names)

    def leaves_out(self, kind: Kind) -> bool:
        """Whether the suite has no such kind."""
        return self.suite == "quick" and kind.quick is None

    def in_suite(self, suite: str) -> Self:
        """The same settings for the full or the quick suite.

        Raises:
            ConfigError: for another word.
        """
        if suite not in SUITES:
            raise ConfigError(f"Evidence.suite: '{suite}' is not one of {', '.join(SUITES)}")
        return self if suite == self.suite else self._other_suite

    def _written(self) -> Json:
        own = {name: getattr(self, name) for name in self.own_fields()}
        plain = {n: list(v) if isinstance(v, tuple) else v for n, v in own.items()}
        return {**plain, **{name: config.to_dict() for name, config in self.tables}}

    def _changed(self, changes: Json) -> Self:
        own = {name: getattr(self, name) for name in self.own_fields()}
        return self.from_dict({**own, **dict(self.tables), **changes})

    def table(self, name: str) -> Config:
        """The settings in one table.

        Raises:
            ConfigError: when no kind reads such a table.
        """
        for known, config in self._asked:
            if known == name:
                return config
        raise ConfigError(f"Evidence has no settings '{name}'; no kind of artefact reads them")

    @cached_property
    def _other_suite(self) -> Self:
        return self.replace(suite=next(each for each in SUITES if each != self.suite))

    @cached_property
    def _asked(self) -> tuple[tuple[str, Config], ...]:
        """The tables as the suite has them."""
        changes: dict[str, Json] = {}
        for kind in kinds() if self.suite == "quick" else ():
            for name, changed in (kind.quick or {}).items():
                changes.setdefault(name, {}).update(changed)
        return tuple(
            (name, config.narrowed(changes[name]) if name in changes else config)
            for name, config in self.tables
        )

    @property
    def reference_seeds(self) -> tuple[int, ...]:
        """Further seeds whose originals and retrained models some kind learns from."""
        return tuple(sorted({seed for kind in kinds() for seed in kind.reference_seeds(self)}))

    def settings(self, cls: type[C]) -> C:
        """The settings of one class, as in `evidence.settings(Recovery)`.

        Raises:
            ConfigError: when no kind reads such settings.
        """
        for _, config in self._asked:
            if type(config) is cls:
                return config
        raise ConfigError(f"Evidence has no settings {cls.__name__}: no kind reads them")
