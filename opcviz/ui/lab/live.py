"""A run as it goes, and again afterwards: curves, a map that moves, Cancel, replay."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from ...engine import Run, UnknownRun
from ...study import ModelResult, Plan, StoreError, StudyResult, open_study
from ..charts.curves_component import CURVES, Level, run_curves
from ..charts.maps_component import Panel, Samples, linked_maps
from ..charts.scroll_up import scroll_up
from ..reading import store_reader as library
from ..reading.asking import see_to_it
from ..sections.follower import Tail
from ..sections.glossary import help_of
from ..sections.sentences import percent, power_of_ten
from ..sections.steering import steer, waiting
from . import drawing, unreadable
from .levels import ATTACKERS, levels_line, levels_of

__all__ = ["duration", "follow", "replay"]

TILES = """<style>
[data-testid="stMetricLabel"] p {white-space: normal !important}
[data-testid="stMetricValue"] {font-size: clamp(1.2rem, 2vw, 2.25rem)}
[data-testid="stMetric"] {height: 100%; padding: .6rem .8rem}
</style>"""
"""On a narrow window a tile breaks its words instead of cutting them."""
MAP = (
    "Principal components (PCA), not centred, turned to match the epoch before; the cross is the "
    "origin. Samples too near to be drawn apart are one mark with their count; they need not get "
    "the same answer."
)
POLL = 0.3  # seconds between two looks at a run


def follow(run: str) -> None:
    """Show a run; while it is active the view renews itself."""
    if st.session_state.pop("lab.scroll", None) == run:
        scroll_up(run)  # Show is pressed at the page's end, and the run stands at its beginning
    engine, tail = library.engine(), _tail(run)
    try:
        record = engine.status(run)
    except UnknownRun as error:
        st.info(f"{error} It may be a run of another store.")
        return
    if record.job.get("together"):  # several models in turn: this view is of one
        st.info("This run is a race of several methods; it has a page of its own.")
        st.page_link("pages/race.py", label="Watch the race", icon=":material/flag:")
        return
    if unreadable.plan_of(record) is None:
        unreadable.say(record)
        return
    tail.poll(engine.runs, record)  # first: a run that has ended may still have epochs to show
    moves = record.active or tail.behind
    st.fragment(_follow, run_every=POLL if moves else None)(run)


def _tail(run: str) -> Tail:
    tails: dict[str, Tail] = st.session_state.setdefault("lab.tails", {})
    return tails.setdefault(run, Tail(run))


def _follow(run: str) -> None:
    engine, tail = library.engine(), _tail(run)
    try:
        record = engine.status(run)
    except UnknownRun:  # with its store: the page says so
        st.rerun()
    was_active = tail.behind or st.session_state.get("lab.was_active") == run
    tail.poll(engine.runs, record)
    if record.active:
        see_to_it()
        st.session_state["lab.was_active"] = run
    _status(record, tail)
    with st.container():  # a further message moves nothing to another place of the page
        for message in tail.messages:
            (st.warning if message["level"] != "info" else st.info)(message["text"])
    _live_view(record, tail)
    if was_active and not record.active and not tail.behind:
        st.session_state.pop("lab.was_active", None)
        st.rerun()  # the whole page: the finished model joins the study


def _status(record: Run, tail: Tail) -> None:
    engine = library.engine()
    left, right = st.columns([5, 1], vertical_alignment="center")
    with left:
        if record.status == "queued":
            st.progress(0.0, waiting(record))
        elif record.active:
            rest = engine.remaining(record.id, _epochs_of(record))
            text = tail.saying + ("" if rest is None else f" · about {duration(rest)} left")
            text = "stopping …" if record.cancelling else text
            st.progress(engine.runs.fraction(record.id) or 0.0, text[:1].upper() + text[1:])
        else:
            _ended(record, tail)
    with right:
        steer(record, "live")


def _epochs_of(record: Run) -> dict[str, int]:
    """How many epochs each model of a run trains, by its title; nothing of one without a loop."""
    plan = Plan.from_dict(record.job["plan"])
    studys = {"original": plan.study.training.epochs, "retrain": plan.study.training.epochs}
    epochs = {m.info.title: getattr(m, "epochs", studys.get(m.info.name)) for m in plan.methods}
    return {title: count for title, count in epochs.items() if count is not None}


def _ended(record: Run, tail: Tail) -> None:
    took = f" after {duration(record.seconds)}" if record.seconds is not None else ""
    if record.status == "failed":
        st.error(f"Failed{took}: {record.cause}")
    elif record.status == "cancelled":
        st.warning(f"Cancelled{took}. What was finished before is kept.")
    elif tail.behind:
        st.progress(1.0, f"Finished{took}; showing the last epochs.")
    elif (record.result or {}).get("failed"):
        st.warning(f"Ended{took}. Something of your own failed; below is what, and where.")
    else:
        st.success(f"Finished{took}. The model is part of its study now.")


def duration(seconds: float) -> str:
    """Seconds in words, as in "12 s"."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else "a second"
    return f"{seconds / 60:.0f} min"


def _live_view(record: Run, tail: Tail) -> None:
    history = [{"epoch": e["epoch"], **e["values"]} for e in tail.epochs]
    if not history and not record.active:
        return
    last = history[-1] if history else {}
    st.html(TILES)
    if Plan.from_dict(record.job["plan"]).study.task == "generation":
        seen = _samples_of(record)
        below = None if seen is None else partial(_moving_map, tail, seen, drawing.MAP)
        drawing.live_view(record.id, tail, history, below)
        return
    numbers = st.columns(4, gap="small")
    numbers[0].metric(
        "Forget accuracy",
        percent(last.get("forget_accuracy")),
        border=True,
        help=help_of("forget accuracy"),
    )
    numbers[1].metric(
        "Retain accuracy",
        percent(last.get("retain_accuracy")),
        border=True,
        help=help_of("retain accuracy"),
    )
    attacker = next((name for name in ATTACKERS if last.get(name) is not None), "fm_accuracy")
    numbers[2].metric(
        CURVES[attacker].label,
        percent(last.get(attacker)),
        border=True,
        help=help_of("FM"),
    )
    ratio = last.get("norm_ratio")
    numbers[3].metric(
        "Norm ratio",
        _ratio(ratio),
        border=True,
        help=help_of("norm ratio"),
    )
    samples = _samples_of(record)
    levels, line = _compared(record, tail)
    left, right = st.columns([1, 2.2])
    with left:
        if samples is not None:
            _moving_map(tail, samples)
    with right:
        run_curves(
            history,
            losses=tail.losses,
            epochs=tail.epochs[-1]["epochs"] if history else None,
            key=f"live.curves.{record.id}",
            levels=levels,
        )
        st.caption(line)


def _ratio(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2g}" if value >= 0.01 or value == 0 else power_of_ten(value)


def _samples_of(record: Run) -> Samples | None:
    """The probe set of the run's study, as soon as the store has it."""
    plan = Plan.from_dict(record.job["plan"])
    try:
        study = open_study(library.store(), plan.study.place)
        return library.samples(study)[0]
    except StoreError:
        return None


def _compared(record: Run, tail: Tail) -> tuple[Sequence[Level], str]:
    """Lines across the accuracies and what they are: looked up once, when an epoch is there."""
    if tail.compared is None and tail.epochs:
        plan = Plan.from_dict(record.job["plan"])
        try:
            study = library.study_of(plan.study.place)
            tail.compared = levels_of(study, plan.seeds[-1]), levels_line(study, plan.seeds[-1])
        except StoreError as error:
            tail.compared = (), f"No lines to compare with: {error}."
    return tail.compared or ((), "")


def _moving_map(tail: Tail, samples: Samples, what: str = MAP) -> None:
    flat = tail.epochs[-1]["points"] if tail.epochs else []
    title = tail.model or "Map"
    if not tail.epochs:
        panel = Panel(title, reason="waiting for the first epoch")
    elif len(flat) == 2 * len(samples.ids):
        points = np.asarray(flat, np.float32).reshape(-1, 2)
        now = tail.epochs[-1]
        panel = Panel(
            f"{title}, epoch {now['epoch']}",
            points,
            origin=(0.0, 0.0),
            groups=_groups_of(now, len(points)),
        )
    else:
        panel = Panel(title, reason="no map: the features are not finite")
    # one key for all runs: the map of the run before would stand beside this one for a while
    linked_maps([panel], samples, key="live.map", height=270, compact=True)
    st.caption(what)


def _groups_of(epoch: dict[str, Any], count: int) -> np.ndarray | None:
    """Who coincides in an epoch's event; None of a run that an earlier version made."""
    if "groups" not in epoch:
        return None
    return np.asarray(epoch["groups"] or [-1] * count, np.int16)


def replay(study: StudyResult, model: ModelResult) -> None:
    """Any epoch of a finished model: its map and its numbers then."""
    kept, history = library.trajectory(model), model.training.history
    if not kept or not history:
        st.caption("No epochs were kept of this model.")
        return
    last = len(kept["points"]) - 1
    epoch = st.slider("Epoch", 0, last, last, key=f"replay.{model.key}") if last else 0
    samples, _ = library.samples(study)
    left, right = st.columns([1, 2.2])
    with left:
        _epoch_map(model, kept, samples, epoch)
    with right:
        if study.study.task == "generation":
            drawing.replay(model, kept, history, epoch)
            return
        run_curves(
            history[: epoch + 1],
            epochs=last,
            charts=("norm", "accuracy"),
            key="replay.curves",
            levels=levels_of(study, model.seed),
        )
        st.caption(levels_line(study, model.seed))


def _epoch_map(
    model: ModelResult, kept: dict[str, np.ndarray], samples: Samples, epoch: int
) -> None:
    points = kept["points"]
    fits = np.array_equal(kept["ids"], samples.ids)
    if fits:
        groups = kept["groups"][epoch] if "groups" in kept else None
        name = f"{model.title}, epoch {epoch}"
        panel = Panel(name, points[epoch], origin=(0.0, 0.0), groups=groups)
    else:
        panel = Panel(model.title, reason="kept for another probe set")
    key = f"replay.map.{model.place.replace('/', '.')}"
    linked_maps([panel], samples, key=key, height=270, compact=True)
    st.caption("PCA of this epoch's features, not centred; the cross is the origin.")
