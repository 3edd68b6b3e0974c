"""What a person should know of a preset before starting it: what it asks, needs and costs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..common.records import Record
from ..data import at_hand, how_to_get
from .spec import list_presets, load_plans, preset_path

__all__ = ["PresetInfo", "about_preset", "about_presets"]


@dataclass(frozen=True)
class PresetInfo(Record):
    """A study that comes with the project.

    Attributes:
        name: as `opcviz run` wants it.
        title: one line for people.
        models: how many it makes.
        cost: what it takes, in words; empty where it is a matter of minutes.
        data: name of its data set.
        missing: how to get the data set where it is not on this machine; empty where it is.
    """

    name: str
    title: str
    models: int
    cost: str
    data: str
    missing: str


def about_preset(name: str, root: str | Path | None = None) -> PresetInfo:
    """One preset.

    Args:
        name: of it.
        root: the data folder, see `opcviz.data.data_root`.

    Raises:
        ConfigError: for an unknown name.
    """
    path = preset_path(name)
    values, plans = tomllib.loads(path.read_text(encoding="utf-8")), load_plans(path)
    data = plans[0].study.data.name
    return PresetInfo(
        name=name,
        title=str(values.get("title", "")),
        models=sum(len(plan.methods) * len(plan.seeds) for plan in plans),
        cost=str(values.get("cost", "")),
        data=data,
        missing="" if at_hand(data, root) else how_to_get(data, root),
    )


def about_presets(root: str | Path | None = None) -> list[PresetInfo]:
    """All presets, by name."""
    return [about_preset(name, root) for name in list_presets()]
