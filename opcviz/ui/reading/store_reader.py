"""What the screen reads: studies and runs on disk. Nothing here runs a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ...engine import DaskEngine
from ...study import ModelResult, Store, StoreError, StudyResult, default_root, shipped_root
from ...study.artefact import read_arrays
from ...study.opening import list_studies, open_study
from ..charts.maps_component import Samples
from .state import Choices

__all__ = [
    "Column",
    "choices",
    "columns",
    "engine",
    "retrained",
    "samples",
    "store",
    "study_of",
    "trajectory",
]

FIRST_SHOWN = ("original", "retrain", "rl", "opc")


def store() -> Store:
    """The user's store over the shipped studies."""
    return Store(default_root(), (shipped_root(),), warn=_warn)


def _warn(text: str) -> None:
    """Say what cannot be used, once a session: pages read the store at every click."""
    told = st.session_state.setdefault("store.told", set())
    if text not in told:
        told.add(text)
        st.toast(text, icon="⚠️")


@st.cache_resource
def _engine(root: str) -> DaskEngine:
    return DaskEngine(root)


def engine() -> DaskEngine:
    """The engine of the user's store, shared by all sessions of this app."""
    return _engine(str(default_root().absolute()))


def study_of(place: str) -> StudyResult:
    """A stored study, as it is on disk now."""
    return open_study(store(), place)


def choices() -> dict[str, Choices]:
    """Every study that has a model, with what can be selected in it; shipped ones first.

    Of a shipped study the shipped models are shown at first, whatever visitors have trained since.
    """
    where, exhibit = store(), Store(shipped_root())
    shipped = exhibit.places()
    found: dict[str, Choices] = {}
    for place in sorted(list_studies(where), key=lambda p: (p not in shipped, p)):
        study = open_study(where, place)
        models = study.models
        if models:
            ours = exhibit.places(f"{place}/models")
            first = [m for m in models if m.key in ours] or models
            probe = study.probe_artefact()
            ids = _kept(str(probe.path("probe.npz"))).get("ids", ()) if probe else ()
            found[place] = Choices([m.key for m in models], _shown(first), set(map(int, ids)))
    return found


def _shown(models: list[ModelResult]) -> tuple[str, ...]:
    """The references, one shallow method and OPC; others where these are missing."""
    named = {m.method.info.name: m.key for m in reversed(models)}
    first = [named[name] for name in FIRST_SHOWN if name in named]
    others = [m.key for m in models if m.key not in first]
    return (*first, *others[: max(0, len(FIRST_SHOWN) - len(first))])


@st.cache_data(max_entries=256, show_spinner=False)
def _arrays(path: str) -> dict[str, np.ndarray]:
    """An npz file of an artefact. Artefacts never change, so their path is a good key.

    Raises:
        StoreError: when it is damaged.
    """
    return read_arrays(Path(path))


def _kept(path: str) -> dict[str, np.ndarray]:
    """The same; empty, and a warning, where it is damaged."""
    try:
        return _arrays(path)
    except StoreError as error:
        _warn(str(error))
        return {}


def samples(study: StudyResult) -> tuple[Samples, dict[str, Any]]:
    """The probe set for the maps, and what is said of the data set.

    Raises:
        StoreError: when no model was made yet, or a file of the probe set is damaged.
    """
    artefact = study.probe_artefact()
    if artefact is None:
        raise StoreError(f"study '{study.place}' has no probe set yet: run it first")
    arrays, about = _arrays(str(artefact.path("probe.npz"))), artefact.json()
    return (
        Samples(
            arrays["ids"],
            arrays["labels"],
            arrays["forget"],
            about["class_names"],
            arrays["pictures"],
        ),
        about,
    )


def trajectory(model: ModelResult) -> dict[str, np.ndarray]:
    """What was kept of each epoch: `ids`, `points`; empty where nothing was."""
    artefact = model.artefact("model")
    path = artefact.path("trajectory.npz") if artefact else None
    return _kept(str(path)) if path and path.is_file() else {}


class Column:
    """One model as a column of the screen: its label, its numbers, its arrays.

    Args:
        model: what is stored.
        label: its name among the models shown.
        numbers: its numbers and verdict, see `StudyResult.numbers`.
    """

    def __init__(self, model: ModelResult, label: str, numbers: dict[str, Any]) -> None:
        self.model, self.label, self.numbers = model, label, numbers

    @property
    def name(self) -> str:
        """The method's registered name."""
        return str(self.numbers["method"])

    def result(self, kind: str) -> dict[str, Any]:
        """The numbers of one kind of artefact, or a reason."""
        return self.model.result(kind)

    def arrays(self, kind: str, name: str) -> dict[str, np.ndarray]:
        """The arrays of one kind of artefact, empty where there are none."""
        artefact = self.model.artefact(kind)
        path = artefact.path(name) if artefact else None
        return _kept(str(path)) if path and path.is_file() else {}


def columns(study: StudyResult, keys: tuple[str, ...]) -> list[Column]:
    """The chosen models, labelled so that no two look alike."""
    titles = labels(study)
    shown = [model for model in study.models if model.key in keys]
    return [Column(model, titles[model.key], study.numbers(model)) for model in shown]


def retrained(study: StudyResult) -> dict[int, dict[str, Any]]:
    """The numbers of the retrained models by seed: what a model of that seed is compared with."""
    found = [model for model in study.models if model.method.info.name == "retrain"]
    return {model.seed: study.numbers(model) for model in reversed(found)}


def labels(study: StudyResult) -> dict[str, str]:
    """Model key to label: the method's title, with what tells it from others of its kind."""
    seeds = {m.seed for m in study.models}
    result = {}
    for model in study.models:
        label = model.title
        others = [
            m.method.to_dict()
            for m in study.models
            if m.title == model.title and m.method != model.method
        ]
        if others:
            mine = model.method.to_dict()
            apart = [k for k, v in mine.items() if any(o.get(k) != v for o in others)]
            label += " · " + ", ".join(f"{k} {mine[k]}" for k in apart[:2])
        if len(seeds) > 1:
            label += f" · seed {model.seed}"
        result[model.key] = label
    return result
