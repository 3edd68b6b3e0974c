"""The inversion bench: its run as it goes, and what it found, below each true picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ...engine import Run
from ...study import StudyResult
from ...study.bench_job import SLOPE, BenchJob, Search
from ..charts.inversion_component import Track, picture_grid
from ..reading import bench, state
from ..reading import store_reader as library
from ..reading.likeness import flat_pictures, psnr, ssim
from ..reading.store_reader import Column
from .inversion_row import db, mean_track, on_step, step_shown
from .paint import paint
from .steering import steer, waiting

__all__ = ["found"]

READ = "PSNR and SSIM are those of the step shown."
READ_GRADIENT = (
    "*Stopped short*: more steps might come closer. *Random gradient*: what the same search makes "
    "of a gradient that tells nothing."
)
# pictures that are drawn anew several times a second would be dimmed as often
STEADY = "<style>.st-key-row-bench-found [data-stale] {opacity: 1 !important}</style>"
POLL = 0.4  # seconds between two looks at a run


def found(study: StudyResult, shown: Sequence[Column], asked: bench.Asked) -> None:
    """The pictures, with what was found of them so far; while a search goes on they develop.

    Args:
        study: what is stored.
        shown: the models, a row each.
        asked: what is searched for.
    """
    job = asked.job
    if not job.samples or asked.problems:
        st.info("Choose pictures and press Start: what is rebuilt of them will stand here.")
        return
    run = bench.run_of(library.engine(), job)
    _others(job)
    moves = run is not None and run.active
    st.fragment(_found, run_every=POLL if moves else None)(study, shown, job, moves)


def _found(study: StudyResult, shown: Sequence[Column], job: BenchJob, was_active: bool) -> None:
    st.html(STEADY)
    engine = library.engine()
    run = bench.run_of(engine, job)
    pictures, labels, captions = _targets(study, job)
    live = None
    if run is not None:
        live = _live(run)
        live.poll(engine.runs, run, pictures.shape)
        if run.active:
            engine.ensure()
        _status(run, live)
    rows = _rows(study, shown, job, pictures, live if run and run.status != "finished" else None)
    mean = mean_track(study, labels, pictures)
    picture_grid(
        pictures,
        captions,
        [*rows, *([mean] if mean else []), _flat(pictures)],
        key="bench.grid",
        at=step_shown(),
        on_step=on_step,
    )
    st.caption(_how_to_read(job.search))
    if mean is None:
        st.caption("The mean picture of each class is kept by the first search in this study.")
    if was_active and (run is None or not run.active):
        st.rerun()  # the whole page: Start knows what is there now, and this part comes to rest


def _how_to_read(search: Search) -> str:
    """What the figures are, and what the steps under the slider count."""
    if search.block:
        return f"{READ} Steps are counted over all rounds."
    chose = search.attack.scouting
    return (
        f"{READ} Steps are counted along the best start: {chose:,} by which it was chosen, then "
        f"{search.steps:,}; those of other starts are not among them. {READ_GRADIENT}"
    )


def _targets(
    study: StudyResult, job: BenchJob
) -> tuple[NDArray[np.uint8], list[int | None], list[str]]:
    """True pictures (P, C, H, W), their classes, and a line under each."""
    samples, _ = library.samples(study)
    assert samples.pictures is not None  # `bench.asked` refuses a study without
    place = {int(i): at for at, i in enumerate(samples.ids)}
    at = [place[i] for i in job.samples]
    labels: list[int | None] = samples.labels[at].tolist()
    captions = [
        f"{samples.class_names[label]}, {'forgotten' if gone else 'kept'}"
        for label, gone in zip(samples.labels[at], samples.forget[at], strict=True)
    ]
    return samples.pictures[at], labels, captions


def _rows(
    study: StudyResult,
    shown: Sequence[Column],
    job: BenchJob,
    pictures: NDArray[np.uint8],
    live: bench.Live | None,
) -> list[Track]:
    """A row a model, and one more where it was searched with a slope."""
    colors = paint(shown)
    plain, bent = bench.found_in(study, shown, job)
    rows = []
    for column in shown:
        key, label, color = column.model.key, column.label, colors[column.label]
        here = live.pictures.get(key) if live else None
        if key in plain:
            rows.append(_track(label, color, plain[key], pictures))
        else:
            rows.append(_unfinished(label, color, here, pictures))
        second = f"{label}, slope {SLOPE:g} for dead units"
        if key in bent:
            rows.append(_track(second, color, bent[key], pictures))
        elif key in plain and here is not None:
            rows.append(_unfinished(second, color, here, pictures))
    return rows


def _track(label: str, color: str, made: bench.Found, pictures: NDArray[np.uint8]) -> Track:
    """What was found in one model, with what the search rested on."""
    record = made.record
    told = []
    norms = [norm for norm in record.body_gradient_norm if norm is not None]
    if norms:
        told.append(f"gradient in the body {np.mean(norms):.2g}")
    searched = [done for done, why in zip(record.settled, record.reason, strict=False) if not why]
    if short := searched.count(False):
        told.append(f"{short} of {len(searched)} stopped short")
    if record.random_gradient is not None and not all(record.reason):
        told.append(f"random gradient {db(record.random_gradient)}")
    return Track(
        label,
        made.frames,
        made.steps,
        made.psnr,
        made.ssim,
        made.reasons,
        told,
        color,
    )


def _unfinished(
    label: str,
    color: str,
    here: NDArray[np.uint8] | None,
    pictures: NDArray[np.uint8],
) -> Track:
    """A model whose search is not done: its pictures as they stand, or nothing yet."""
    if here is None:
        why = ["not searched yet"] * len(pictures)
        blank = np.full((1, *pictures.shape), 128, np.uint8)
        return Track(label, blank, reasons=why, color=color)
    frames = here[None]
    return Track(
        label,
        frames,
        (),
        psnr(frames, pictures),
        ssim(frames, pictures),
        told=["as it stands"],
        color=color,
    )


def _flat(pictures: NDArray[np.uint8]) -> Track:
    """The floor: the closest picture of one colour."""
    frames = flat_pictures(pictures)[None]
    return Track(
        "Best picture of one colour",
        frames,
        (),
        psnr(frames, pictures),
        ssim(frames, pictures),
        told=["the floor: shows nothing"],
    )


def _live(run: Run) -> bench.Live:
    lives: dict[str, bench.Live] = st.session_state.setdefault("bench.lives", {})
    return lives.setdefault(run.id, bench.Live(run.id))


def _status(run: Run, live: bench.Live) -> None:
    """How far the run is, with Cancel or Resume; nothing where it has finished."""
    engine = library.engine()
    if run.status == "finished":
        return
    left, right = st.columns([5, 1], vertical_alignment="center")
    with left:
        if run.status == "queued":
            st.progress(0.0, waiting(run))
        elif run.active:
            st.progress(engine.runs.fraction(run.id) or 0.0, _saying(run, live))
        elif run.status == "failed":
            st.error(f"Failed: {run.cause}")
        else:
            st.warning("Cancelled. What was found before is kept.")
    with right:
        steer(run, "bench")


def _saying(run: Run, live: bench.Live) -> str:
    if run.cancelling:
        return "Stopping …"
    if not live.models:
        return "Starting …"
    text = f"Searching in {live.models}"
    search = BenchJob.from_dict(run.job).search
    if live.steps:
        text += f", step {live.step:,} of at most {live.steps:,}"
        parts = live.steps // search.most_steps
        if parts > 1:  # too much for one batch: the count goes through all of them
            text += f" ({parts} batches of {search.most_steps:,})"
    return f"{text}: {bench.steps_within(search)}"


def _others(job: BenchJob) -> None:
    """A search of other settings that is under way, and the way to it."""
    wanted = job.to_dict()
    for run, theirs in bench.active_jobs(library.engine()):
        if run.job == wanted:
            continue
        text, show = st.columns([5, 1], vertical_alignment="center")
        text.caption(f"Another search is under way: {run.label}.")
        show.button(
            "Show it",
            key=f"bench.show.{run.id}",
            on_click=show_job,
            args=(theirs,),
            width="stretch",
        )
        return


def show_job(job: BenchJob) -> None:
    """Show a job's study, models, pictures and settings, as if they had been chosen."""
    state.update(study=job.study, models=job.models)
    state.choose(**bench.options_of(job))
