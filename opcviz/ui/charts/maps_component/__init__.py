"""Linked maps: one canvas per model, one selection for all, points that glide when they move.

A Streamlit component (version 2: no iframe, no build step, nothing from the network). Hovering
stays in the browser; only pinning a sample or selecting a set is told to Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ..shared import MOUNT, script
from ..theme import text_size
from .gather import gathered
from .payload import Extent, Panel, Samples, Selection, build_payload, extent_of

__all__ = ["Extent", "Panel", "Samples", "Selection", "extent_of", "gathered", "linked_maps"]

# Pixels: what a large map, and what is beside maps, takes in a window of usual width. So much is
# kept free until they are drawn.
LARGE, TOOLS, NAME, LEGEND = 442, 42, 28, 33
_HERE = Path(__file__).parent
_HTML = """
<div class="maps" data-testid="linked-maps" data-updates="0">
  <div class="tools" role="toolbar" aria-label="Maps" hidden></div>
  <div class="grid"></div>
  <div class="legend" role="group" aria-label="Classes"></div>
  <div class="tip" role="tooltip" data-testid="map-tooltip" hidden></div>
  <div class="said" aria-live="polite"></div>
</div>
"""


# One JavaScript module of several files: marks, one map, words beside it, what large maps can do
# beyond that (zoom, colours, play, saving, the buttons for these), what a person does, and the row
# of maps.
_FILES = (
    *("marks", "groups", "view", "tooltip_legend"),
    *("lens", "colours", "frames", "save", "tools", "hands", "maps"),
)
_JS = (MOUNT, *(_HERE / f"{name}.js" for name in _FILES))
_mount = st.components.v2.component(
    "opcviz_linked_maps", html=_HTML, css=script(_HERE / "maps.css"), js=script(*_JS)
)


def linked_maps(
    panels: Sequence[Panel],
    samples: Samples,
    *,
    key: str,
    selected: Selection | None = None,
    on_select: Callable[[Selection], None] | None = None,
    height: int = 260,
    per_row: int | None = None,
    extent: Extent | str = "own",
    compact: bool = False,
    titles: bool = True,
    legend: bool = True,
    glide: int = 250,
    tools: bool = False,
    colour: str = "class",
    epoch: int | None = None,
    on_epoch: Callable[[int | None], None] | None = None,
    file: str = "maps",
) -> Selection:
    """Draw a row of maps and return what is selected.

    With the same `key` and samples, new coordinates glide into place: call it again with each
    epoch's points for a live map or a replay (then pass a fixed `extent`, so that only points
    move). Columns and gaps are those of `st.columns(len(panels))`.

    Args:
        panels: one per model.
        samples: the probe set, the same for all panels.
        key: names the component on its page.
        selected: what to show as selected, kept by the caller from `on_select`; None leaves it to
            the component itself.
        on_select: called with the new selection before the rerun that a pick causes.
        height: of each map, pixels.
        per_row: maps per row; None puts all in one.
        extent: `own` range of each map, one `shared` by all, or fixed (x0, x1, y0, y1).
        compact: smaller points and no hint.
        titles: whether each map carries its model's name.
        legend: whether the classes are listed below.
        glide: milliseconds of the movement to new coordinates; 0 jumps.
        tools: large maps that fill their columns, with buttons for zoom, play and saving.
        colour: what colours say: `class`, `answer`, `confidence` or `restored`.
        epoch: at which panels with frames stand; None for the last.
        on_epoch: called with the epoch at which play or the slider was left, None for the last.
        file: what all maps together are saved as.

    Raises:
        ValueError: when there is no panel, or a panel does not match the samples.
    """
    if not panels:
        raise ValueError("linked_maps: nothing to show; pass at least one panel")
    stored = _stored(key)
    shown = _selection(stored) if selected is None else selected
    payload = build_payload(
        panels,
        samples,
        extent=extent,
        height=height,
        perRow=per_row or len(panels),
        compact=compact,
        legend=legend,
        glide=glide,
        text=text_size(),
        selected={
            "sample": shown.sample,
            "samples": list(shown.samples),
            "classes": list(shown.classes),
        },
        seq=int(stored.get("seq", 0)),
        tools=tools,
        colour=colour,
        epoch=epoch,
        file=file,
    )
    for panel in payload["panels"]:
        panel["showTitle"] = titles

    def changed() -> None:
        if on_select is not None:
            on_select(_selection(_stored(key)))

    def moved() -> None:
        at = (st.session_state.get(key) or {}).get("epoch")
        if on_epoch is not None and at is not None:
            on_epoch(None if at < 0 else int(at))

    rows = -(-len(panels) // (per_row or len(panels)))
    result = _mount(
        key=key,
        data=payload,
        height=(TOOLS if tools else 0)
        + rows * ((LARGE if tools else height) + (NAME if titles else 0))
        + (LEGEND if legend else 0),
        on_selection_change=changed,
        on_epoch_change=moved,
    )
    made = result.get("selection")
    return _selection(made) if selected is None and made else shown


def _stored(key: str) -> dict[str, Any]:
    """What the browser last sent under this key, if anything."""
    state = st.session_state.get(key)
    return (state.get("selection") if state else None) or {}


def _selection(sent: dict[str, Any]) -> Selection:
    sample = sent.get("sample")
    return Selection(
        sample=None if sample is None else int(sample),
        samples=tuple(int(i) for i in sent.get("samples", ())),
        classes=tuple(int(c) for c in sent.get("classes", ())),
    )
