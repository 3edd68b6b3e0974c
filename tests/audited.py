"""The shipped digits' weights as somebody else's files, and an audit that takes moments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opcviz.audit import AuditSpec
from opcviz.study import open_study, shipped_root
from opcviz.study.results import StudyResult
from opcviz.study.store import Store

FAST = (
    *("inversion", "maps", "samples", "relearned", "strongest", "signs", "membership"),
    *("masked", "few_shot"),
)
"""Attacks without which an audit takes a second; the core of the evidence stays."""


def shipped(name: str = "digits") -> StudyResult:
    """A study that comes with the project."""
    return open_study(Store(Path("/nowhere"), (shipped_root(),)), name)


def weights(method: str, seed: int = 0) -> str:
    """The weights file of one of its models."""
    models = shipped().models
    (model,) = [m for m in models if m.method.info.name == method and m.seed == seed]
    artefact = model.artefact("model")
    assert artefact is not None
    return str(artefact.path("weights.safetensors"))


def spec_of(**changes: Any) -> AuditSpec:
    """An audit of OPC on the digits, quick and without most attacks; keywords change it."""
    return AuditSpec.from_dict(
        {
            "original": weights("original"),
            "unlearned": weights("opc"),
            "retrained": [weights("retrain")],
            "suite": "quick",
            "without": list(FAST),
            **changes,
        }
    )


def apart(a: Any, b: Any, path: str = "", tolerance: float = 1e-6) -> Iterator[str]:
    """Where two JSON values differ, times left out."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in {*a, *b} - {"seconds"}:
            yield from apart(a.get(key), b.get(key), f"{path}.{key}", tolerance)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for n, (one, other) in enumerate(zip(a, b, strict=True)):
            yield from apart(one, other, f"{path}[{n}]", tolerance)
    elif isinstance(a, float | int) and isinstance(b, float | int):
        if abs(a - b) > tolerance * max(1.0, abs(a), abs(b)):
            yield f"{path}: {a} and {b}"
    elif a != b:
        yield f"{path}: {a!r} and {b!r}"
