"""The maps of Feature space: large, with zoom, colours, every epoch and a third dimension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ...study import StudyResult
from ..charts.maps_component import Panel, Samples, linked_maps
from ..reading import state
from ..reading import store_reader as library
from ..reading.held import hold
from ..reading.store_reader import Column
from .sentences import HOW_TO_READ
from .side_by_side import MAP_NAMES, kinds, map_panel
from .space import space

__all__ = ["large_maps"]

SCENES = {
    "finished": "Finished",
    "epochs": "Every epoch",
    "3d": "3-D",
}
COLOURS = {
    "class": "class",
    "answer": "model's answer",
    "confidence": "sureness of the answer",
    "restored": "restored by an attacker",
}
SCALES = {"own": "own", "same": "same"}
HOW = {
    "epochs": "The two strongest directions of every epoch's own features (uncentred PCA), turned "
    "to match the epoch before; the cross is the origin of feature space. The frame stays the same "
    "over all epochs, so what shrinks has shrunk.",
    "3d": "The same maps of every epoch, stacked: upwards is time. Each line is one sample. Only "
    "two directions of feature space are stored, so the third one here is the epoch.",
}
MAX_FRAMES = 60  # epochs sent to the browser; of longer trainings evenly many


def large_maps(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """One large map a model, with the choices above it.

    Args:
        study: what the columns are of.
        view: what is shown.
        shown: the columns.
    """
    scene, colour = view.option("scene"), view.option("colour")
    _choices(study, view)
    samples, _ = library.samples(study)
    if scene == "3d":
        space(study, shown, samples, view.selection)
        st.caption(HOW["3d"])
        return
    if scene == "epochs":
        panels = [_epochs(column, samples) for column in shown]
        kind = "epochs"
    else:
        count, back = len(samples.ids), colour == "restored"
        panels = [map_panel(column, view.map, count, restored=back) for column in shown]
        kind = view.map
    epoch = view.option("epoch")
    linked_maps(
        panels,
        samples,
        key=f"large.{study.place}",
        selected=view.selection,
        on_select=lambda chosen: state.update(selection=chosen),
        per_row=per_row(len(shown)),
        extent="shared" if view.option("scale") == "same" else "own",
        tools=True,
        colour=colour,
        epoch=int(epoch) if epoch else None,
        on_epoch=lambda at: state.choose(epoch="" if at is None else str(at)),
        file=f"{study.place}-{kind}",
    )
    st.caption(HOW[scene] if scene in HOW else HOW_TO_READ[view.map])
    if scene == "epochs":
        st.caption("Answers, and what an attacker restores, are those of the finished models.")
    st.caption(
        "Keys on a map: arrows walk from sample to sample, Enter pins, Space puts a sample into "
        "the selection or takes it out, A does so with its whole class, Escape clears; + and − "
        "zoom, Shift with an arrow moves, 0 shows the whole map. Holding Space while dragging "
        "moves the maps, too."
    )


def per_row(count: int) -> int:
    """Maps in a row: two or three, so that they are large and the last row is full."""
    return 2 if count in (2, 4) else min(3, max(1, count))


def _choices(study: StudyResult, view: state.View) -> None:
    """What is drawn, and in which colours; all of it stands in the address."""
    scene = view.option("scene")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _pick("Show", SCENES, "scene")
        hold("large.map", view.map)
        st.segmented_control(
            "Kind of map",
            kinds(study, view),
            format_func=MAP_NAMES.__getitem__,
            key="large.map",
            required=True,
            disabled=scene != "finished",
            on_change=lambda: state.update(map=st.session_state["large.map"]),
        )
        hold("large.colour", view.option("colour"))
        st.selectbox(
            "Colour by",
            list(COLOURS),
            format_func=COLOURS.__getitem__,
            width=200,
            key="large.colour",
            disabled=scene == "3d",
            on_change=lambda: state.choose(colour=st.session_state["large.colour"]),
            help="*Restored*: whether a linear map fitted on retained data alone gets the true "
            "class of a sample to be forgotten. Shape and size always say the class.",
        )
        _pick("Scale", SCALES, "scale", disabled=scene == "3d")


def _pick(label: str, words: dict[str, str], name: str, *, disabled: bool = False) -> None:
    """A control of one of the options that a link keeps."""
    hold(f"large.{name}", state.option(name))
    st.segmented_control(
        label,
        list(words),
        format_func=words.__getitem__,
        key=f"large.{name}",
        required=True,
        disabled=disabled,
        on_change=lambda: state.choose(**{name: st.session_state[f"large.{name}"]}),
    )


def _epochs(column: Column, samples: Samples) -> Panel:
    """All kept epochs of one model as frames of one map."""
    points = trajectory_of(column, samples)
    if isinstance(points, str):
        return Panel(column.label, reason=points)
    epochs = kept_epochs(len(points))
    frames = points[epochs]
    stored = column.arrays("maps", "maps.npz").get("probabilities")
    restored = column.arrays("samples", "samples.npz").get("restored")
    count = len(samples.ids)
    return Panel(
        column.label,
        frames[-1],
        stored if stored is not None and len(stored) == count else None,
        origin=(0.0, 0.0),
        restored=restored if restored is not None and len(restored) == count else None,
        frames=frames,
        epochs=epochs,
    )


def trajectory_of(column: Column, samples: Samples) -> NDArray[np.float32] | str:
    """(E+1, N, 2) map of each epoch, or why there is none."""
    kept = library.trajectory(column.model)
    if not kept or not len(kept["points"]):
        return "no epochs were kept of this model"
    if not np.array_equal(kept["ids"], samples.ids):
        return "its epochs were kept for another probe set"
    points: NDArray[np.float32] = kept["points"]
    if not np.isfinite(points[-1]).all(1).any():
        return "no map: the features are not finite"
    return points


def kept_epochs(count: int) -> list[int]:
    """Which of so many epochs are sent: all, or evenly many with the first and the last."""
    return sorted({round(e) for e in np.linspace(0, count - 1, min(count, MAX_FRAMES)).tolist()})
