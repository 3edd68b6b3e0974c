"""One file of settings that stands for several plans: settings changed, and settings varied."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import product
from typing import Any

from ..common.config import ConfigError
from ..common.json_types import Json

__all__ = ["put", "varied"]


def put(values: Json, dotted: str, value: Any) -> None:
    """Set `a.b.c` in nested tables."""
    *path, last = dotted.split(".")
    for name in path:
        before, values = values, values.setdefault(name, {})
        if not isinstance(values, dict):
            raise ConfigError(
                f"{dotted}: '{name}' is a setting, not a table of settings: set it whole, "
                f"as in {name}={before[name]}"
            )
    values[last] = value


def varied(values: Json) -> Iterator[Json]:
    """A plan's values once for each combination in its `vary` table."""
    vary = values.pop("vary", {})
    if not isinstance(vary, dict):
        raise ConfigError(f"vary: wants a table of settings, each a list of values, got {vary!r}")
    for setting_name, options in vary.items():
        if not isinstance(options, list) or not options:
            raise ConfigError(f"vary.{setting_name}: wants a list of values, got {options!r}")
    for combination in product(*vary.values()):
        each = copy.deepcopy(values)
        for dotted, value in zip(vary, combination, strict=True):
            put(each, dotted, value)
        if not vary:
            yield each
            continue
        words = ["".join(c if c.isalnum() else "_" for c in str(value)) for value in combination]
        each["name"] = "-".join([str(each.get("name", "study")), *words])
        if isinstance(each.get("title"), str) and each["title"]:
            each["title"] += f" ({', '.join(map(str, combination))})"
        yield each
