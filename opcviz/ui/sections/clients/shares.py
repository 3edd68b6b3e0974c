"""Who holds what: a panel a client."""

from __future__ import annotations

import streamlit as st

from ....data import Scenario
from ....results import ClientsResult
from ....study import StudyResult
from ...charts.figures import chart_config
from ...charts.shares import MOST, shares_figure
from ...reading import store_reader as library
from ..missing import not_measured
from ..sentences import title

__all__ = ["shares"]

HOW = (
    "The data never leave those who hold them: each client trains on its own, and a server "
    "averages what they send. One of them put a patch on some of its pictures and gave them the "
    "label of one class. Then it leaves, and what it taught is to be forgotten."
)


def shares(study: StudyResult, found: ClientsResult | None) -> None:
    """The classes of every client's pictures.

    Args:
        study: on the page.
        found: of any model of the study; None where none was measured.
    """
    title("Who holds what", HOW)
    if found is None:
        not_measured("What clients hold", "clients")
        return
    names = library.samples(study)[1].class_names
    drawn = found.clients[:MOST]
    figure = shares_figure([each.classes for each in drawn], [c.leaves for c in drawn], names)
    st.plotly_chart(figure, config=chart_config("clients"), key="clients.shares")
    st.caption(_told(study.study.forget, found))


def _told(asked: Scenario, found: ClientsResult) -> str:
    """Sizes, and what the leaver did to its pictures."""
    sizes = ", ".join(f"{client}: {each.pictures}" for client, each in enumerate(found.clients))
    drawn = "all hold equally many of every class"
    if asked.alpha:
        drawn = f"the classes of each are drawn with α = {asked.alpha:g}"
    leaver = next((each for each in found.clients if each.leaves), None)
    told = f"Pictures by client: {sizes}; {drawn}."
    if leaver is not None:
        told += (
            f" The one who leaves put a patch of {asked.side}×{asked.side} pixels on "
            f"{leaver.poisoned} of its {leaver.pictures} pictures and called them "
            f"{', '.join(asked.classes)}."
        )
    if len(found.clients) > MOST:
        told += f" The first {MOST} are drawn."
    return told
