"""What the screen reads: studies and runs on disk. Nothing here runs a model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ...artefacts import ModelResults
from ...common.access import ask
from ...common.records import Undefined, defined
from ...engine import DaskEngine
from ...results import DataResult, EvidenceResult, FitResult, MapsResult
from ...study import ModelResult, Store, StoreError, StudyResult, default_root, shipped_root
from ...study.naming import apart_models
from ...verdict import Consensus, Verdict
from ..charts.maps_component import Samples
from .access import may_now
from .array_files import fitting_arrays
from .choices import SAMPLED, TASK_PAGES, Choices, first_shown
from .kept import KeptStudies
from .means import class_means

__all__ = [
    "Column",
    "arrays_of",
    "choices",
    "columns",
    "engine",
    "fit_of",
    "maps_drawn",
    "read_ahead",
    "retrained",
    "samples",
    "store",
    "study_of",
    "trajectory",
]

BY_CLASS = ("maps.npz", "samples.npz")
"""Files whose arrays must fit the number of classes."""

_kept = KeptStudies()
_chosen: dict[str, tuple[tuple[Any, ...], Choices]] = {}
"""What can be selected in a study, by its place, as long as its files are these."""
_judging = threading.Lock()  # two visitors at once wait for one judgement instead of making two


def store() -> Store:
    """The user's store over the shipped studies."""
    return Store(default_root(), (shipped_root(),), warn=_warn)


def _warn(text: str) -> None:
    """Say what cannot be used, once a session: pages read the store at every click."""
    if not get_script_run_ctx(suppress_warning=True):  # nobody looks: see `read_ahead`
        return
    told = st.session_state.setdefault("store.told", set())
    if text not in told:
        told.add(text)
        st.toast(text, icon=":material/warning:")


ask(may_now)  # from here on every run says what its asker may name on this machine


@st.cache_resource
def _engine(root: str) -> DaskEngine:
    return DaskEngine(root)


def engine() -> DaskEngine:
    """The engine of the user's store, shared by all sessions of this app."""
    return _engine(str(default_root().absolute()))


def study_of(place: str) -> StudyResult:
    """A stored study, as it is on disk now, with what was read of it for others.

    Raises:
        StoreError: when there is none of this name.
    """
    return _kept.open(place, *_where(), _warn, _run())


def _where() -> tuple[Path, tuple[Path, ...]]:
    return default_root(), (shipped_root(),)


def _run() -> object:
    """What a page is drawn in: made anew for every run and every part."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.cursors


def choices(*tasks: str) -> dict[str, Choices]:
    """Every study that has a model, with what can be selected in it; shipped ones first.

    Of a shipped study the shipped models are shown at first, whatever visitors have trained since.

    Args:
        tasks: of these tasks alone; of any where none is named.
    """
    where, exhibit = store(), Store(shipped_root())
    shipped = exhibit.places()
    found: dict[str, Choices] = {}
    for place in sorted(where.places(), key=lambda p: (p not in shipped, p)):
        try:
            offered = _choices_in(place, exhibit)
        except StoreError as error:
            where.warn(f"{error}; it is left out")
            continue
        if offered is not None and (not tasks or offered.task in tasks):
            found[place] = offered
    return found


def _choices_in(place: str, exhibit: Store) -> Choices | None:
    """What can be selected in a study, None without a model; a look at its files while they stay.

    More studies than are kept would otherwise be opened at every click.
    """
    stamp = _kept.stamp(place, *_where(), _run())  # before it is read, as in `KeptStudies`
    known = _chosen.get(place)
    if known is not None and known[0] == stamp:
        return known[1]
    study = study_of(place)
    if not study.models:
        return None
    found, sound = _choices_of(study, exhibit)
    if sound and _kept.keeps(place, *_where()):  # of what is damaged every visitor is told
        _chosen[place] = stamp, found
    return found


def _choices_of(study: StudyResult, exhibit: Store) -> tuple[Choices, bool]:
    """What can be selected in a study, and whether its probe set is sound, if it has one."""
    models, task, asks = study.models, study.study.task, study.study.forget.kind
    if task not in TASK_PAGES:
        return Choices([m.key for m in models], title=study.study.title, task=task), True
    ours = exhibit.places(f"{study.place}/models")
    first = first_shown([m for m in models if m.key in ours] or models)
    if task not in SAMPLED:  # its samples may be anything, and no page asks for them
        return Choices([m.key for m in models], first, title=study.study.title, task=task), True
    probe = study.probe_artefact()
    kept = _sound_arrays(str(probe.path("probe.npz"))) if probe else {}
    found = Choices(
        [m.key for m in models],
        first,
        dict.fromkeys(map(int, kept.get("ids", ()))),  # ordered, and quick to look up
        set(map(int, kept.get("labels", ()))),
        title=study.study.title,
        drawn=partial(_maps_in, study.place),  # not the study, which would be kept with it
        task=task,
        asks=asks,
    )
    return found, bool(kept)


def _maps_in(place: str, keys: Collection[str]) -> set[str]:
    return maps_drawn(study_of(place), keys)


def maps_drawn(study: StudyResult, keys: Collection[str]) -> set[str]:
    """Kinds of map that at least one of these models has."""
    about = (model.results.get(MapsResult) for model in study.models if model.key in keys)
    return {kind for each in about if defined(each) for kind in each.maps}


def _sound_arrays(path: str, classes: int | None = None) -> dict[str, np.ndarray]:
    """The same; without what is damaged, of which a warning tells."""
    try:
        found, wrong = fitting_arrays(path, classes)
    except StoreError as error:
        _warn(str(error))
        return {}
    if wrong:
        _warn(wrong)
    return found


def samples(study: StudyResult) -> tuple[Samples, DataResult]:
    """The probe set for the maps, and what is said of the data set.

    Raises:
        StoreError: when no model was made yet, or a file of the probe set is damaged.
    """
    artefact = study.probe_artefact()
    if artefact is None:
        raise StoreError(f"study '{study.place}' has no probe set yet: run it first")
    about = DataResult.from_dict(artefact.json())
    arrays, wrong = fitting_arrays(str(artefact.path("probe.npz")), len(about.class_names))
    if wrong:
        raise StoreError(wrong)
    return (
        Samples(
            arrays["ids"],
            arrays["labels"],
            arrays["forget"],
            about.class_names,
            arrays["pictures"],
        ),
        about,
    )


def trajectory(model: ModelResult) -> dict[str, np.ndarray]:
    """What was kept of each epoch: `ids`, `points`; empty where nothing was."""
    artefact = model.artefact("model")
    path = artefact.path("trajectory.npz") if artefact else None
    return _sound_arrays(str(path)) if path and path.is_file() else {}


class Column:
    """One model as a column of the screen: its label, its results, its verdict, its arrays.

    Args:
        model: what is stored.
        label: its name among the models shown.
        verdict: on the model.
        consensus: of the verdicts on its method and setting over all seeds.
    """

    def __init__(
        self, model: ModelResult, label: str, verdict: Verdict, consensus: Consensus
    ) -> None:
        self.model, self.label, self.verdict, self.consensus = model, label, verdict, consensus

    @property
    def name(self) -> str:
        """The method's registered name."""
        return self.model.method.info.name

    @property
    def results(self) -> ModelResults:
        """The records of all kinds of artefact."""
        return self.model.results

    @property
    def evidence(self) -> EvidenceResult | Undefined:
        """The core of its evidence, or why there is none."""
        return self.results.get(EvidenceResult)

    def arrays(self, kind: str, name: str) -> dict[str, np.ndarray]:
        """The arrays of one kind of artefact, empty where there are none."""
        return arrays_of(self.model, kind, name)


def arrays_of(model: ModelResult, kind: str, name: str) -> dict[str, np.ndarray]:
    """The arrays of one kind of artefact of a model, empty where there are none."""
    artefact = model.artefact(kind)
    path = artefact.path(name) if artefact else None
    if not path or not path.is_file():
        return {}
    return _sound_arrays(str(path), _classes(model) if name in BY_CLASS else None)


def _classes(model: ModelResult) -> int | None:
    """How many classes its study has; None where its probe set does not say."""
    probe = model.store.latest(model.place.partition("/")[0], "probe")
    try:
        return len(DataResult.from_dict(probe.json()).class_names) if probe else None
    except ValueError:  # of a damaged probe set whoever reads it tells
        return None


def columns(study: StudyResult, keys: tuple[str, ...]) -> list[Column]:
    """The chosen models in the order given, labelled so that no two look alike."""
    titles = labels(study)
    known = {model.key: model for model in study.models}
    shown = [known[key] for key in keys if key in known]
    with _judging:
        return [
            Column(model, titles[model.key], study.verdict(model), study.consensus(model))
            for model in shown
        ]


def retrained(study: StudyResult) -> dict[int, ModelResults]:
    """The results of the retrained models by seed: what a model of that seed is compared with."""
    found = [model for model in study.models if model.method.info.name == "retrain"]
    return {model.seed: model.results for model in reversed(found)}


def fit_of(results: ModelResults, attack: str, fit: str) -> FitResult:
    """What a recovery attack with one fit set gets right of a model; undefined where not made."""
    evidence = results.get(EvidenceResult)
    if isinstance(evidence, Undefined):
        return FitResult.undefined(evidence.reason)
    older = "not computed by the version that made this; run the study again"
    return evidence.recovery.attack(attack).get(fit) or FitResult.undefined(older)


def read_ahead() -> Iterator[Callable[[], object]]:
    """What is read of the study that pages open on, piece by piece, before anybody asks for it."""
    found = choices("classification")
    if not found:
        return
    place, first = next(iter(found.items()))
    study = study_of(place)
    yield lambda: class_means(study)
    for key in first.shown:
        yield partial(_read_column, study, key)


def _read_column(study: StudyResult, key: str) -> None:
    for column in columns(study, (key,)):
        len(column.verdict.sensitivity)
        column.arrays("maps", "maps.npz")
        column.arrays("inversion", "inversion.npz")


def labels(study: StudyResult) -> dict[str, str]:
    """Model key to label: the method's title, with what tells it from others of its kind."""
    seeds, told = {m.seed for m in study.models}, apart_models(study.models)
    result = {}
    for model in study.models:
        seed = f"seed {model.seed}" if len(seeds) > 1 else ""
        full = "full attacks" if study.quick and model.suite == "full" else ""
        parts = (model.title, told[model.key], full, seed)
        result[model.key] = " · ".join(filter(None, parts))
    return result
