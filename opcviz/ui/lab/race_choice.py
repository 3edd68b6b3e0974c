"""Which methods race, and which stored model of each is replayed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ...methods import known_methods
from ...study import ModelResult, StudyResult
from ..charts.player_component import PARTS
from ..reading import state
from ..reading import store_reader as library
from ..reading.contrast import pair_of
from ..reading.followed import RACE
from ..reading.held import hold
from ..sections.missing import unknown_words
from ..sections.presentation import part_of, presenting

__all__ = ["FEWEST", "choose", "part_shown", "stored_model"]

FEWEST, MOST = 2, 4
DEFAULT = ("delete", "opc")


def choose(study: StudyResult, asked: str) -> tuple[str, ...]:
    """The methods that race, by name; drawn as a picker.

    Args:
        study: the study shown.
        asked: by the address, names separated by commas; empty: the defaults.
    """
    titles = {
        cls.info.name: cls.info.title
        for cls in known_methods(study.study.task, study.study.forget.forgets)
        if cls.info.family != "reference"
    }
    words = [word for word in asked.split(",") if word]
    known = [name for name in words if name in titles]
    chosen = known or _defaults(study, titles)
    hold("race.methods", list(chosen))
    st.multiselect(
        f"Methods ({FEWEST} to {MOST})",
        list(titles),
        format_func=lambda name: titles[name],
        max_selections=MOST,
        label_visibility="collapsed" if presenting() else "visible",
        key="race.methods",
        on_change=_chosen,
    )
    unknown_words("race", "method", words, titles)
    if words and not known:
        st.caption("These are the usual ones.")
    elif len(chosen) < FEWEST:
        st.caption(f"**Choose at least {FEWEST} methods**: a race of one is no race.")
    return tuple(chosen)


def part_shown(count: int) -> str:
    """What of the films a presentation shows now, with the buttons that turn it; else all.

    Args:
        count: of the methods: what is rebuilt stands below the curves of up to three.
    """
    return part_of(PARTS if count == MOST else PARTS[:-1])


def _chosen() -> None:
    names = st.session_state["race.methods"]
    state.choose(race=",".join(names))
    if not names:
        st.toast("A race needs methods, so the usual ones are back.", icon=":material/info:")
    RACE.show(None)


def _defaults(study: StudyResult, titles: dict[str, str]) -> list[str]:
    """DELETE and OPC where the study has both, else the two that its first page shows."""
    stored = {model.method.info.name for model in study.models}
    if set(DEFAULT) <= stored:
        return list(DEFAULT)
    pair = pair_of(study, library.choices()[study.place].shown)
    models = [model for key in pair.keys if (model := study.model(key))]
    found = [m.method.info.name for m in models if m.method.info.name in titles]
    others = [name for name in (*DEFAULT, *titles) if name in titles and name not in found]
    return [*found, *others][:FEWEST]


def stored_model(study: StudyResult, name: str, asked: Sequence[str] = ()) -> ModelResult | None:
    """The model of a method that is replayed: a shipped one first, then the least seed.

    Args:
        study: the study shown.
        name: of the method.
        asked: keys of models; one of the method goes first.
    """
    shown = library.choices()[study.place].shown
    found = [model for model in study.models if model.method.info.name == name]
    return min(found, key=lambda m: (m.key not in asked, m.key not in shown, m.seed), default=None)
