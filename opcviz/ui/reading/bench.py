"""What the inversion bench asks and finds, as the page reads it: no model is run here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...common.config import ConfigError
from ...engine import Engine, Run, Runs
from ...results import BlocksResult, InversionSummary
from ...results.bench import BenchResult
from ...study import StudyResult
from ...study.bench_job import (
    BENCH,
    BLOCK_ROUNDS,
    RUNNER,
    SLOPE,
    BenchJob,
    Search,
    bench_arrays,
    bench_place,
    weights_of,
)
from . import store_reader as library
from .state import View
from .store_reader import Column

__all__ = [
    "Asked",
    "Found",
    "Live",
    "active_jobs",
    "asked",
    "blocks",
    "find",
    "found_in",
    "options_of",
    "run_of",
    "seconds_needed",
    "steps_told",
    "steps_within",
]

ENOUGH = 5  # past searches that an estimate is the median of


@dataclass(frozen=True)
class Asked:
    """What the page's choices come to.

    Attributes:
        job: what would be run; with settings that cannot be used, the usual ones stand in it.
        problems: why it cannot be done, in sentences; with any there is no Start.
        notes: what was left out, in sentences.
    """

    job: BenchJob
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Found:
    """What one search found in one model; F frames of P pictures, see `BenchResult`.

    Attributes:
        record: its figures.
        steps: F numbers of steps.
        frames: (F, P, C, H, W), of which the last was found.
        psnr, ssim: (F, P), NaN where there is a reason.
    """

    record: BenchResult
    steps: tuple[int, ...]
    frames: NDArray[np.uint8]
    psnr: NDArray[np.float32]
    ssim: NDArray[np.float32]

    @property
    def reasons(self) -> list[str]:
        """Why a picture has no score; empty where it has one."""
        return [why or "" for why in self.record.reason]


def asked(study: StudyResult, view: View, shown: Sequence[Column]) -> Asked:
    """The job that the address describes.

    Args:
        study, view: what is shown.
        shown: the models chosen.
    """
    samples, _ = library.samples(study)
    wanted = [int(word) for word in view.option("pictures").split(",") if word]
    there = set(samples.ids.tolist())
    ids = [i for i in dict.fromkeys(wanted) if i in there]
    notes = []
    if lost := len(set(wanted) - there):
        notes.append(
            f"Left out: {lost} of the {len(set(wanted))} pictures in the address, not of this "
            "study's probe set."
        )
    values: dict[str, Any] = {
        name: view.option(name) for name in ("block", "objective", "start") if view.option(name)
    }
    problems = []
    values |= {n: int(view.option(n)) for n in ("steps", "restarts") if view.option(n)}
    try:
        search = Search(**values, slope=view.option("slope") == "on")
    except ConfigError as error:
        problems.append(f"These settings cannot be used. {str(error).removeprefix('Search.')}.")
        search = Search()
    if samples.pictures is None or samples.pictures.ndim != 4:
        problems.append("The samples of this study are no pictures: there is nothing to rebuild.")
    known = blocks(shown)
    if search.block and known and search.block not in known:
        problems.append(
            f"There is no block '{search.block}' in these models; there are: {', '.join(known)}."
        )
    problems += [
        f"{c.label} has no weights to search in: {_why_not(c)}." for c in shown if not _weights(c)
    ]
    job = BenchJob(study.place, tuple(c.model.key for c in shown), tuple(ids), search)
    return Asked(job, (*job.problems(), *problems), tuple(notes))


def options_of(job: BenchJob) -> dict[str, str]:
    """The choices of the address that describe a job."""
    search, usual = job.search, Search()
    return {
        "pictures": ",".join(map(str, job.samples)),
        "block": search.block,
        "objective": search.objective,
        "steps": "" if search.steps == usual.steps else str(search.steps),
        "restarts": "" if search.restarts == usual.restarts else str(search.restarts),
        "start": search.start,
        "slope": "on" if search.slope else "off",
        "step": "",
    }


def blocks(shown: Sequence[Column]) -> list[str]:
    """Names of the blocks of these models, from input to head, as far as stored results tell."""
    names: dict[str, None] = {}
    for column in shown:
        inverted, by_block = (column.results.get(kind) for kind in (InversionSummary, BlocksResult))
        if isinstance(inverted, InversionSummary) and inverted.activations:
            names |= dict.fromkeys(each.block for each in inverted.activations)
        elif isinstance(by_block, BlocksResult):
            names |= dict.fromkeys(each.name for each in by_block.blocks)
    if names:
        names.pop("features", None)
        names["features"] = None  # the head's input comes last
    return list(names)


def find(study: StudyResult, column: Column, job: BenchJob, slope: float = 0.0) -> Found | None:
    """What is stored of this question about this model; None where nothing sound is."""
    weights = _weights(column)
    if not weights:
        return None
    place, question = bench_place(study.place, column.model.key), job.question(weights, slope)
    kept = study.store.find(place, BENCH, question)
    if kept is None:
        return None
    pictures = library.samples(study)[0].pictures
    shape = pictures.shape[1:] if pictures is not None else ()
    try:
        found = bench_arrays(kept, (len(job.samples), *shape))
        named = {name: found[name] for name in ("frames", "psnr", "ssim")}
        return Found(kept.record(BenchResult), tuple(found["steps"].tolist()), **named)
    except ValueError as error:  # StoreError too
        study.store.warn(str(error))
    return None


def found_in(
    study: StudyResult, shown: Sequence[Column], job: BenchJob
) -> tuple[dict[str, Found], dict[str, Found]]:
    """By model key what was found in its gradient or block, and with a slope for dead units."""
    plain = {c.model.key: f for c in shown if (f := find(study, c, job))}
    if not job.search.slope or job.search.block:
        return plain, {}
    bent = {c.model.key: f for c in shown if (f := find(study, c, job, SLOPE))}
    return plain, bent


def run_of(engine: Engine, job: BenchJob) -> Run | None:
    """The newest run of this very job."""
    wanted = job.to_dict()
    return next((r for r in engine.list() if r.runner == RUNNER and r.job == wanted), None)


def active_jobs(engine: Engine) -> list[tuple[Run, BenchJob]]:
    """The searches that wait or run, the newest first, with what they ask."""
    found = []
    for run in engine.list():
        if run.runner == RUNNER and run.active:
            try:
                found.append((run, BenchJob.from_dict(run.job)))
            except ConfigError:  # of another version
                continue
    return found


def seconds_needed(study: StudyResult, job: BenchJob, missing: int) -> float | None:
    """About how long a job takes, by past searches of its kind in this study; None without any.

    Args:
        study: where they lie.
        job: what would be run.
        missing: in how many models it would really search.
    """
    paces = []
    for model in study.store.places(f"{study.place}/{BENCH}"):
        for kept in study.store.answers(bench_place(study.place, model), BENCH)[:ENOUGH]:
            if bool(kept.question.get("block")) != bool(job.search.block):
                continue
            try:
                record = kept.record(BenchResult)
            except ValueError:
                continue  # damaged, or of another version: it tells no time
            if record.picture_steps and not all(record.reason):
                paces.append(record.seconds / record.picture_steps)
    if not paces:
        return None
    return median(paces) * job.search.most_steps * len(job.samples) * missing


def steps_told(search: Search) -> str:
    """How many steps a picture takes at most, and what they are: more than the setting says."""
    told = f"at most {_count(search.most_steps, 'step')} a picture: {steps_within(search)}"
    again = search.slope and not search.block
    return f"{told}; as many again where its gradient is masked" if again else told


def steps_within(search: Search) -> str:
    """What the steps of a picture are, in their order."""
    if search.block:
        return (
            f"up to {BLOCK_ROUNDS} rounds of {_count(search.steps, 'step')} each, a further one "
            "only while it still gains"
        )
    scouting = search.attack.scouting
    if search.restarts == 1:
        return f"{scouting:,} from one start, then {search.steps:,} more"
    return (
        f"up to {search.restarts} starts of {_count(scouting, 'step')} each to choose from, then "
        f"{search.steps:,} from the best"
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@dataclass
class Live:
    """What is known of a run of the bench so far; `poll` reads only what is new.

    Attributes:
        run: its id.
        models: titles of the models searched in now; empty before the first search.
        step, steps: how far that search is; 0 of 0 before it says so.
        pictures: by model key its pictures as they stand in that search, (P, C, H, W).
    """

    run: str
    attempt: int = 0
    offset: int = 0
    models: str = ""
    step: int = 0
    steps: int = 0
    pictures: dict[str, NDArray[np.uint8]] = field(default_factory=dict)

    def poll(self, runs: Runs, record: Run, shape: Sequence[int]) -> None:
        """Take in what the run said since.

        Args:
            runs: where it is kept.
            record: of the run.
            shape: (P, C, H, W) of its pictures.
        """
        if record.attempt != self.attempt:  # resumed: begin anew where this attempt begins
            vars(self).update(vars(Live(self.run, record.attempt, record.events_from)))
        new, self.offset = runs.events(self.run, self.offset)
        seen = None
        for event in new:
            if event["kind"] == "stage":
                self.models, self.step, self.steps, self.pictures = event["model"], 0, 0, {}
                seen = None
            elif event["kind"] == "step":
                self.step, self.steps = event["step"], event["steps"]
            elif event["kind"] == "pictures":
                seen = event
        if seen is not None:  # only the last is looked at: it is all that is shown
            self.pictures = _unpacked(seen, shape) or self.pictures


def _unpacked(event: dict[str, Any], shape: Sequence[int]) -> dict[str, NDArray[np.uint8]]:
    try:
        flat = np.frombuffer(base64.b64decode(event["data"], validate=True), np.uint8)
        pictures = flat.reshape(len(event["models"]), *shape)
    except (KeyError, ValueError, binascii.Error):  # a line of another version
        return {}
    return dict(zip(event["models"], pictures, strict=True))


def _weights(column: Column) -> str:
    kept = column.model.artefact("model")
    return weights_of(kept) if kept and kept.path("weights.safetensors").is_file() else ""


def _why_not(column: Column) -> str:
    return column.model.training.reason or "their file is missing; `opcviz run` makes it anew"
