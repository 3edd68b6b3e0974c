"""What the engine is asked to do with a plan: everything that a worker must be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

from ..common.config import ConfigError
from ..common.json_types import Json, Plain
from ..common.records import Record

__all__ = ["Job"]


@dataclass(frozen=True)
class Job(Record):
    """One run of the engine; `from_dict` raises `ConfigError` for what is no job.

    Attributes:
        plan: `Plan.to_dict()`.
        device: auto, cpu, cuda, cuda:1, mps.
        kinds: the artefacts wanted; none named: all.
        again: train the plan's last model once more if it exists, to be watched.
        together: train the plan's models side by side, epoch by epoch; those that exist once more.
        data_root: where data sets lie, or None for the usual places.
        plugin_files: a user's own methods, attacks and tasks that the plan may name.
    """

    plan: Mapping[str, Plain]
    device: str = "auto"
    kinds: tuple[str, ...] = ()
    again: bool = False
    together: bool = False
    data_root: str | None = None
    plugin_files: tuple[str, ...] = ()

    def _written(self) -> Json:
        values = asdict(self)
        return {**values, "kinds": list(self.kinds), "plugin_files": list(self.plugin_files)}

    @classmethod
    def _parsed(cls, values: object, strict: bool, where: str) -> Self:
        if not isinstance(values, dict):
            raise ConfigError(f"a job wants a table, got {values!r}")
        known = [f.name for f in fields(cls)]
        if unknown := [name for name in values if name not in known]:
            raise ConfigError(f"a job has no '{unknown[0]}'; it has: {', '.join(known)}")
        if not isinstance(values.get("plan"), dict):
            raise ConfigError("a job wants a plan: a table as `Plan.to_dict()` gives it")
        lists = {n: tuple(values.get(n) or ()) for n in ("kinds", "plugin_files")}
        return cls(**{**values, **lists})
