"""Runs a sweep through the engine: trials side by side, then the chosen settings on every seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..artefacts import MODEL
from ..common.config import ConfigError, fingerprint
from ..common.json_types import Json, Plain
from ..common.progress import Message, Progress, Stage, Step
from ..common.records import Record
from ..data import load
from ..engine.base import Engine
from ..engine.dask import DaskEngine
from ..engine.record import Run
from ..methods import REFERENCES, create
from ..study import Plan, Store, Study, open_study, shipped_root
from ..study.store import write_json
from ..study.table import TableRow, rows, to_markdown
from ..tasks import get_task
from .batch import run_all
from .search import (
    Sweep,
    Trial,
    candidates,
    choose,
    final_plan,
    of_plan,
    score,
    tuning_study,
)

__all__ = ["FailedRun", "SweepResult", "compare"]


@dataclass(frozen=True)
class FailedRun(Record):
    """A run of a sweep that did not finish: its id, its label, and why."""

    run: str
    label: str
    cause: str


@dataclass(frozen=True)
class SweepResult(Record):
    """What a sweep found.

    Attributes:
        sweep: its settings.
        trials, chosen: by method.
        failed: runs that did not finish.
        table: of the final models, see `opcviz.study.table.rows`.
    """

    sweep: Sweep
    trials: Mapping[str, tuple[Trial, ...]]
    chosen: Mapping[str, Trial]
    failed: tuple[FailedRun, ...]
    table: tuple[TableRow, ...]

    def _written(self) -> Json:
        return {**super()._written(), "sweep": self.sweep.to_dict()}


def compare(
    plan: Plan,
    sweep: Sweep,
    root: Path,
    *,
    workers: int = 1,
    device: str = "auto",
    data_root: Path | None = None,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> SweepResult:
    """Choose each method's setting on validation data, then answer the study with it.

    Resumable: a trial or a final model that the store has is not run again.

    Args:
        plan: the study, the methods to compare (references are added), the seeds of the final
            models.
        sweep: trials and budget.
        root: the store's folder.
        workers: processes at once.
        device: of every run.
        data_root: folder of data sets.
        progress: gets the number of finished runs.
        engine: used instead of a program of our own, in tests.

    Returns:
        Every trial, what was chosen, and the table of the final models; kept in the store as
        `sweep-…`.

    Raises:
        ConfigError: when the study's task does not say by what a sweep scores.
        RuntimeError: when the references of the tuning study cannot be made.
    """
    scored = get_task(plan.study.task).scored
    if not scored:
        raise ConfigError(
            f"Study.task: '{plan.study.task}' does not say how near a model is to the retrained "
            "one; set `scored` and `gap` of the task, see opcviz.tasks.Task"
        )
    kinds = (MODEL, *scored)
    progress = progress or Progress()
    store = Store(root, (shipped_root(),))
    engine = engine or DaskEngine(root, workers=workers)
    runner = _Runner(engine, device, data_root, progress)
    tuning = tuning_study(plan.study)
    references = tuple(create(name) for name in REFERENCES)
    runner.run("references on validation data", [Plan(tuning, references, (sweep.seed,))], kinds)
    if runner.failed:
        raise RuntimeError(f"the sweep has no references: {runner.failed[0].cause}")

    split = tuning.forget.split(tuning.forget.prepare(load(tuning.data, root=data_root)))
    names = dict.fromkeys(m.info.name for m in plan.methods if m.info.name not in REFERENCES)
    tried = {name: candidates(name, tuning, split, sweep) for name in names}
    todo = [
        Plan(tuning, (method,), (sweep.seed,)) for listed in tried.values() for method in listed
    ]
    runner.run("trials", todo, kinds)
    trials = {
        name: [score(store, tuning, method, sweep) for method in listed]
        for name, listed in tried.items()
    }
    chosen = {name: choose(listed) for name, listed in trials.items()}

    final = final_plan(plan, list(chosen.values()))
    seeds = [replace(final, methods=references, seeds=(seed,)) for seed in plan.seeds]
    runner.run("references of each seed", seeds, kinds)
    each = [
        Plan(plan.study, (trial.method,), (seed,))
        for trial in chosen.values()
        for seed in plan.seeds
    ]
    runner.run("final models", each, kinds)
    return _store_result(store, plan.study, final, sweep, trials, chosen, runner.failed)


class _Runner:
    """Runs plans as jobs, counting, and remembers which failed."""

    def __init__(
        self, engine: Engine, device: str, data_root: Path | None, progress: Progress
    ) -> None:
        self.engine, self.progress = engine, progress
        self.common = {"device": device, "data_root": data_root and str(data_root)}
        self.failed: list[FailedRun] = []

    def run(self, what: str, plans: Sequence[Plan], kinds: Sequence[str]) -> None:
        self.progress(Stage(what, 0, 1))
        ended = 0

        def done(run: Run) -> None:
            nonlocal ended
            ended += 1
            self.progress(Step(ended, len(plans)))
            if run.status != "finished":
                self.failed.append(FailedRun(run.id, run.label, run.cause))
                self.progress(Message(f"{run.label}: {run.cause}", "warning"))

        jobs = [
            (
                f"{what}: {', '.join(m.info.title for m in plan.methods)}",
                {"plan": plan.to_dict(), "kinds": list(kinds), **self.common},
            )
            for plan in plans
        ]
        run_all(self.engine, jobs, done)


def _store_result(
    store: Store,
    study: Study,
    final: Plan,
    sweep: Sweep,
    trials: dict[str, list[Trial]],
    chosen: dict[str, Trial],
    failed: list[FailedRun],
) -> SweepResult:
    table = rows(of_plan(open_study(store, study.place), final))
    listed = {name: tuple(found) for name, found in trials.items()}
    result = SweepResult(sweep, listed, chosen, tuple(failed), tuple(table))
    question: dict[str, Plain] = {"sweep": sweep.to_dict(), "plan": fingerprint(final.to_dict())}
    if not failed and not store.find(study.place, "sweep", question):
        with store.writing(study.place, "sweep", question) as folder:
            write_json(folder / "result.json", result.to_dict())
            (folder / "table.md").write_text(to_markdown(table) + "\n")
            (folder / "chosen.toml").write_text(final.to_toml())
    return result
