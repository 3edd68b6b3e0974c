"""A study of three tiny models under every attack, made once a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from once import Once

from opcviz.study import Plan, Store, StudyRunner, run

__all__ = ["PLAN", "made"]

PLAN: dict[str, Any] = {
    "name": "columns",
    "methods": ["original", "retrain", {"method": "ft", "epochs": 1}],
    "data": {"name": "digits"},
    "architecture": {"width": 0.125},  # which an audit recognises
    "training": {"epochs": 1, "batch_size": 64},  # enough for the original to know more
    "evidence": {
        "probe": 40,
        "live": 60,
        "pictures": 1,
        "maps": ["pca"],
        "instruments": [
            "membership",
            "strongest",
            "few_shot",
            "signs",
            "information",
            "idi",
            "relearned",
        ],
        "inversion": {"iterations": 2, "rounds": 1, "restarts": 1, "activations": False},
        "strongest": {"quick": True, "maps": ["affine"]},
        "few_shot": {"quick": True, "shots": [1, 10], "draws": 2},
        "judging": {"quick": True, "judges": ["linear"], "limit": 60},
        "information": {"limit": 60, "width": 16, "landmarks": 20},
        "relearned": {"steps": 3, "anew": [1], "shots": [1, 10], "relative": [], "draws": 1},
    },
}


def made(once: Once, forget: str, only: tuple[str, ...] = ()) -> Path:
    """The store of the study.

    Args:
        once: the fixture.
        forget: the scenario.
        only: kinds that are wanted; all of them unless given.
    """
    plan = Plan.from_dict({**PLAN, "forget": forget})

    def make(root: Path) -> None:
        run(plan, StudyRunner(plan.study, Store(root), torch.device("cpu")), only=only)

    return once("-".join(["columns", forget.replace(":", "."), *only]), make)
