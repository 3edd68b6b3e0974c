"""Pictures from one .npz file of plain arrays, the format for a user's own data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..common.untrusted import LIMITS, IntakeError, Limits, check_file
from .base import DataError
from .images import Images, assemble
from .npy import MAGIC, read_npz

__all__ = ["as_labels", "as_pictures", "read_arrays"]

REQUIRED_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
CHANNELS = (1, 3)
MAX_CLASSES = 100_000
MAX_NAMED = 5  # arrays named in one message


def read_arrays(path: Path, limits: Limits = LIMITS) -> Images:
    """Read x_train, y_train, x_test, y_test and, if there, class_names.

    Pictures are (N, H, W), (N, H, W, C) or (N, C, H, W) with C of 1 or 3, as uint8 or as floats in
    0..1 (rounded to 256 levels); labels are integers 0..C-1 of shape (N,). The file may come from
    anybody: nothing is made of a size that it only claims.

    Raises:
        DataError: naming the file, the array and what is wrong with it.
    """
    arrays = _read(path, limits)
    train, test = (
        (
            as_pictures(arrays[f"x_{part}"], f"x_{part} in {path}"),
            as_labels(arrays[f"y_{part}"], f"y_{part} in {path}"),
        )
        for part in ("train", "test")
    )
    names = _class_names(arrays["class_names"], path) if "class_names" in arrays else None
    try:
        return assemble(path.stem, train, test, names)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _class_names(names: np.ndarray, path: Path) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind not in "US":
        raise DataError(
            f"class_names in {path}: wants a list of strings, got {names.dtype} of shape "
            f"{names.shape}"
        )
    if len(names) > MAX_CLASSES:
        raise DataError(f"class_names in {path}: {len(names):,} of them; at most {MAX_CLASSES:,}")
    try:
        return tuple(np.char.decode(names) if names.dtype.kind == "S" else names)
    except UnicodeDecodeError as error:
        raise DataError(f"class_names in {path}: not UTF-8 ({error}); save strings") from error


def _read(path: Path, limits: Limits) -> dict[str, np.ndarray]:
    try:
        with check_file(path, limits).open("rb") as file:
            start = file.read(len(MAGIC))
    except (IntakeError, OSError) as error:
        raise DataError(str(error)) from error
    if start == MAGIC:
        raise DataError(f"{path} holds one array; wants an .npz with {', '.join(REQUIRED_ARRAYS)}")
    arrays, held = read_npz(path, (*REQUIRED_ARRAYS, "class_names"), limits)
    missing = [name for name in REQUIRED_ARRAYS if name not in arrays]
    if missing:
        raise DataError(
            f"{path} has no {', '.join(missing)}; it has {_some(held)}. "
            "Write it with numpy.savez(file, x_train=..., y_train=..., x_test=..., "
            "y_test=..., class_names=...)"
        )
    for part in ("train", "test"):
        count = len(arrays[f"x_{part}"]) if arrays[f"x_{part}"].ndim else 0
        if count > limits.max_samples:
            raise DataError(
                f"{path}, array 'x_{part}': {count:,} samples, and at most "
                f"{limits.max_samples:,} are read; give fewer"
            )
    return arrays


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (", ".join(name[:40] for name in names[:MAX_NAMED]) or "nothing") + more


def as_pictures(x: np.ndarray, where: str) -> np.ndarray:
    """Any layout and type that `read_arrays` allows -> (N, C, H, W) uint8.

    Raises:
        DataError: for another, beginning with `where`.
    """
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and (x.shape[3] in CHANNELS) != (x.shape[1] in CHANNELS):
        x = x.transpose(0, 3, 1, 2) if x.shape[3] in CHANNELS else x
    else:
        raise DataError(
            f"{where} has shape {x.shape}; wants (N, H, W), (N, H, W, C) or (N, C, H, W) with "
            "C of 1 or 3, and only one axis that can be C"
        )
    if x.dtype == np.uint8:
        return x
    if x.dtype.kind != "f":
        raise DataError(
            f"{where} has type {x.dtype}; wants uint8, or floats in 0..1 "
            "(pixels of 0 to 255 convert with .astype('uint8'))"
        )
    if not np.isfinite(x).all():
        index = int(np.flatnonzero(~np.isfinite(x).all((1, 2, 3)))[0])
        raise DataError(f"{where} holds NaN or infinite pixels, first in picture {index}")
    if x.size and (x.min() < 0 or x.max() > 1):
        raise DataError(
            f"{where} holds floats from {x.min():g} to {x.max():g}; floats must lie in 0..1 "
            "(divide by 255, or save uint8)"
        )
    return np.rint(x * 255.0).astype(np.uint8)


def as_labels(y: np.ndarray, where: str) -> np.ndarray:
    """Labels as they are, if they are whole numbers (N,).

    Raises:
        DataError: if they are not, beginning with `where`.
    """
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise DataError(
            f"{where} has type {y.dtype} and shape {y.shape}; wants integers of shape (N,) "
            "(one-hot labels convert with .argmax(1))"
        )
    return y
