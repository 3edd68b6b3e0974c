"""Runs a whole plan: every model with all its evidence, each answer once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from ..devices import pick_device
from ..methods import Method, create
from ..progress import Progress, Stage
from .evidence import invert_all
from .laboratory import Laboratory
from .spec import Plan
from .store import Store, shipped_root

__all__ = ["Item", "execute", "missing", "run"]

# the order in which a model's answers are made: what a person waits for comes first
KINDS = ("model", "evidence", "features", "maps", "inversion")


@dataclass(frozen=True)
class Item:
    """One answer to be made."""

    kind: str
    method: Method
    seed: int


def missing(plan: Plan, lab: Laboratory) -> list[Item]:
    """What the store lacks, in the order in which it will be made."""
    methods = list(plan.methods)
    if not any(m.info.name == "original" for m in methods):
        methods.insert(0, create("original"))
    methods.sort(key=lambda m: m.info.name != "original")  # stable: the original is needed first
    wanted = [
        Item(kind, method, seed)
        for seed in plan.seeds
        for kinds in (KINDS[:-1], KINDS[-1:])  # inversion last, all models in one batch
        for method in methods
        for kind in kinds
        if kind != "features" or plan.study.evidence.keep_features
    ]
    return [item for item in wanted if not lab.find(item.kind, item.method, item.seed)]


def run(plan: Plan, lab: Laboratory) -> int:
    """Make everything a plan asks for; returns how many answers were missing.

    Raises:
        Cancelled: when asked to stop; what was finished stays.
    """
    items = missing(plan, lab)
    done = 0
    for (batched, seed), group in groupby(items, lambda i: (i.kind == "inversion", i.seed)):
        each = list(group)
        if batched:
            titles = ", ".join(item.method.info.title for item in each)
            lab.progress(Stage("inversion", done, len(items), titles))
            usable = [i.method for i in each if not lab.refuse("inversion", i.method, seed)]
            if usable:
                invert_all(lab, usable, seed)
            done += len(each)
            continue
        for item in each:
            lab.progress(Stage(item.kind, done, len(items), item.method.info.title))
            lab.make(item.kind, item.method, item.seed)
            done += 1
    return len(items)


def execute(job: dict[str, Any], store: Path, progress: Progress) -> dict[str, Any]:
    """Run a job of the engine: `{"plan": Plan.to_dict(), "device": "auto"}`.

    Returns:
        The study's place and how many answers were made.

    Raises:
        ConfigError: when the plan or the device cannot be used.
        Cancelled: when asked to stop.
    """
    plan = Plan.from_dict(job["plan"])
    lab = Laboratory(
        plan.study,
        Store(store, (shipped_root(),)),
        pick_device(job.get("device", "auto")),
        progress=progress,
    )
    return {"study": plan.study.place, "made": run(plan, lab)}
