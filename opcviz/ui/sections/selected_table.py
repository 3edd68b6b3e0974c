"""The selected samples one by one: picture, class, and what every model answers."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.elements.lib.column_types import ColumnConfig

from ..charts.maps_component import Samples, Selection
from ..charts.pictures import png_url, to_rgb
from ..reading import state
from ..reading.selected import Chosen, Known

__all__ = ["HEIGHT", "MOVED", "table"]

HEIGHT = 440  # pixels of the table and of what stands beside it
MAX_PICTURES = 1500  # thumbnails in the table: more would be megabytes
MOVED = (
    "**Moved**: the share of a sample's ten nearest neighbours in the original model's feature "
    "space that are no longer among its ten nearest, on average over the models shown."
)


def table(chosen: Chosen, where: NDArray[np.int64], selection: Selection, key: str) -> None:
    """One row a sample; a chosen row is pinned.

    Args:
        chosen: what is selected.
        where: positions of the samples to list.
        selection: what is selected, as the maps show it.
        key: where the table stands.
    """
    samples = chosen.samples
    if not len(where):
        with st.container(height=HEIGHT, border=True):
            st.markdown("No selected sample passes these filters.")
        return
    columns, settings = _columns(chosen, where)
    # a new key where the rows are others: a chosen row is known by its number
    rows = st.dataframe(
        columns,
        column_config=settings,
        hide_index=True,
        height=HEIGHT,
        row_height=34,
        key=f"{key}.rows.{zlib.crc32(where.tobytes())}",
        on_select="rerun",
        selection_mode="single-row",
    ).selection.rows
    if rows and (picked := int(samples.ids[where[rows[0]]])) != st.session_state.get(f"{key}.was"):
        st.session_state[f"{key}.was"] = picked
        state.update(selection=Selection(picked, selection.samples, selection.classes))
        st.rerun()
    if not rows:
        st.session_state.pop(f"{key}.was", None)
    st.caption(
        f"{len(where):,} of {len(chosen.where):,} samples. Click a column's head to sort by it; "
        "choose a row to pin its sample on the maps."
    )


def _columns(
    chosen: Chosen, where: NDArray[np.int64]
) -> tuple[dict[str, list[object]], dict[str, ColumnConfig]]:
    """The table by column, and how columns are drawn."""
    samples, names = chosen.samples, [str(name) for name in chosen.samples.class_names]
    columns: dict[str, list[object]] = {}
    settings: dict[str, ColumnConfig] = {}
    if samples.pictures is not None and len(where) <= MAX_PICTURES:
        columns["picture"] = [png_url(p) for p in to_rgb(samples.pictures[where])]
        settings["picture"] = st.column_config.ImageColumn("", width=44)
    columns["sample"] = samples.ids[where].tolist()
    settings["sample"] = st.column_config.NumberColumn(format="%d", width=70)
    columns["class"] = [names[c] for c in samples.labels[where].tolist()]
    columns["part"] = ["forget" if f else "kept" for f in samples.forget[where].tolist()]
    if (moved := chosen.moved()) is not None:
        columns["moved"] = moved[where].round().tolist()
        settings["moved"] = st.column_config.NumberColumn(format="%d %%", help=MOVED, width=76)
    for model in chosen.models:
        columns[model.label] = _answers(model, samples, where, names)
        settings[model.label] = st.column_config.TextColumn(
            help="its answer with the share it gives it; ↩ where an attacker who holds retained "
            "data alone restores the class of a forgotten sample"
        )
    return columns, settings


def _answers(
    model: Known, samples: Samples, where: NDArray[np.int64], names: Sequence[str]
) -> list[object]:
    if model.answer is None or model.share is None:
        return ["not stored"] * len(where)
    back = model.comes_back(samples.labels)
    return [
        f"{names[model.answer[i]]}  {model.share[i]:.0f} %"
        + ("  ↩" if back is not None and back[i] and samples.forget[i] else "")
        for i in where.tolist()
    ]
