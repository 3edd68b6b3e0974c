"""Finds and opens stored studies, whatever state their records are in."""

from __future__ import annotations

from functools import lru_cache

from ..artefacts import Kind, kinds
from ..common.config import ConfigError
from ..common.json_types import Json
from .results import StudyResult
from .spec import Evidence, Study, list_presets, load_plans, preset_path
from .store import Store, StoreError

__all__ = ["list_studies", "open_studies", "open_study"]


def list_studies(store: Store) -> list[str]:
    """Places of all studies that can be read; what is wrong with the others is told to `warn`."""
    return [study.place for study in open_studies(store)]


def open_studies(store: Store) -> list[StudyResult]:
    """All studies that can be read, by place; what is wrong with the others is told to `warn`."""
    return [study for place in store.places() if (study := _read(store, place))]


def _read(store: Store, place: str) -> StudyResult | None:
    try:
        return _opened(store, place)
    except StoreError as error:
        store.warn(f"{error}; it is left out")
        return None


def _opened(store: Store, place: str) -> StudyResult:
    """A study by its place.

    Raises:
        StoreError: when its record cannot be used.
    """
    spec = store.read_study(place)
    spec.pop("data_digest", None)
    try:
        return StudyResult(store, place, _study_of(store, place, spec))
    except ConfigError as error:
        raise StoreError(f"study '{place}': its study.json does not fit ({error})") from error


def _study_of(store: Store, place: str, spec: Json) -> Study:
    """The study; settings of the evidence that this version does not know do not close it.

    A user's own kind of artefact need not be loaded here: its name and its settings are left out.
    """
    known = _settings_known(tuple(kinds()))
    optional = {kind.name for kind in kinds() if kind.optional}
    stored = spec.get("evidence", {})
    if not isinstance(stored, dict):
        raise ConfigError(f"evidence wants a table of settings, not {stored!r}")
    evidence = {k: v for k, v in stored.items() if k in known}
    if isinstance(chosen := evidence.get("instruments"), list):
        evidence["instruments"] = [name for name in chosen if name in optional]
    try:
        return Study.from_dict({**spec, "evidence": evidence})
    except ConfigError as error:
        study = Study.from_dict({name: spec[name] for name in spec if name != "evidence"})
        store.warn(f"study '{place}': {error}; its evidence settings are left out")
        return study


def _last_in_row(store: Store, places: list[str]) -> list[str]:
    """Of the studies of one sequence of requests, whole or in part, that of the last request."""
    if len(places) < 2:
        return places
    for found in filter(None, (_read(store, place) for place in places)):
        row = (*found.study.steps, found.study.at_once)
        if {study.place for study in row} >= set(places) and len(found.study.steps) > 1:
            return [found.place]
    return []


@lru_cache(maxsize=8)
def _settings_known(declared: tuple[Kind, ...]) -> frozenset[str]:
    """Names of the settings of the evidence while these kinds are declared."""
    return frozenset(Evidence().to_dict())


def open_study(store: Store, name: str) -> StudyResult:
    """A study by its place, by a preset's name, or by its own name when only one has it.

    The name of requests in a row, which are a study each, means the last of these.

    Raises:
        StoreError: when there is none, or several (they are listed), or its record is damaged.
    """
    plans = load_plans(preset_path(name)) if name in list_presets() else ()
    place = plans[0].study.place if len(plans) == 1 else name
    if store.has(place):  # of hundreds of studies the names are not looked through for each
        return _opened(store, place)
    known = store.places()
    fitting = [p for p in known if p.rsplit("-", 1)[0] == name]
    fitting = _last_in_row(store, fitting) or fitting
    if len(fitting) != 1:
        what = "no study is" if not fitting else f"{len(fitting)} studies are"
        raise StoreError(f"{what} called '{name}'; there are: {', '.join(known) or 'none yet'}")
    return _opened(store, fitting[0])
