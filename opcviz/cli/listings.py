"""What can be chosen, as plain rows for the command line."""

from __future__ import annotations

from dataclasses import asdict

from ..common.config import Config, settings_of
from ..common.json_types import Json
from ..study import Store

__all__ = [
    "architectures",
    "artefact_kinds",
    "attacks",
    "datasets",
    "json_fields",
    "methods",
    "presets",
    "studies",
]


def datasets() -> list[Json]:
    """Data sets and what each needs."""
    from ..data import list_datasets

    return [asdict(info) for info in list_datasets()]


def architectures() -> list[Json]:
    """Networks by name."""
    from ..models import list_architectures

    return [{"name": name} for name in list_architectures()]


def methods() -> list[Json]:
    """Unlearning methods with what is declared of them."""
    from ..methods import list_methods, tuned_datasets

    return [
        {
            "name": cls.info.name,
            "title": cls.info.title,
            "family": cls.info.family,
            "summary": cls.info.summary,
            "paper": cls.info.paper,
            "needs": sorted(cls.info.needs),
            "forgets": sorted(cls.scenarios),
            "exact": cls.exact,
            "fidelity": cls.info.fidelity.mark,
            "deviations": list(cls.info.fidelity.deviations),
            "fields": _fields(cls),
            "tasks": sorted(cls.tasks) if cls.tasks else "any",
            "tuned": tuned_datasets(cls.info.name),
        }
        for cls in list_methods()
    ]


def attacks() -> list[Json]:
    """Attacks and measures that have settings, by the table of `[evidence]` they are set in."""
    from ..artefacts import settings_tables

    return [
        {"name": name, "summary": (cls.__doc__ or "").splitlines()[0], "fields": _fields(cls)}
        for name, cls in settings_tables().items()
    ]


def artefact_kinds() -> list[Json]:
    """What can be made of a model, in the order in which it is made."""
    from ..artefacts import kinds

    return [
        {
            "name": kind.name,
            "title": kind.title,
            "summary": kind.summary,
            "optional": kind.optional,
            "own": kind.own,
            "settings": list(kind.settings),
            "json": dict(kind.fields),
        }
        for kind in kinds()
    ]


def json_fields() -> list[Json]:
    """What `show --json` holds, field by field: the README's table."""
    from ..study.fields import documentation

    return [{"field": path, "meaning": said} for path, said in documentation().items()]


def _fields(cls: type[Config]) -> list[Json]:
    defaults = cls().all_values()
    return [
        {"name": name, "default": defaults[name], "help": about.help}
        for name, about in settings_of(cls).items()
    ]


def presets() -> list[Json]:
    """Studies that `run` knows by name, with what each needs and costs."""
    from ..study import about_presets

    return [
        {
            "name": about.name,
            "title": about.title,
            "models": about.models,
            "cost": about.cost or "minutes",
            "data": f"{about.data} (not here)" if about.missing else about.data,
            "missing": [f"{about.missing}."] if about.missing else [],
        }
        for about in about_presets()
    ]


def studies(where: Store) -> list[Json]:
    """Stored studies."""
    from ..study.opening import open_studies

    opened = open_studies(where)
    return [{"name": s.place, "title": s.study.title, "models": len(s.models)} for s in opened]
