"""The inversion bench: what is searched for, in which models, how, and Start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ...common.config import settings_of
from ...engine import EngineError
from ...study import StudyResult
from ...study.bench_job import (
    MAX_PICTURES,
    NO_BODY_GRADIENT,
    RUNNER,
    SLOPE,
    BenchJob,
    Search,
)
from ..charts.maps_component import Samples, Selection
from ..charts.picker_component import Shelf, pick_pictures
from ..reading import bench, state
from ..reading import store_reader as library
from ..reading.asking import queue
from ..reading.held import hold
from ..reading.store_reader import Column

__all__ = ["ask", "introduction", "wake_engine"]

PER_CLASS = 9  # thumbnails; further ones come by the selection or the address
WHO = (
    "**Who could do this?** An auditor who holds the picture takes its gradient at the unlearned "
    "weights and searches for the picture that leaves it: a probe of the network, not an attack by "
    "somebody who lacks the picture."
)
WHO_BLOCK = (
    "**Who could do this?** An auditor who holds the model reads what one block computes of the "
    "picture, and searches for the picture of which it computes the same."
)
MEANS = (
    "**What does a good picture mean?** That a gradient is alive in the model, not that the "
    "picture is remembered: the retrained model never saw it and gives it back as well."
)
MEANS_BLOCK = (
    "**What does a good picture mean?** That up to this block the network still carries it, "
    "remembered or not: the retrained model never saw it and carries it as well."
)
GRADIENT = "the picture's gradient"
STEPS = "from the best start, after the short searches that choose it; of a block those of a round"


def wake_engine() -> None:
    """See that the engine program is there, which takes seconds to start; say so where it cannot
    be."""
    try:
        library.engine().ensure()
    except EngineError as error:
        st.error(f"Nothing can be searched for. {error}")


def introduction() -> None:
    """The threat model, and what a score means, in two sentences; below what was found."""
    block = state.option("block")
    st.markdown(f"{WHO_BLOCK if block else WHO}  \n{MEANS_BLOCK if block else MEANS}")


def ask(study: StudyResult, view: state.View, shown: Sequence[Column], asked: bench.Asked) -> None:
    """Draw the pictures and settings to choose from, and Start.

    Args:
        study, view: what is shown.
        shown: the models chosen above.
        asked: what the choices in the address come to.
    """
    samples, _ = library.samples(study)
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        _pictures(samples, view, asked.job.samples)
    with right:
        _settings(shown)
        for note in asked.notes:
            st.info(note)
        _start(study, shown, asked)


def _pictures(samples: Samples, view: state.View, chosen: Sequence[int]) -> None:
    """Thumbnails by class, and the ways to take or drop many."""
    selected = _selected(samples, view.selection)
    title, take, clear = st.columns([1.9, 1.9, 0.9], vertical_alignment="bottom")
    title.markdown(f"**Pictures** ({len(chosen)} of at most {MAX_PICTURES})")
    several = f"{len(selected)} samples" if len(selected) != 1 else "1 sample"
    take.button(
        "Take the selection",
        icon=":material/highlight_alt:",
        key="bench.take",
        disabled=not selected,
        help=f"What is selected on the maps: {several}. Of more than {MAX_PICTURES} some are "
        "taken, spread over all of them.",
        on_click=lambda: _choose(_spread(selected)),
        width="stretch",
    )
    clear.button(
        "Clear",
        key="bench.clear",
        disabled=not chosen,
        on_click=lambda: _choose(()),
        width="stretch",
    )
    pick_pictures(
        _shelves(samples, chosen), chosen, key=f"bench.picker.{view.study}", on_pick=_choose
    )


def _choose(ids: Sequence[int]) -> None:
    state.choose(pictures=",".join(map(str, ids)), step="")


def _selected(samples: Samples, selection: Selection) -> list[int]:
    """Ids of what is selected on the maps, in the probe set's order."""
    ids, labels = samples.ids.tolist(), samples.labels.tolist()
    wanted = {*selection.samples, *(() if selection.sample is None else (selection.sample,))}
    return [i for i, c in zip(ids, labels, strict=True) if i in wanted or c in selection.classes]


def _spread(ids: Sequence[int]) -> list[int]:
    """At most as many as can be searched for, spread over all."""
    places = np.linspace(0, len(ids) - 1, min(len(ids), MAX_PICTURES)).round().astype(int)
    return [ids[place] for place in places]


def _shelves(samples: Samples, chosen: Sequence[int]) -> list[Shelf]:
    """Pictures by class, those with forgotten data first; a few of each, and all chosen ones."""
    if samples.pictures is None or samples.pictures.ndim != 4:
        return []
    kept = np.isin(samples.ids, list(chosen))
    shelves = []
    for label in np.unique(samples.labels).tolist():
        own = np.flatnonzero(samples.labels == label)
        own = own[np.argsort(~samples.forget[own], kind="stable")]
        few = sorted({*own[:PER_CLASS].tolist(), *own[kept[own]].tolist()})
        few.sort(key=lambda at: not samples.forget[at])
        shelves.append(
            Shelf(
                str(samples.class_names[label]),
                samples.ids[few].tolist(),
                samples.forget[few].tolist(),
                samples.pictures[few],
                len(own) - len(few),
            )
        )
    return sorted(shelves, key=lambda shelf: not any(shelf.forget))


def _settings(shown: Sequence[Column]) -> None:
    """How it is searched. What a block's search does not have is not offered there."""
    about = settings_of(Search)
    names = ["", *bench.blocks(shown)]
    block = state.option("block")
    if block not in names:
        names.append(block)  # from the address; it is refused in words
    hold("bench.block", block)
    one, two = st.columns([1.3, 1])
    one.selectbox(
        "Search in",
        names,
        format_func=lambda name: f"what block {name} computes" if name else GRADIENT,
        key="bench.block",
        help="The gradient of the loss by all weights, or the activations of one block, from the "
        "first (stem) to the input of the head (features).",
        on_change=lambda: state.choose(block=st.session_state["bench.block"], step=""),
    )
    _number(two, "Steps", "steps", STEPS)
    if block:
        st.caption("A search in activations starts once, from grey, and has one objective.")
        return
    one, two = st.columns([1.3, 1])
    with one:
        _words("Distance", "objective", about["objective"].help)
    _number(two, "Starts at most", "restarts", about["restarts"].help)
    one, two = st.columns([1.3, 1], vertical_alignment="bottom")
    with two:
        _words("First start", "start", about["start"].help)
    hold("bench.slope", state.option("slope") == "on")
    one.toggle(
        "Lift a masked gradient",
        key="bench.slope",
        help="Where dead units (ReLU) keep the gradient from the body, search once more with "
        f"slope {SLOPE:g} in place of their zero, backward only. It can rebuild the picture even "
        "from a network that computes nothing of it: it shows that the gradient was masked. "
        "Retrained and untrained networks give as much: that is evidence neither of forgetting "
        "nor of memory.",
        on_change=lambda: state.choose(
            slope="on" if st.session_state["bench.slope"] else "off", step=""
        ),
    )


def _number(place: st.delta_generator.DeltaGenerator, label: str, name: str, help: str) -> None:
    usual = getattr(Search(), name)
    key, word = f"bench.{name}", state.option(name)
    hold(key, int(word) if word else usual)
    place.number_input(
        label,
        min_value=0,  # the lowest number that can be used is said in words
        step=10 if name == "steps" else 1,
        key=key,
        help=help[:1].upper() + help[1:] + ".",
        on_change=lambda: state.choose(
            **{name: "" if (v := st.session_state[key]) == usual else str(v)}, step=""
        ),
    )


def _words(label: str, name: str, help: str) -> None:
    key = f"bench.{name}"
    hold(key, state.option(name))
    st.segmented_control(
        label,
        list(map(str, settings_of(Search)[name].choices or ())),
        key=key,
        required=True,
        help=help[:1].upper() + help[1:] + ".",
        on_change=lambda: state.choose(**{name: st.session_state[key]}, step=""),
    )


def _start(study: StudyResult, shown: Sequence[Column], asked: bench.Asked) -> None:
    """Start, with what it costs; what is stored already is not computed again."""
    job = None if asked.problems else asked.job
    missing = _missing(study, shown, job) if job else []
    run = bench.run_of(library.engine(), job) if job else None
    active = run is not None and run.active
    pressed = st.button(
        "Start",
        type="primary",
        icon=":material/play_arrow:",
        key="bench.go",
        disabled=job is None or not missing or active,
        width="stretch",
    )
    if job is None:
        st.caption(f"**Cannot start.** {' '.join(asked.problems)}")
        return
    if pressed and missing and not active and _submit(study, shown, job):
        st.rerun()
    if active:
        st.caption("This search is under way; see below.")
    elif not missing:
        st.caption("All of this was searched before: it is shown below, and not computed again.")
    else:
        seconds = bench.seconds_needed(study, job, len(missing))
        some = f"{len(missing)} of {len(shown)}" if len(missing) < len(shown) else str(len(shown))
        cost = (
            "How long it takes is known after the first search in this study."
            if seconds is None
            else f"About {max(1, round(seconds))} s, by past searches in this study."
        )
        there = " What is missing is searched; the others are shown." if "of" in some else ""
        steps = bench.steps_told(job.search)
        st.caption(
            f"Searches in {some} model{'s' if len(shown) > 1 else ''}, {steps}. {cost}{there}"
        )


def _missing(study: StudyResult, shown: Sequence[Column], job: BenchJob) -> list[str]:
    """Keys of the models that lack an answer, the second search with a slope included."""
    plain, bent = bench.found_in(study, shown, job)
    return [
        key
        for key in job.models
        if key not in plain
        or (
            job.search.slope
            and not job.search.block
            and key not in bent
            and NO_BODY_GRADIENT in plain[key].reasons
        )
    ]


def _submit(study: StudyResult, shown: Sequence[Column], job: BenchJob) -> bool:
    """Queue the job; the same one that waits or runs already is followed instead.

    Returns:
        Whether there is a run; where there is none an error on the page says why.
    """
    engine = library.engine()
    run = bench.run_of(engine, job)
    if run is not None and run.active:
        return True
    count = len(job.samples)
    what = f"{count} picture{'s' if count > 1 else ''} in {', '.join(c.label for c in shown)}"
    title = study.study.title or study.place
    return queue(job.to_dict(), f"Inversion · {what} · {title}", runner=RUNNER) is not None
