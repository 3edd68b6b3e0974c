"""A study of two small models, and the command line over a store: what several rooms test with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from opcviz.cli import commands as cli
from opcviz.study import Plan, Store, StudyRunner, run

__all__ = ["PLAN", "asking", "make"]

PLAN: dict[str, Any] = {
    "name": "tiny",
    "forget": "classes:0,1,2",
    "methods": ["original", {"method": "ft", "epochs": 1, "batch_size": 256}],
    "data": {"name": "digits"},
    "architecture": {"width": 0.1},
    "training": {"epochs": 1, "batch_size": 512},
    "evidence": {
        "probe": 40,
        "live": 60,
        "pictures": 1,
        "maps": ["pca"],
        "instruments": [],
        "inversion": {"iterations": 2, "rounds": 1, "restarts": 1, "activations": False},
        "strongest": {"quick": True, "maps": ["affine"]},
    },
}


def make(root: Path) -> Path:
    """Run the study into a store."""
    plan = Plan.from_dict(PLAN)
    run(plan, StudyRunner(plan.study, Store(root), torch.device("cpu")))
    return root


def asking(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `opcviz ARGUMENTS` in this process: (exit status, stdout, stderr), no line broken."""
    for console in (cli.err, cli.out):
        monkeypatch.setattr(console, "width", 1000)

    def ask(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["opcviz", *map(str, arguments)])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        caught = capsys.readouterr()
        return status, caught.out, caught.err

    return ask
