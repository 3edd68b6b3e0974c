"""Keeping one answer: numbers as JSON, arrays as npz, and how long it took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.devices import synchronize
from ..methods import Method
from .store import write_json

if TYPE_CHECKING:
    from .laboratory import Laboratory

__all__ = ["keep"]


def keep(
    lab: Laboratory,
    kind: str,
    method: Method,
    seed: int,
    result: dict[str, Any],
    began: float,
    arrays: dict[str, dict[str, np.ndarray]] | None = None,
) -> None:
    """Store an artefact of one model.

    Args:
        lab, kind, method, seed: which artefact.
        result: JSON-ready numbers.
        began: `time.perf_counter()` when the work began.
        arrays: file name to arrays by name.
    """
    synchronize(lab.device)
    seconds = round(time.perf_counter() - began, 3)
    with lab.writing(kind, method, seed) as folder:
        for name, content in (arrays or {}).items():
            np.savez_compressed(folder / name, **content)
        write_json(folder / "result.json", {**result, "seconds": seconds}, compact=True)
