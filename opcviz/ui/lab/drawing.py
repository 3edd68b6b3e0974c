"""A generator as it trains, and again afterwards: what it draws when it is asked."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ...common.records import Undefined
from ...results import GenerationResult
from ...study import ModelResult, StudyResult
from ..charts.curves_component import run_curves
from ..charts.palette import method_colour
from ..charts.wall_component import Drawn, picture_wall
from ..reading import store_reader as library
from ..reading.generated import Gone, drawn_words
from ..sections.follower import Tail
from ..sections.glossary import help_of
from ..sections.sentences import percent

__all__ = ["MAP", "headline", "live_view", "replay"]

CHARTS = ("loss", "asked")
MAP = (
    "The middle of the network, the trunk: each point is one real picture, lightly noised and "
    "without a condition. Principal components (PCA), not centred, turned to match the epoch "
    "before; the cross is the origin."
)
ASKED = (
    "Asked for what is forgotten, always from the same noise; the slider goes back to the looks "
    "before. A look has ten denoising steps, 100 pictures and a judge that learnt for a shorter "
    "time; the finished model is judged by more of all three."
)


def live_view(
    run: str,
    tail: Tail,
    history: Sequence[Mapping[str, Any]],
    below: Callable[[], None] | None,
) -> None:
    """Tiles, pictures and curves of a run.

    Args:
        run: its id.
        tail: what is known of it.
        history: the numbers of each epoch.
        below: draws what stands below the pictures.
    """
    numbers = st.columns(3, gap="small")
    last = _latest(history)
    for place, label, name, entry in (
        (numbers[0], "Asked: judged", "asked_judged", "judged"),
        (numbers[1], "Asked: genuine", "asked_genuine", "genuine"),
    ):
        place.metric(label, percent(last.get(name)), border=True, help=help_of(entry))
    loss = last.get("retain_loss")
    told = "–" if loss is None else f"{loss:.3f}"
    numbers[2].metric("Loss on what is kept", told, border=True, help=help_of("denoising loss"))
    left, right = st.columns([1, 2.2])
    with left:
        looks = [(e["epoch"], e["pictures"]) for e in tail.epochs if e.get("pictures")]
        frames = [(epoch, found) for epoch, told in looks if (found := _pixels(told)) is not None]
        _wall(tail.model or "Pictures", frames, key="live.drawn")
        if below is not None:
            below()
    with right:
        run_curves(
            history,
            losses=tail.losses,
            epochs=tail.epochs[-1]["epochs"] if history else None,
            charts=CHARTS,
            key=f"live.curves.{run}",
        )
        st.caption(ASKED)


def replay(
    model: ModelResult,
    kept: Mapping[str, NDArray[Any]],
    history: Sequence[Mapping[str, Any]],
    epoch: int,
) -> None:
    """The pictures and curves of a finished model up to an epoch.

    Args:
        model: the model.
        kept: what was kept of each epoch.
        history: the numbers of each epoch.
        epoch: shown.
    """
    run_curves(
        history[: epoch + 1],
        epochs=len(history) - 1,
        charts=("asked",),
        key="replay.curves",
    )
    if "drawn" in kept and "drawn_at" in kept:
        frames = [
            (int(at), pictures)
            for at, pictures in zip(kept["drawn_at"], kept["drawn"], strict=True)
            if at <= epoch
        ]
        name = model.method.info.name
        _wall(model.title, frames, key="replay.drawn", color=method_colour(name))
    st.caption(ASKED)


def headline(study: StudyResult, model: ModelResult) -> str:
    """What a finished generator draws, in a sentence or two.

    Args:
        study: that it belongs to.
        model: the generator.
    """
    found = model.results.get(GenerationResult)
    if isinstance(found, Undefined):
        return f"nothing is known of its pictures: {found.reason}."
    gone = Gone.of(library.samples(study)[1])
    said = f"asked for {gone.words}, {drawn_words(found.asked, gone)}"
    kept = f"asked for other classes, {percent(found.retained.accuracy)} are right"
    return f"{said}; {kept}."


def _latest(history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The last number there is of each name: pictures are drawn now and then."""
    found: dict[str, Any] = {}
    for row in history:
        found |= {name: value for name, value in row.items() if value is not None}
    return found


def _pixels(told: Mapping[str, Any]) -> NDArray[np.uint8] | None:
    """The pictures of an event, (N, C, H, W); None where they are not as they say."""
    shape = told.get("shape", [])
    flat = np.frombuffer(base64.b64decode(told.get("pixels", "")), np.uint8)
    return flat.reshape(shape) if len(shape) == 4 and flat.size == np.prod(shape) else None


def _wall(
    name: str, frames: Sequence[tuple[int, NDArray[np.uint8]]], *, key: str, color: str = "#7C8796"
) -> None:
    if not frames:
        st.caption("No pictures yet: it is asked after some epochs, where classes are forgotten.")
        return
    column = Drawn(name, color, np.stack([pictures for _, pictures in frames]))
    steps = [f"after epoch {epoch:,}" for epoch, _ in frames]
    picture_wall([column], key=key, steps=steps, what="the training")
