"""Pictures from train/ and test/ folders with one sub-folder a class."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from .base import DataError
from .images import Images, assemble

__all__ = ["read_folder"]

GREY_MODES = ("1", "L", "LA")
UNSCALED_MODES = ("I", "F")  # 32-bit pixels: their range is not known, so no fair way to 8 bits
MAX_NAMED = 5  # files named in one message


def read_folder(path: Path, size: int) -> Images:
    """Read PATH/train/CLASS/... and PATH/test/CLASS/... into `size` × `size` pictures.

    Classes are the sub-folders' names in sorted order, pictures are in sorted order of their
    paths (sub-folders of a class count), so ids do not depend on the file system. Hidden files are
    skipped; any other file must be a picture. Pictures are squeezed to a square, bilinear with
    antialiasing, as torchvision's `Resize((size, size))` does it. The result has one channel when
    every picture of both splits is grey, else three; transparency is dropped.

    Raises:
        DataError: by name for a missing folder, classes that differ between train and test, a
            class without pictures, and every unreadable picture.
    """
    files = {part: _list(path / part) for part in ("train", "test")}
    names = sorted(files["train"])
    _check_classes(path, files)
    decoded = {
        part: _decode([f for name in names for f in files[part][name]], size) for part in files
    }
    grey = all(picture.ndim == 2 for pictures in decoded.values() for picture in pictures)
    splits = []
    for part, pictures in decoded.items():
        labels = np.repeat(np.arange(len(names)), [len(files[part][name]) for name in names])
        splits.append((_stack(pictures, size, grey), labels))
    return assemble(path.name, splits[0], splits[1], names)


def _list(folder: Path) -> dict[str, list[Path]]:
    """Class name -> its files, sorted."""
    if not folder.is_dir():
        raise DataError(
            f"no folder {folder.absolute()}; a picture folder holds train/ and test/, each with "
            "one sub-folder a class"
        )
    classes = (d for d in folder.iterdir() if d.is_dir() and not d.name.startswith("."))
    return {
        d.name: sorted(f for f in d.rglob("*") if f.is_file() and not f.name.startswith("."))
        for d in classes
    }


def _check_classes(path: Path, files: dict[str, dict[str, list[Path]]]) -> None:
    for part, other in (("train", "test"), ("test", "train")):
        lacking = sorted(set(files[other]) - set(files[part]))
        if lacking:
            raise DataError(
                f"{path / part} has no class folder {_some(lacking)}, which {path / other} has; "
                "both splits need the same classes"
            )
    for part in files:
        empty = sorted(name for name, found in files[part].items() if not found)
        if empty:
            raise DataError(
                f"{path / part} has no pictures of class {_some(empty)}; add some or remove the "
                "class from train/ and test/"
            )
    if len(files["train"]) < 2:
        raise DataError(
            f"{path / 'train'} has {len(files['train'])} class folders; at least two are needed"
        )


def _some(names: Sequence[object]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(str(name) for name in names[:MAX_NAMED]) + more


def _decode(files: list[Path], size: int) -> list[np.ndarray]:
    """Each file as (size, size) or (size, size, 3) uint8; Pillow decodes without the GIL."""
    with ThreadPoolExecutor(max_workers=torch.get_num_threads()) as pool:
        results = list(pool.map(lambda file: _open(file, size), files))
    broken = [f"{f} ({r})" for f, r in zip(files, results, strict=True) if isinstance(r, str)]
    if broken:
        raise DataError(
            f"{len(broken)} of {len(files)} pictures cannot be read: {_some(broken)}. "
            "Mend or remove them"
        )
    return [picture for picture in results if not isinstance(picture, str)]


def _open(file: Path, size: int) -> np.ndarray | str:
    """One picture, or in words why not."""
    from PIL import Image

    try:
        with Image.open(file) as opened:
            picture: Image.Image = opened
            # Pillow would clip 16 bits, not scale them; older ones open such a PNG in mode I.
            if picture.mode.startswith("I;16") or (picture.mode, picture.format) == ("I", "PNG"):
                picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
            if picture.mode in UNSCALED_MODES:
                return f"32-bit pixels of mode {picture.mode}: save it with 8 or 16 bits"
            kind = "L" if picture.mode in GREY_MODES else "RGB"
            small = picture.convert(kind).resize((size, size), Image.Resampling.BILINEAR)
            return np.asarray(small)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__


def _stack(pictures: list[np.ndarray], size: int, grey: bool) -> np.ndarray:
    """(N, 1 or 3, size, size) uint8; a grey picture among coloured ones fills all channels."""
    out = np.empty((len(pictures), 1 if grey else 3, size, size), np.uint8)
    for row, picture in zip(out, pictures, strict=True):
        row[:] = picture if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return out
