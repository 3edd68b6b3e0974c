"""One selection for the whole app, in the session and in the address bar.

Streamlit clears query parameters when the page changes and knows nothing of selections on the map,
so the session holds the truth and every run writes it into the address. An address is read when it
is new: on the first run of a session, after Back or Forward, or when a link inside the app sets it.
Values of a link that do not exist (any more) are ignored and named.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ..charts.maps_component import Selection

__all__ = [
    "MAX_MODELS",
    "MIN_MODELS",
    "Choices",
    "View",
    "read",
    "sync",
    "update",
    "went_back",
]

MIN_MODELS, MAX_MODELS = 2, 6  # columns that fit side by side
_KEY = "opcviz.view"
_WRITTEN = "opcviz.written"  # addresses written lately: one of them coming back is an echo
_ECHOES = 16


@dataclass(frozen=True)
class Choices:
    """What can be selected in one study.

    Attributes:
        models: ids of its models, in the order of columns.
        shown: the models shown at first.
        samples: ids of its probe set.
        maps: kinds of map it has; the first is shown at first.
    """

    models: Sequence[str]
    shown: Sequence[str] = ()
    samples: Container[int] = ()
    maps: Sequence[str] = ("umap", "densmap", "pca")

    def __post_init__(self) -> None:
        if not self.shown:
            object.__setattr__(self, "shown", tuple(self.models)[:4])


@dataclass(frozen=True)
class View:
    """What the whole app shows.

    Attributes:
        study: its name.
        models: ids of the models shown, in the study's order.
        selection: what is selected on the maps: a pinned sample, a set, classes. The address names
            the pinned sample only.
        map: the kind of map.
        notes: sentences on what a link asked for and does not exist.
    """

    study: str
    models: tuple[str, ...]
    selection: Selection = field(default=Selection())
    map: str = "umap"
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def sample(self) -> int | None:
        """The pinned sample's id, or None."""
        return self.selection.sample

    def to_params(self) -> dict[str, str]:
        """As query parameters."""
        params = {"study": self.study, "models": ",".join(self.models), "map": self.map}
        if self.sample is not None:
            params["sample"] = str(self.sample)
        return params


def read(
    params: Mapping[str, str], studies: Mapping[str, Choices], start: View | None = None
) -> View:
    """The view that a link asks for, as far as it exists.

    Args:
        params: query parameters; unknown ones are left alone.
        studies: what there is, the first being the default.
        start: where parameters are silent.

    Raises:
        ValueError: when there is no study at all.
    """
    if not studies:
        raise ValueError("there is no study to show")
    notes = []
    default = start.study if start and start.study in studies else next(iter(studies))
    study = params.get("study", default)
    if study not in studies:
        notes.append(f"There is no study '{study}' here; showing '{default}'.")
        study = default
    choices = studies[study]
    view = start if start and start.study == study else View(study, tuple(choices.shown))
    models = _read_models(params, choices, view.models, notes)
    kind = params.get("map", view.map)
    if kind not in choices.maps:
        if "map" in params:
            notes.append(f"There is no map '{kind}'; showing {choices.maps[0]}.")
        kind = choices.maps[0]
    selection = replace(
        view.selection,
        sample=_read_sample(params, choices, view.sample, notes),
        samples=tuple(i for i in view.selection.samples if i in choices.samples),
    )
    return View(study, models, selection, kind, tuple(notes))


def _read_models(
    params: Mapping[str, str], choices: Choices, current: Sequence[str], notes: list[str]
) -> tuple[str, ...]:
    asked = [m for m in params["models"].split(",") if m] if "models" in params else list(current)
    unknown = [m for m in asked if m not in choices.models]
    if unknown and "models" in params:
        names = ", ".join(f"'{m}'" for m in unknown)
        notes.append(f"This study has no model {names}; the others are shown.")
    models = tuple(m for m in choices.models if m in asked)  # columns keep the study's order
    if len(models) > MAX_MODELS:
        notes.append(f"At most {MAX_MODELS} models fit side by side; showing the first of them.")
    if len(models) < min(MIN_MODELS, len(choices.models)):
        models = tuple(m for m in choices.models if m in {*models, *choices.shown})
    return models[:MAX_MODELS]


def _read_sample(
    params: Mapping[str, str], choices: Choices, current: int | None, notes: list[str]
) -> int | None:
    if "sample" not in params:
        return current if current is not None and current in choices.samples else None
    text = params["sample"]
    if text.isdecimal() and int(text) in choices.samples:
        return int(text)
    notes.append(f"There is no sample '{text}' in this study's probe set; none is pinned.")
    return None


def sync(studies: Mapping[str, Choices]) -> View:
    """The view of this run: from the address if that is new, else from the session.

    Call it once at the top of each page, then show `View.notes`.

    Args:
        studies: what there is, the first being the default.

    Raises:
        ValueError: when there is no study at all.
    """
    session = st.session_state
    params = st.query_params.to_dict()
    ours = {k: v for k, v in params.items() if k in ("study", "models", "map", "sample")}
    current: View | None = session.get(_KEY)
    address = urlencode(ours)
    # an address we wrote ourselves may come back late, after a newer pick: the session wins
    echo = address in session.get(_WRITTEN, ()) and not went_back()
    if current is None or (ours and not echo):
        start = None if current is None else replace(current, selection=_unpinned(current))
        view = read(ours, studies, start)
    else:
        view = read({}, studies, current)  # what exists may have changed
    session[_KEY] = replace(view, notes=())
    _write(view, params)
    return view


def update(**changes: Any) -> None:
    """Change what is shown, from a callback or a page: `update(map="pca")`.

    Takes effect in the next `sync`, which also checks it. A change of study forgets the models and
    the selection of the old one.

    Raises:
        TypeError: for a field that `View` does not have.
    """
    view: View = st.session_state.get(_KEY) or View("", ())
    if changes.get("study", view.study) != view.study:
        changes = {"models": (), "selection": Selection(), **changes}
    if "models" in changes:
        changes["models"] = tuple(changes["models"])
    st.session_state[_KEY] = replace(view, **changes)


def _unpinned(view: View) -> Selection:
    """An address says which sample is pinned; of sets and classes it says nothing."""
    return replace(view.selection, sample=None)


def _write(view: View, params: Mapping[str, str]) -> None:
    """Put the view into the address, leaving parameters of others alone."""
    wanted = view.to_params()
    address = urlencode(wanted)
    before = st.session_state.get(_WRITTEN, ())
    st.session_state[_WRITTEN] = (*(a for a in before if a != address), address)[-_ECHOES:]
    others = {k: v for k, v in params.items() if k not in ("study", "models", "map", "sample")}
    # what the run was told may be older than what was written since: then write again
    if params != {**others, **wanted} or before[-1:] != (address,):
        st.query_params.from_dict({**others, **wanted})


def went_back() -> bool:
    """Whether this run was started by the browser's Back or Forward button."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(getattr(context, "is_history_navigation", False))
