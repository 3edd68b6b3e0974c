"""A study of three seeds in which every figure of the worst-case attacks differs by model and seed.

Four tiny models are trained once; their answers lend the other seeds their form. The figures of the
attacks that would take long are drawn at random, as records, so that a page that takes one from
another model, seed, place or threat model shows another number.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scrambled import random_numbers, scramble_numbers
from tiny_study import PLAN

from opcviz.artefacts import get_kind
from opcviz.results import (
    PIXELS,
    Attempt,
    FewShotResult,
    FewShotRung,
    IdiBlock,
    IdiResult,
    InformationResult,
    Record,
    RelearnedResult,
    RelearningAttack,
    Rung,
    Sign,
    SignsResult,
    StrongestResult,
)
from opcviz.study import ModelResult, Plan, Store, StudyResult, StudyRunner, open_study, run

__all__ = ["ANEW", "BLOCKS", "GIVEN", "JUDGES", "MEASURED", "SEEDS", "Worst", "make_worst"]

SEEDS = (0, 1, 2)
METHODS = ["original", "retrain", "untrained", {"method": "ft", "epochs": 1, "batch_size": 256}]
BLOCKS = ("stem", "features", "logits")
MAPS = (("affine", "pooled"), ("affine", "unpooled"), ("rbf", "unpooled"))
JUDGES = ("linear", "knn")
GIVEN = (1, 10)
RULES = ("few_shot", "few_shot_cosine")
ANEW = {0: (0,), 1: (0, 1), 10: (0, 1, 2)}
SCORED = 107
CONSTANT = 33.5
MOST = 0.88
MEASURED = ("strongest", "relearned", "signs", "information", "idi", "few_shot")


@dataclass(frozen=True)
class Worst:
    """What was written, and where.

    Attributes:
        place: of the study.
        keys: (method, seed) to model key.
        records: (method, seed) to kind to what was stored of the worst-case attacks.
        evidence: (method, seed) to the stored numbers of the evidence.
    """

    place: str
    keys: dict[tuple[str, int], str]
    records: dict[tuple[str, int], dict[str, Record]]
    evidence: dict[tuple[str, int], dict[str, Any]]


def make_worst(root: Path, lender: Path) -> Worst:
    """Write such a study into a store.

    Args:
        root: of the store.
        lender: an empty folder, for the models that are trained.
    """
    evidence = {**PLAN["evidence"], "recovery": {"ridges": [0.0, 1.0]}}
    plan = Plan.from_dict({**PLAN, "methods": METHODS, "evidence": evidence})
    run(plan, StudyRunner(plan.study, Store(lender), torch.device("cpu")))
    lent = open_study(Store(lender), plan.study.place)
    store = Store(root)
    spec = Store(lender).read_study(lent.place)
    store.write_study(lent.place, spec)
    probe = lent.probe_artefact()
    assert probe is not None
    with store.writing(lent.place, "probe", probe.question) as folder:
        for file in ("probe.npz", "result.json"):
            shutil.copy(probe.path(file), folder / file)
    made = Worst(lent.place, {}, {}, {})
    for model in lent.models:
        for seed in SEEDS:
            _copy(store, lent, model, seed, made)
    return made


def _copy(store: Store, lent: StudyResult, model: ModelResult, seed: int, made: Worst) -> None:
    """The model as one of another seed, with figures of its own."""
    name = model.method.info.name
    key = model.key.removesuffix("-s0") + f"-s{seed}"
    place = f"{lent.place}/models/{key}"
    made.keys[name, seed] = key
    for kind in ("model", "evidence", "maps", "inversion"):
        artefact = model.artefact(kind)
        assert artefact is not None
        numbers = artefact.json()
        if kind == "evidence":
            numbers = scramble_numbers(numbers, f"{name} {seed} {kind}", kind)
            if name != "original":  # who never saw the classes, or forgot them, does not name them
                numbers["accuracy"]["forget_test"] /= 50
            made.evidence[name, seed] = numbers
        question = artefact.question | ({"seed": seed} if kind == "model" else {})
        with store.writing(place, kind, question) as folder:
            for file in artefact.folder.glob("*.npz"):
                shutil.copy(file, folder / file.name)
            (folder / "result.json").write_text(json.dumps(numbers))
    records = _records(random_numbers(f"{name} {seed}"))
    made.records[name, seed] = records
    for kind, record in records.items():
        question = get_kind(kind).question(lent.study.evidence)
        with store.writing(place, kind, question) as folder:
            (folder / "result.json").write_text(json.dumps(record.to_dict()))


def _records(draw: np.random.Generator) -> dict[str, Record]:
    bits = {block: float(draw.uniform(0.1, 0.8)) for block in BLOCKS}
    blocks = tuple(
        IdiBlock(name, value, 0.8, 0.1, float(draw.uniform(0.1, 0.9)))
        for name, value in bits.items()
    )
    found = (
        StrongestResult(
            _attempt(draw, "answers", "logits", "whole", "nothing"),
            tuple(
                _rung(draw, place, holds, *how)
                for place in (PIXELS, *BLOCKS)
                for holds in ("all", "retain")
                for how in ([("affine", "whole")] if place == PIXELS else MAPS)
            ),
            "forget_test",
            CONSTANT,
        ),
        RelearnedResult(
            tuple(_relearning(draw, shots, anew) for shots, some in ANEW.items() for anew in some),
            "forget_test",
            SCORED,
            CONSTANT,
            12,
        ),
        SignsResult(tuple(_signs(draw)), "test", (SCORED, 253)),
        InformationResult(bits, MOST, "test"),
        IdiResult(float(draw.uniform(0.1, 0.9)), blocks, MOST),
        FewShotResult(tuple(_few_shots(draw)), 50, ()),
    )
    return dict(zip(MEASURED, found, strict=True))


def _attempt(
    draw: np.random.Generator, attacker: str, place: str, view: str, holds: str
) -> Attempt:
    given = 140 if holds == "all" else 0
    share = float(draw.uniform(3, 97))
    return Attempt(attacker, place, view, holds, given, share, SCORED, CONSTANT)


def _rung(draw: np.random.Generator, place: str, holds: str, attacker: str, view: str) -> Rung:
    attempt = _attempt(draw, attacker, place, view, holds)
    low, high = attempt.interval
    fitted = int(draw.integers(1000, 2000))
    return Rung(attempt, 50.0, {"0": 50.0}, 90.0, low, high, 64, fitted)


def _few_shots(draw: np.random.Generator) -> Iterator[FewShotRung]:
    for place in (PIXELS, *BLOCKS):
        view = "pooled" if place not in (PIXELS, "logits") else "whole"
        for given, rule in product(GIVEN, RULES):
            share = float(draw.uniform(10, 90))
            got = Attempt(rule, place, view, "shots", given, share, SCORED, CONSTANT)
            least, most = share - float(draw.uniform(1, 9)), share + float(draw.uniform(1, 9))
            kept = float(draw.uniform(80, 99))
            yield FewShotRung(got, 3.0, least, most, kept, 64)


def _relearning(draw: np.random.Generator, shots: int, anew: int) -> RelearningAttack:
    draws = tuple(float(each) for each in draw.uniform(3, 97, 2))
    best = f"SGD, lr 0.05, {int(draw.integers(10, 90))} steps"
    return RelearningAttack(anew, shots, sum(draws) / 2, draws, best, float(draw.uniform(80, 99)))


def _signs(draw: np.random.Generator) -> list[Sign]:
    found = []
    for block in BLOCKS:
        views = (block,) if block == "logits" else (f"{block}, unpooled", block)
        for place in views:
            for judge in JUDGES:
                auc = float(draw.uniform(0.55, 0.95))
                found.append(Sign(judge, place, auc, auc - 0.04, auc + 0.03))
    return found
