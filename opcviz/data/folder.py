"""Pictures from train/ and test/ folders with one sub-folder a class."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING

import numpy as np
import torch

from ..common.names import NOT_TEXT, is_text, shown
from ..common.untrusted import LIMITS, Limits
from .base import DataError
from .images import Images, assemble

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "FORMATS",
    "assembled",
    "check_classes",
    "decoded",
    "read_folder",
    "read_picture",
    "stack",
    "train_files",
]

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
"""Formats that are decoded in this process alone: to draw an EPS, Pillow starts a program."""
MAX_DEPTH = 32  # folders within a class
LARGE = 4_000_000  # pixels from which on one picture at a time is decoded
_large = threading.Lock()

GREY_MODES = ("1", "L", "LA")
UNSCALED_MODES = ("I", "F")  # 32-bit pixels: their range is not known, so no fair way to 8 bits
MAX_NAMED = 5  # files named in one message


def read_folder(path: Path, size: int, limits: Limits = LIMITS) -> Images:
    """Read PATH/train/CLASS/... and PATH/test/CLASS/... into `size` × `size` pictures.

    Classes are the sub-folders' names in sorted order, pictures are in sorted order of their
    paths (sub-folders of a class count), so ids do not depend on the file system. Hidden files are
    skipped; any other file must be a picture in one of `FORMATS`. No link below the folder is
    followed, and no picture of more than `Limits.max_pixels` is decoded. Pictures are squeezed to a
    square, bilinear with antialiasing, as torchvision's `Resize((size, size))` does it. The result
    has one channel when every picture of both splits is grey, else three; transparency is dropped.

    Raises:
        DataError: by name for a missing folder, classes that differ between train and test, a
            class without pictures, every unreadable picture, links, devices and too many files.
    """
    files = {part: _list(path / part, limits) for part in ("train", "test")}
    names = sorted(files["train"])
    check_classes(path, files)
    pictures = {
        part: decoded([f for name in names for f in files[part][name]], size, limits)
        for part in files
    }
    return assembled(path.name, names, files, pictures, size)


def assembled(
    called: str,
    names: Sequence[str],
    files: Mapping[str, Mapping[str, Sequence[object]]],
    pictures: Mapping[str, list[np.ndarray]],
    size: int,
) -> Images:
    """Decoded pictures as a data set.

    Args:
        called: how the set is named.
        names: of the classes, in order.
        files: of each split and class.
        pictures: of each split, class by class, as `read_picture` gives them.
        size: of their sides.
    """
    grey = all(picture.ndim == 2 for part in pictures.values() for picture in part)
    splits = []
    for part, decoded_ones in pictures.items():
        labels = np.repeat(np.arange(len(names)), [len(files[part][name]) for name in names])
        splits.append((stack(decoded_ones, size, grey), labels))
    return assemble(called, splits[0], splits[1], names)


def train_files(path: Path, limits: Limits = LIMITS) -> list[str]:
    """The train pictures of a folder in the order of their ids, as paths below `train/`.

    Raises:
        DataError: as `read_folder`, which also decodes them.
    """
    files = _list(path / "train", limits)
    return [f.relative_to(path / "train").as_posix() for name in sorted(files) for f in files[name]]


def _list(folder: Path, limits: Limits) -> dict[str, list[Path]]:
    """Class name -> its files, sorted."""
    if not os.path.isdir(folder):  # of any text, unlike Path.is_dir
        raise DataError(
            f"no folder {str(folder.absolute())[-200:]}; a picture folder holds train/ "
            "and test/, each with one sub-folder a class"
        )
    found: dict[str, list[Path]] = {}
    count = 0
    for file in _walk(folder):
        inside = file.relative_to(folder).parts
        if file.is_dir():
            if len(inside) == 1:
                found[inside[0]] = []
        elif len(inside) > 1:
            found[inside[0]].append(file)
            count += 1
        if count > limits.max_samples:
            raise DataError(
                f"{folder} holds more than {limits.max_samples:,} files; give fewer pictures"
            )
    return {name: sorted(files) for name, files in found.items()}


def _walk(folder: Path, depth: int = 0) -> Iterator[Path]:
    """Folders and files below, each folder before what it holds; hidden ones left out.

    Raises:
        DataError: for a link, which could lead anywhere, and for what is no file, whose reading
            may never end.
    """
    try:
        with os.scandir(folder) as entries:
            listed = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise DataError(
            f"{folder} cannot be listed ({error.strerror}); see who may read it"
        ) from error
    for entry in listed:
        path = Path(entry.path)
        if not is_text(entry.name):
            raise DataError(f"{shown(entry.path)}: the name {NOT_TEXT}")
        if entry.is_symlink():
            raise DataError(f"{path} is a symbolic link, which is not followed; copy the files")
        if entry.is_dir(follow_symlinks=False):
            yield path
            if depth == MAX_DEPTH:
                raise DataError(f"{path} lies more than {MAX_DEPTH} folders deep; move it up")
            yield from _walk(path, depth + 1)
        elif entry.is_file(follow_symlinks=False):
            yield path
        else:
            raise DataError(f"{path} is a device, a pipe or a socket, not a picture; remove it")


def check_classes(path: Path, files: Mapping[str, Mapping[str, Sequence[object]]]) -> None:
    """See that both splits have the same classes, each with pictures.

    Raises:
        DataError: naming the folder and the class.
    """
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


def decoded(
    files: Sequence[PurePath],
    size: int,
    limits: Limits,
    opened: Callable[[PurePath], Path | IO[bytes]] = Path,
) -> list[np.ndarray]:
    """Each file as (size, size) or (size, size, 3) uint8; Pillow decodes without the GIL.

    Args:
        files: their names.
        size: of the sides.
        limits: of pixels.
        opened: from a name to what is read.

    Raises:
        DataError: naming those that cannot be read.
    """
    with ThreadPoolExecutor(max_workers=torch.get_num_threads()) as pool:
        results = list(pool.map(lambda file: read_picture(opened(file), size, limits), files))
    broken = [f"{f} ({r})" for f, r in zip(files, results, strict=True) if isinstance(r, str)]
    if broken:
        raise DataError(
            f"{len(broken)} of {len(files)} pictures cannot be read: {_some(broken)}. "
            "Mend or remove them"
        )
    return [picture for picture in results if not isinstance(picture, str)]


def read_picture(file: Path | IO[bytes], size: int, limits: Limits = LIMITS) -> np.ndarray | str:
    """One picture as (size, size) or (size, size, 3) uint8, or in words why not."""
    from PIL import Image

    try:
        with Image.open(file, formats=FORMATS) as opened:
            if (pixels := opened.width * opened.height) > limits.max_pixels:
                return f"{opened.width} × {opened.height} pixels, at most {limits.max_pixels:,}"
            with _large if pixels > LARGE else nullcontext():
                return _scaled(opened, size)
    except MemoryError:
        return "wants more memory than there is"
    except Exception as error:  # a damaged file makes its decoder raise almost anything
        return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _scaled(opened: Image.Image, size: int) -> np.ndarray | str:
    from PIL import Image

    picture: Image.Image = opened
    # Pillow would clip 16 bits, not scale them; older ones open such a PNG in mode I.
    if picture.mode.startswith("I;16") or (picture.mode, opened.format) == ("I", "PNG"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.mode in UNSCALED_MODES:
        return f"32-bit pixels of mode {picture.mode}: save it with 8 or 16 bits"
    kind = "L" if picture.mode in GREY_MODES else "RGB"
    small = picture.convert(kind).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(small)


def stack(pictures: list[np.ndarray], size: int, grey: bool) -> np.ndarray:
    """(N, 1 or 3, size, size) uint8; a grey picture among coloured ones fills all channels."""
    out = np.empty((len(pictures), 1 if grey else 3, size, size), np.uint8)
    for row, picture in zip(out, pictures, strict=True):
        row[:] = picture if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return out
