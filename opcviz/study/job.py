"""What the engine is asked to do with a plan: everything that a worker must be told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Self

from ..common.config import ConfigError
from ..common.json_types import Json

__all__ = ["Job"]


@dataclass(frozen=True)
class Job:
    """One run of the engine.

    Attributes:
        plan: `Plan.to_dict()`.
        device: auto, cpu, cuda, cuda:1, mps.
        kinds: the artefacts wanted; none named: all.
        again: train the plan's last model once more if it exists, to be watched.
        data_root: where data sets lie, or None for the usual places.
        method_files: a user's own methods and kinds of artefact that the plan may name.
    """

    plan: Json
    device: str = "auto"
    kinds: tuple[str, ...] = ()
    again: bool = False
    data_root: str | None = None
    method_files: tuple[str, ...] = field(default=())

    def to_dict(self) -> Json:
        """JSON-ready form."""
        values = asdict(self)
        return {**values, "kinds": list(self.kinds), "method_files": list(self.method_files)}

    @classmethod
    def from_dict(cls, values: Json) -> Self:
        """Inverse of `to_dict`; what is left out has its default.

        Raises:
            ConfigError: without a plan, or with an entry that a job does not have.
        """
        known = [f.name for f in fields(cls)]
        if unknown := [name for name in values if name not in known]:
            raise ConfigError(f"a job has no '{unknown[0]}'; it has: {', '.join(known)}")
        if not isinstance(values.get("plan"), dict):
            raise ConfigError("a job wants a plan: a table as `Plan.to_dict()` gives it")
        lists = {n: tuple(values.get(n) or ()) for n in ("kinds", "method_files")}
        return cls(**{**values, **lists})
