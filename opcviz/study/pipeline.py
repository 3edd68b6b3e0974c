"""Runs a whole plan: every model with all its evidence, each answer once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ..artefacts import MODEL, get_kind, kinds
from ..common.access import also
from ..common.devices import pick_device
from ..common.held import in_use
from ..common.plugins import loader
from ..common.progress import Message, Progress, Stage
from ..methods import REFERENCES, Method, implementation
from .checking import check_plan
from .job import Job
from .paths import check_paths, chosen_before
from .race import Lane, race
from .results import StudyResult
from .runner import StudyRunner
from .spec import Plan
from .store import Store, shipped_root
from .telling import Failures
from .trainer import train_again, train_and_store

__all__ = ["Done", "Item", "all_kinds", "execute", "make", "missing", "run"]


@dataclass(frozen=True)
class Item:
    """One answer to be made."""

    kind: str
    method: Method
    seed: int


def all_kinds(plan: Plan | None = None) -> tuple[str, ...]:
    """Everything that can be made of a model, in the order in which it is made."""
    task = plan.study.task if plan else None
    return (MODEL, *(kind.name for kind in kinds(task)))


def missing(plan: Plan, runner: StudyRunner, only: Sequence[str] = ()) -> list[Item]:
    """What the store lacks, in the order in which it will be made.

    Args:
        plan: what is asked.
        runner: of the plan's study.
        only: these kinds alone; none named: all.
    """
    evidence, seeds = plan.study.evidence, len(runner.reference_seeds)
    asked = [
        kind
        for kind in kinds(plan.study.task)
        if (kind.wanted(evidence, seeds) or plan.study.forget.kind in kind.scenarios)
        and not evidence.leaves_out(kind)
    ]
    chosen = [kind for kind in all_kinds(plan) if not only or kind in only]
    wanted_kinds = [k for k in chosen if k == MODEL or get_kind(k) in asked]

    listed = {method.info.name for method in plan.methods}
    needs = {need for kind in asked for need in kind.needs}
    references = [runner.original, *([runner.retrained] if "retrained" in needs else [])]
    methods = [*(r for r in references if r.info.name not in listed), *_methods(plan)]
    if evidence.suite == "quick":  # somebody waits to see the new model; the others can wait
        methods.sort(key=lambda method: method.info.name in REFERENCES)
    wanted = [
        Item(kind, method, seed)
        for seed in plan.seeds
        for method in methods
        for kind in wanted_kinds
    ]
    if evidence.suite == "quick":
        band = _band(plan, runner, [kind for kind in wanted_kinds if kind != MODEL])
        wanted += [item for item in band if item not in wanted]
    if MODEL in chosen and "seeds" in needs:
        further = [seed for seed in runner.reference_seeds if seed not in plan.seeds]
        wanted += [Item(MODEL, method, seed) for seed in further for method in references]
    wanted.sort(key=_order)
    return [item for item in wanted if not runner.find(item.kind, item.method, item.seed)]


def _band(plan: Plan, runner: StudyRunner, wanted: Sequence[str]) -> list[Item]:
    """The quick suite of retrained models that only the full one was run on: what compares itself
    with them wants the same attacks."""
    study = StudyResult(runner.store, plan.study.place, plan.study)
    retrained = [m for m in study.models if m.place == runner.place(runner.retrained, m.seed)]
    there = [model.seed for model in retrained if model.has_model]
    return [Item(kind, runner.retrained, seed) for seed in there for kind in wanted]


def _methods(plan: Plan) -> list[Method]:
    """The plan's methods, ready to run: it may have been read where their code is not loaded."""
    return [implementation(method) for method in plan.methods]


def _order(item: Item) -> tuple[float, float, str, int]:
    """Seed by seed: the reference models, on which everything rests; each model with its evidence;
    then what takes all models of the seed together. After them what wants the models of all seeds,
    and a user's own kinds at last: whatever they do to a model in memory, no other answer has to
    be made from it."""
    if item.kind == MODEL:
        name = item.method.info.name
        return item.seed, REFERENCES.index(name) if name in REFERENCES else 2, "", 0
    kind = get_kind(item.kind)
    if kind.own:
        return math.inf, math.inf, kind.name, item.seed
    if "seeds" in kind.needs:
        return math.inf, item.seed, "", 0
    return item.seed, 3 + kind.order if "together" in kind.needs else 2, "", 0


@dataclass(frozen=True)
class Done:
    """What a run came to.

    Attributes:
        made: how many answers were made.
        failures: a sentence about each thing of a user's own that failed, with its file and line.
    """

    made: int
    failures: tuple[str, ...] = ()


def run(
    plan: Plan,
    runner: StudyRunner,
    *,
    only: Sequence[str] = (),
    again: bool = False,
    together: bool = False,
) -> Done:
    """Make everything a plan asks for that is missing.

    What fails in a user's own code is told, and everything else goes on as if it were not there.

    Args:
        plan: what is asked.
        runner: what does the work.
        only: these kinds alone; none named: all.
        again: train the plan's last model once more if it is there already, to be watched; the
            stored model stays, and is compared with the new one.
        together: train all of the plan's models that are no references side by side, epoch by
            epoch, before anything is asked about them; those that are there already once more.

    Raises:
        Cancelled: when asked to stop; what was finished stays.
    """
    items = missing(plan, runner, only)
    runner.prepare()
    runner.expect((item.kind, item.method, item.seed) for item in items)
    models = [Item(MODEL, method, plan.seeds[-1]) for method in _methods(plan)]
    watched = [item for item in models if item.method.info.name not in REFERENCES]
    if not together:
        watched = models[-1:] if again else []
    with runner.threads(), in_use(runner.store.lock):
        making = _Making(runner, len({*items, *watched}))
        if together:  # what they start from comes first
            making.each([item for item in items if _comes_before(item)])
            making.race(watched, [item for item in watched if item in items])
            items = [item for item in items if not (_comes_before(item) or item in watched)]
        elif watched and watched[0] not in items:
            making.again(watched[0])
        making.each(items)
        return Done(making.made, tuple(making.failures.said))


def make(
    items: Sequence[Item],
    runner: StudyRunner,
    *,
    claim: Callable[[Sequence[Item]], bool] = lambda items: True,
    backwards: bool = False,
) -> Done:
    """Make these answers in the order in which a run makes them.

    Args:
        items: them.
        runner: of their study.
        claim: whether some that are made together are to be made here, and not elsewhere.
        backwards: begin with the last.

    Raises:
        Cancelled: when asked to stop; what was finished stays.
    """
    runner.expect((item.kind, item.method, item.seed) for item in items)
    with runner.threads(), in_use(runner.store.lock):
        making = _Making(runner, len(items))
        batches = list(_batches(sorted(items, key=_order)))
        for together in reversed(batches) if backwards else batches:
            if claim(together):
                making.each(together)
            else:
                making.done += len(together)
        return Done(making.made, tuple(making.failures.said))


def _comes_before(item: Item) -> bool:
    return item.kind == MODEL and item.method.info.name in REFERENCES


class _Making:
    """Makes items one after the other, telling which of how many is being made."""

    def __init__(self, runner: StudyRunner, count: int) -> None:
        self.runner, self.count = runner, count
        self.failures = Failures(runner)
        self.done = self.made = 0

    def again(self, item: Item) -> None:
        """Train a stored model once more, to be watched."""
        self.runner.progress(self._stage(item.kind, [item]))
        with self.failures.told([item]):
            train_again(self.runner, item.method, item.seed)

    def race(self, items: list[Item], missing: list[Item]) -> None:
        """Train models side by side; those that are not missing once more, to be watched."""

        def lane(item: Item) -> Lane:
            train = train_and_store if item in missing else train_again
            stage = self._stage(MODEL, [item])
            return Lane(stage, lambda: train(self.runner, item.method, item.seed))

        def take(progress: Progress) -> None:
            self.runner.progress = progress

        lanes = race([lane(item) for item in items], self.runner.progress, take)
        for item, each in zip(items, lanes, strict=True):
            with self.failures.told([item]):
                if each.error is not None:
                    raise each.error
                self.made += item in missing

    def each(self, items: list[Item]) -> None:
        """Make all that is missing."""
        for together in _batches(items):
            first = together[0]
            self.runner.progress(self._stage(first.kind, together))
            usable = [item for item in together if self.failures.has_model(item)]
            with self.failures.told(usable):
                if len(usable) > 1:
                    methods = [item.method for item in usable]
                    self.runner.measure(get_kind(first.kind), methods, first.seed)
                elif usable:
                    self.runner.make(usable[0].kind, usable[0].method, usable[0].seed)
                self.made += len(usable)

    def _stage(self, kind: str, items: list[Item]) -> Stage:
        """The next of all, which counts as begun."""
        titles = ", ".join(item.method.info.title for item in items)
        stage = Stage(kind, self.done, self.count, titles)
        self.done += len(items)
        return stage


def _batches(items: list[Item]) -> Iterator[list[Item]]:
    """One item at a time, but for kinds that take all models of a seed together."""

    def key(item: Item) -> tuple[str, int] | None:
        together = item.kind != MODEL and "together" in get_kind(item.kind).needs
        return (item.kind, item.seed) if together else None

    for together, group in groupby(items, key):
        listed = list(group)
        yield from [listed] if together else ([item] for item in listed)


def execute(job: dict[str, object], store: Path, progress: Progress) -> dict[str, object]:
    """Run a job of the engine; `job` is `Job.to_dict()`.

    Returns:
        The study's place, how many answers were made, and what failed in a user's own code.

    Raises:
        ConfigError: when the plan or the device cannot be used, or names what it may not.
        Cancelled: when asked to stop.
    """
    asked = Job.from_dict(job)
    for refused in loader.load(asked.plugin_files):
        progress(Message(str(refused), "warning"))
    plan = Plan.from_dict(dict(asked.plan))
    check_plan(plan)
    where = Store(store, (shipped_root(),))
    with also(chosen_before(where, plan.study)):
        check_paths(plan.study, asked.data_root)
        return _answered(asked, plan, where, progress)


def _answered(asked: Job, plan: Plan, where: Store, progress: Progress) -> dict[str, object]:
    runner = StudyRunner(
        plan.study,
        where,
        pick_device(asked.device),
        seeds=plan.seeds,
        data_root=Path(asked.data_root) if asked.data_root else None,
        progress=progress,
    )
    done = run(plan, runner, only=asked.kinds, again=asked.again, together=asked.together)
    return {"study": runner.study.place, "made": done.made, "failed": list(done.failures)}
