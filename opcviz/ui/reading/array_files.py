"""Array files of artefacts, read once for all visitors while they stay as they are."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from ...study.artefact import REMEDY, read_arrays
from ...study.shapes import fitting

__all__ = ["fitting_arrays"]


def _state(path: str) -> tuple[int, ...]:
    """Changes when the file is another one: a study may be made anew in the same place."""
    try:
        found = Path(path).stat()
    except OSError:  # it may go away at any moment: reading it says why
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


@lru_cache(maxsize=256)
def _arrays(path: str, state: tuple[int, ...]) -> dict[str, np.ndarray]:
    """An npz file of an artefact, read once while it stays as it is.

    All visitors are given the same arrays, so nobody may write into them.

    Raises:
        StoreError: when it is damaged.
    """
    arrays = read_arrays(Path(path))
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


def fitting_arrays(path: str, classes: int | None) -> tuple[dict[str, np.ndarray], str]:
    """Those of a file's arrays that look as they must, and what is wrong with the others.

    Args:
        path: of an npz file.
        classes: of its study, where they decide what fits.

    Raises:
        StoreError: when it is damaged.
    """
    return _checked(path, classes, _state(path))


@lru_cache(maxsize=256)
def _checked(
    path: str, classes: int | None, state: tuple[int, ...]
) -> tuple[dict[str, np.ndarray], str]:
    known = {"classes": classes} if classes else {}
    found, wrong = fitting(Path(path).name, _arrays(path, state), known)
    if not wrong:
        return found, ""
    why = "; ".join(wrong)
    # its bytes are those recorded: as long as they lie there, a run takes them for the answer
    return found, f"{path} is damaged ({why}); remove its folder, and {REMEDY}"
