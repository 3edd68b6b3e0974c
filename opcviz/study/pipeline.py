"""Runs a whole plan: every model with all its evidence, each answer once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from ..common.devices import pick_device
from ..common.progress import Message, Progress, Stage
from ..methods import Method
from ..methods.plugins import load_methods
from .evidence import invert_all
from .laboratory import Laboratory
from .spec import INSTRUMENTS, Plan
from .store import Store, shipped_root

__all__ = ["Item", "execute", "missing", "run"]

# the order in which a model's answers are made: what a person waits for comes first
KINDS = (
    "model",
    "evidence",
    "membership",
    "similarity",
    "blocks",
    "relearning",
    "features",
    "maps",
    "inversion",
    "reference",
)


LEAST_SEEDS = 3  # of reference models, without which no likelihood ratio exists


@dataclass(frozen=True)
class Item:
    """One answer to be made."""

    kind: str
    method: Method
    seed: int


def missing(plan: Plan, lab: Laboratory, kinds: Sequence[str] = KINDS) -> list[Item]:
    """What the store lacks of some kinds, in the order in which it will be made."""
    unwanted = _unwanted(plan, lab)
    listed = {method.info.name for method in plan.methods}
    references = [lab.original]
    if {"similarity", "reference"} - unwanted:
        references.append(lab.retrained)
    methods = [*(r for r in references if r.info.name not in listed), *plan.methods]
    wanted = [
        Item(kind, method, seed)
        for seed in plan.seeds
        for method in methods
        for kind in KINDS
        if kind in kinds and kind not in unwanted
    ]
    if "model" in kinds and "reference" not in unwanted:
        further = [seed for seed in lab.reference_seeds if seed not in plan.seeds]
        wanted += [Item("model", method, seed) for seed in further for method in references]
    wanted.sort(key=_turn)
    return [item for item in wanted if not lab.find(item.kind, item.method, item.seed)]


def _turn(item: Item) -> tuple[float, int]:
    """Seed by seed: the references' models, on which everything rests; each model with its
    evidence; inversion, all models in one batch. At last what wants the models of all seeds."""
    if item.kind == "reference":
        return math.inf, item.seed
    if item.kind == "inversion":
        return item.seed, 3
    names = ("original", "retrain")
    first = item.kind == "model" and item.method.info.name in names
    return item.seed, names.index(item.method.info.name) if first else 2


def _unwanted(plan: Plan, lab: Laboratory) -> set[str]:
    """Kinds that the study's evidence settings leave out, or that want more seeds."""
    evidence = plan.study.evidence
    unwanted = set(INSTRUMENTS) - set(evidence.instruments)
    if "membership" in unwanted or len(lab.reference_seeds) < LEAST_SEEDS:
        unwanted.add("reference")
    return unwanted if evidence.keep_features else {*unwanted, "features"}


def run(plan: Plan, lab: Laboratory, *, kinds: Sequence[str] = KINDS, again: bool = False) -> int:
    """Make everything a plan asks for; returns how many answers were missing.

    Args:
        plan: what is asked.
        lab: what does the work.
        kinds: the answers wanted.
        again: train the plan's last model once more if it is there already, to be watched; the
            stored model stays, and is compared with the new one.

    Raises:
        Cancelled: when asked to stop; what was finished stays.
    """
    items = missing(plan, lab, kinds)
    with lab.threads():
        _make(items, plan, lab, again)
    return len(items)


def _make(items: list[Item], plan: Plan, lab: Laboratory, again: bool) -> None:
    last = Item("model", plan.methods[-1], plan.seeds[-1])
    repeat = again and last not in items
    count = len(items) + repeat
    if repeat:
        lab.progress(Stage("model", 0, count, last.method.info.title))
        lab.repeat(last.method, last.seed)
    done = int(repeat)
    for together in _batches(items):
        first, titles = together[0], [item.method.info.title for item in together]
        lab.progress(Stage(first.kind, done, count, ", ".join(titles)))
        if first.kind == "inversion":
            invert_all(lab, [item.method for item in together], first.seed)
        else:
            lab.make(first.kind, first.method, first.seed)
        done += len(together)


def _batches(items: list[Item]) -> Iterator[list[Item]]:
    """One item at a time; gradient inversion takes all models of a seed together."""
    for (together, _), group in groupby(items, lambda i: (i.kind == "inversion", i.seed)):
        listed = list(group)
        yield from [listed] if together else ([item] for item in listed)


def execute(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    """Run a job of the engine: `{"plan": Plan.to_dict(), "device": "auto"}`.

    Further keys: `kinds` and `again` as `run` has them, `data_root`, and `method_files`, the user's
    own methods that the plan may name.

    Returns:
        The study's place and how many answers were made.

    Raises:
        ConfigError: when the plan or the device cannot be used.
        Cancelled: when asked to stop.
    """
    for refused in load_methods(job.get("method_files", ())):
        progress(Message(str(refused), "warning"))
    plan = Plan.from_dict(job["plan"])
    lab = Laboratory(
        plan.study,
        Store(store, (shipped_root(),)),
        pick_device(job.get("device", "auto")),
        seeds=plan.seeds,
        data_root=job.get("data_root"),
        progress=progress,
    )
    made = run(plan, lab, kinds=job.get("kinds", KINDS), again=job.get("again", False))
    return {"study": plan.study.place, "made": made}
