"""One selection for the whole app, in the session and in the address bar.

Streamlit clears query parameters when the page changes and knows nothing of selections on the map,
so the session holds the truth and every run writes it into the address. An address is read when it
is new: on the first run of a session, after Back or Forward, or when a link inside the app sets it.
Values of a link that do not exist (any more) are ignored and named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ..charts.maps_component import Selection
from .choices import TASK_PAGES, WINGS, Choices
from .options import OPTIONS, Option
from .sets import pack, quoted, read_classes, read_set

__all__ = [
    "MAX_MODELS",
    "MIN_MODELS",
    "OPTIONS",
    "TASK_PAGES",
    "WINGS",
    "Choices",
    "Option",
    "View",
    "choose",
    "option",
    "read",
    "selection",
    "sync",
    "update",
    "went_back",
]

MIN_MODELS, MAX_MODELS = 2, 6  # columns that fit side by side
_KEY = "opcviz.view"
_LEFT = "opcviz.left"  # the view last seen of each task: a page of another one does not lose it
_WRITTEN = "opcviz.written"  # addresses written lately: one of them coming back is an echo
_ECHOES = 16


@dataclass(frozen=True)
class View:
    """What the whole app shows.

    Attributes:
        study: its name.
        models: ids of the models shown, in the order of columns.
        selection: what is selected on the maps: a pinned sample, a set, classes.
        places: ids of the study's probe set, over which an address packs the selected set.
        map: the kind of map.
        options: what was chosen of `OPTIONS`, by name; see `option`.
        notes: sentences on what a link asked for and does not exist.
    """

    study: str
    models: tuple[str, ...]
    selection: Selection = field(default=Selection())
    map: str = "umap"
    options: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=(), compare=False)
    places: Collection[int] = field(default=(), compare=False, repr=False)

    def option(self, name: str) -> str:
        """What was chosen of one of `OPTIONS`, else its default.

        Raises:
            KeyError: when there is no option of this name.
        """
        return self.options.get(name, OPTIONS[name].default)

    @property
    def sample(self) -> int | None:
        """The pinned sample's id, or None."""
        return self.selection.sample

    def to_params(self) -> dict[str, str]:
        """As query parameters."""
        params = {"study": self.study, "models": ",".join(self.models), "map": self.map}
        if self.sample is not None:
            params["sample"] = str(self.sample)
        if self.selection.samples:
            params["set"] = pack(self.selection.samples, self.places)
        if self.selection.classes:
            params["classes"] = ",".join(map(str, sorted(self.selection.classes)))
        chosen = {name: self.option(name) for name in OPTIONS}
        return params | {k: v for k, v in chosen.items() if v != OPTIONS[k].default}


OURS = ("study", "models", "map", "sample", "set", "classes", *OPTIONS)
"""The parameters of an address that are read and written here."""


def read(
    params: Mapping[str, str],
    studies: Mapping[str, Choices],
    start: View | None = None,
    others: Mapping[str, Choices] | None = None,
) -> View:
    """The view that a link asks for, as far as it exists.

    Args:
        params: query parameters; unknown ones are left alone.
        studies: what can be shown here, the first being the default.
        start: where parameters are silent.
        others: studies that there are, too, and of which the page shows nothing.

    Raises:
        ValueError: when there is no study at all.
    """
    if not studies:
        raise ValueError("there is no study to show")
    notes = []
    default = start.study if start and start.study in studies else next(iter(studies))
    study = params.get("study", default)
    if study not in studies:
        name = studies[default].title or default
        other = (others or {}).get(study)
        said = other.elsewhere() if other else f"There is no study {quoted(study)} here"
        notes.append(f"{said}; showing '{name}'.")
        study = default
    choices = studies[study]
    view = start if start and start.study == study else View(study, tuple(choices.shown))
    models = _read_models(params, choices, view.models, notes)
    kind = _read_map(params, choices, models, view.map, notes)
    selection = Selection(
        _read_sample(params, choices, view.sample, notes),
        read_set(params, choices.samples, view.selection.samples, notes),
        read_classes(params, choices.classes, view.selection.classes, notes),
    )
    options = {**view.options, **_read_options(params, notes)}
    return View(study, models, selection, kind, options, tuple(notes), choices.samples)


def _read_map(
    params: Mapping[str, str],
    choices: Choices,
    models: Collection[str],
    current: str,
    notes: list[str],
) -> str:
    """The kind asked for, else the current one; the first that these models have if it is none."""
    kind, there = params.get("map", current), choices.maps_of(models)
    if kind in there:
        return kind
    if "map" in params:
        lacks = "None of these models has a" if kind in choices.maps else "There is no"
        notes.append(f"{lacks} map {quoted(kind)}; showing {there[0]}.")
    return there[0]


def _read_options(params: Mapping[str, str], notes: list[str]) -> dict[str, str]:
    found = {}
    for name, about in OPTIONS.items():
        if (word := params.get(name)) is None:
            continue
        if about.valid(word):
            found[name] = word
        else:
            notes.append(f"{name} cannot be {quoted(word)}; it is {about.wanted}.")
    return found


def _read_models(
    params: Mapping[str, str], choices: Choices, current: Sequence[str], notes: list[str]
) -> tuple[str, ...]:
    asked = [m for m in params["models"].split(",") if m] if "models" in params else list(current)
    unknown = [m for m in asked if m not in choices.models]
    if unknown and "models" in params:
        notes.append(f"This study has no model {quoted(*unknown)}; the others are shown.")
    models = tuple(dict.fromkeys(m for m in asked if m in choices.models))  # in the order asked
    if len(models) > MAX_MODELS:
        notes.append(f"At most {MAX_MODELS} models fit side by side; showing the first of them.")
    if len(models) < min(MIN_MODELS, len(choices.models)):
        if "models" in params and not unknown:
            notes.append(f"At least {MIN_MODELS} models are compared; the first ones were added.")
        models = tuple(m for m in choices.models if m in {*models, *choices.shown})
    return models[:MAX_MODELS]


def _read_sample(
    params: Mapping[str, str], choices: Choices, current: int | None, notes: list[str]
) -> int | None:
    if "sample" not in params:
        return current if current is not None and current in choices.samples else None
    text = params["sample"]
    if text.isascii() and text.isdecimal() and len(text) < 12 and int(text) in choices.samples:
        return int(text)
    notes.append(f"There is no sample {quoted(text)} in this study's probe set; none is pinned.")
    return None


def sync(studies: Mapping[str, Choices], tasks: Collection[str] = ()) -> View:
    """The view of this run: from the address if that is new, else from the session.

    Call it once at the top of each page, then show `View.notes`.

    Args:
        studies: what there is, the first that the page shows being the default.
        tasks: of which the page shows studies, or keys of `WINGS`; none: of all. It opens on the
            one of them that was looked at last, and says so of a link to any other.

    Raises:
        ValueError: when there is no study that the page shows.
    """
    here = {k: v for k, v in studies.items() if v.fits(tasks)}
    others = {k: v for k, v in studies.items() if k not in here}
    session = st.session_state
    params = st.query_params.to_dict()
    ours = {k: v for k, v in params.items() if k in OURS}
    current: View | None = session.get(_KEY)
    address = urlencode(ours)
    # an address we wrote ourselves may come back late, after a newer pick: the session wins
    echo = address in session.get(_WRITTEN, ()) and not went_back()
    wings = [task for task in tasks if task in WINGS]
    current = _of_these(current, here, others, wings)
    if current is None or (ours and not echo):
        # an address holds the whole selection: what it does not name is not selected
        start = None if current is None else replace(current, selection=Selection())
        view = read(ours, here, start, others)
    else:
        view = read({}, here, current)  # what exists may have changed
    session[_KEY] = replace(view, notes=())
    left = wings or [here[view.study].task]
    session[_LEFT] = {**session.get(_LEFT, {}), **dict.fromkeys(left, session[_KEY])}
    _write(view, params)
    return view


def _of_these(
    current: View | None,
    here: Mapping[str, Choices],
    others: Mapping[str, Choices],
    wings: Collection[str],
) -> View | None:
    """The view that a page begins from: of a study of its own, with the options of the last one."""
    if current is None or current.study not in others or not here:
        return current
    left: Mapping[str, View] = st.session_state.get(_LEFT, {})
    place, first = next(iter(here.items()))
    fresh = View(place, tuple(first.shown))
    whose = wings or [choices.task for choices in here.values()]
    back = next((left[each] for each in whose if each in left), fresh)
    return replace(back, options=current.options)


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


def option(name: str) -> str:
    """What is chosen of one of `OPTIONS` now, for parts of a page that are drawn again alone.

    Raises:
        KeyError: when there is no option of this name.
    """
    view: View | None = st.session_state.get(_KEY)
    return view.option(name) if view else OPTIONS[name].default


def choose(**words: str) -> None:
    """Choose options, from a callback or a page: `choose(fit="all")`; the address follows at once.

    Raises:
        ValueError: for a word that is none of an option's.
        KeyError: when there is no option of a name.
    """
    for name, word in words.items():
        if not OPTIONS[name].valid(word):
            raise ValueError(f"{name} cannot be '{word}'; it is {OPTIONS[name].wanted}")
    view: View = st.session_state.get(_KEY) or View("", ())
    view = replace(view, options={**view.options, **words})
    st.session_state[_KEY] = view
    if view.study:  # a part that is drawn again alone does not come to `sync`
        _write(view, st.query_params.to_dict())


def _write(view: View, params: Mapping[str, str]) -> None:
    """Put the view into the address, leaving parameters of others alone."""
    wanted = view.to_params()
    address = urlencode(wanted)
    before = st.session_state.get(_WRITTEN, ())
    st.session_state[_WRITTEN] = (*(a for a in before if a != address), address)[-_ECHOES:]
    # ours first: a page appends its own, and another order would be a new entry of the browser's
    # history, which takes away those that Forward would come to
    whole = {**wanted, **{k: v for k, v in params.items() if k not in OURS}}
    # what the run was told may be older than what was written since: then write again
    if params != whole or before[-1:] != (address,):
        st.query_params.from_dict(whole)


def went_back() -> bool:
    """Whether this run was started by the browser's Back or Forward button."""
    context = get_script_run_ctx(suppress_warning=True)
    return bool(getattr(context, "is_history_navigation", False))


def selection() -> Selection:
    """What is selected now, for parts of a page that are drawn again alone."""
    view: View | None = st.session_state.get(_KEY)
    return view.selection if view else Selection()
