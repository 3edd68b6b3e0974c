"""The types of what JSON holds, where it is not worth a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["Json", "Plain"]

Json = dict[str, Any]
"""A JSON object as it is read: keys are strings, values whatever JSON holds."""

Plain: TypeAlias = "bool | int | float | str | Sequence[Plain] | Mapping[str, Plain] | None"
"""A value that JSON can hold, followed by the type checker to its leaves: settings that are asked
about, jobs, numbers of a user's own. A tensor, a path or a dataclass in it is an error."""
