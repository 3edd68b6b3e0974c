"""What several test files need is made once a run, however many workers share the run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

__all__ = ["Once"]


class Once:
    """Folders that are filled once a run; whoever wants to change one copies it.

    Args:
        factory: pytest's; the workers of one run have folders side by side.
    """

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        base = factory.getbasetemp()
        shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
        self._root = shared / "once"
        self._root.mkdir(exist_ok=True)

    def __call__(self, name: str, make: Callable[[Path], object]) -> Path:
        """The folder of this name, which the first who asks has filled.

        Args:
            name: of what is in it; the same for everybody who makes the same.
            make: fills an empty folder.
        """
        folder, half = self._root / name, self._root / f".{name}"
        with FileLock(self._root / f"{name}.lock"):
            if not folder.exists():
                shutil.rmtree(half, ignore_errors=True)  # somebody's attempt that failed
                half.mkdir()
                make(half)
                half.rename(folder)
        return folder
