"""Three dimensions: the maps of all epochs stacked, one line a sample, turned with the mouse."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ...study import StudyResult
from ..charts.figures import chart_config
from ..charts.maps_component import Samples, Selection
from ..charts.space import Stack, space_figure
from ..charts.theme import projected
from ..reading import store_reader as library
from ..reading.selected import positions
from ..reading.store_reader import Column

__all__ = ["space"]


def space(
    study: StudyResult, shown: Sequence[Column], samples: Samples, selection: Selection
) -> None:
    """One figure a model, two a row.

    Args:
        study: what the columns are of.
        shown: the columns.
        samples: the probe set.
        selection: what is selected: the rest is not drawn.
    """
    chosen = positions(samples, selection)
    dark = st.context.theme.type == "dark"
    for start in range(0, len(shown), 2):
        for place, column in zip(st.columns(2), shown[start : start + 2], strict=False):
            with place:
                _one(study, column, samples, chosen, dark)


def _one(
    study: StudyResult,
    column: Column,
    samples: Samples,
    chosen: np.ndarray | None,
    dark: bool,
) -> None:
    # in a hall each has a screen, and the names of all columns are hidden by the one it has
    with st.container(key="names" if projected() else None):
        st.markdown(f"**{column.label}**")
    kept = library.trajectory(column.model)
    if not kept or not np.array_equal(kept["ids"], samples.ids):
        st.caption("no epochs were kept of this model for this probe set")
        return
    stack = Stack(kept["points"], samples.labels, samples.forget, samples.class_names)
    st.plotly_chart(
        space_figure(stack, chosen, theme="dark" if dark else "light"),
        config=chart_config(f"{study.place}-{column.model.key}-3d"),
        key=f"space.{column.model.key}",
    )
