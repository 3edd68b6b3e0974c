"""The three files that weights come in: safetensors, torch's zip archive, torch's old format.

Each gives the structure of the file and a way to fetch one tensor of it. Only those asked for are
read, so the state of an optimiser beside the weights costs no memory, and no tensor can claim more
than the file holds.
"""

from __future__ import annotations

import json
import math
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..common.untrusted import LIMITS, IntakeError, Limits, check_zip
from ..models.exported import Program
from .exported import find_program, read_program
from .pickled import read_pickle
from .stored import Storage, Stored

__all__ = ["Container", "open_container"]

DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError),
    *(ValueError, KeyError, RuntimeError, NotImplementedError),
)
"""What Python's reader of archives raises on one that contradicts itself."""
MAX_HEADER = 32 * 2**20
MAX_EXTENT = 2**48
"""Of the sides of a tensor that has no numbers, multiplied: PyTorch cannot count much further."""
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True)
class Container:
    """A file of weights that was looked at but not read.

    Attributes:
        format: as a person would call it.
        content: nested dicts of `Stored` and other values.
        fetch: the numbers of one `Stored`, as they are in the file.
        program: what else an exported program says.
    """

    format: str
    content: Any
    fetch: Callable[[Stored], Tensor]
    program: Program | None = None


def open_container(path: Path, limits: Limits = LIMITS) -> Container:
    """Look into a file that `check_file` has passed; what it is, its first bytes say.

    Raises:
        IntakeError: for something else, or damaged or forged content.
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
        if start[:4] == b"PK\x03\x04":
            return _zip(path, limits)
        # before pickles: the length of a header may begin with their byte; no torch.save has { here
        if len(start) > 8 and start[8:9] == b"{":
            return _safetensors(path, limits)
        if start[:1] == b"\x80":
            return _legacy(path)
    except OSError as error:
        raise IntakeError(f"{path.name}: cannot be read ({error.strerror})") from error
    raise IntakeError(
        f"{path.name}: is no file of weights: its first bytes are neither those of safetensors nor "
        "those of torch.save; give a .safetensors, .pt or .pth file of a state dict"
    )


# ---- safetensors --------------------------------------------------------------------------------


def _safetensors(path: Path, limits: Limits) -> Container:
    where, size = path.name, path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(MAX_HEADER, size - 8):
            raise IntakeError(
                f"{where}: its header claims {length} bytes, more than "
                f"{'the file has' if length > size - 8 else 'a header may have'}; the file is "
                "damaged or forged"
            )
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError) as error:
            raise IntakeError(f"{where}: its header is no JSON; the file is damaged") from error
    entries = {key: each for key, each in header.items() if key != "__metadata__"}
    if len(entries) > limits.max_tensors:
        raise IntakeError(
            f"{where}: holds {len(entries)} tensors; at most {limits.max_tensors} can be read"
        )
    start, content = 8 + length, {}
    for key, entry in entries.items():
        content[key] = _entry(entry, size - start, f"{where}: tensor {key[:200]!r}")

    def read(storage: Storage) -> bytes:
        with path.open("rb") as file:
            file.seek(start + int(storage.key))
            return file.read(storage.count * storage.dtype.itemsize)

    return Container("safetensors", content, _fetcher(read, where))


def _entry(entry: object, room: int, where: str) -> Stored:
    """One line of the header, believed only as far as the file reaches."""
    if not isinstance(entry, dict):
        raise IntakeError(f"{where} is not described; the file is damaged")
    dtype: Any = entry.get("dtype")
    shape: Any = entry.get("shape")
    offsets: Any = entry.get("data_offsets")
    kind = TYPES.get(dtype) if isinstance(dtype, str) else None
    if kind is None:
        raise IntakeError(
            f"{where} has numbers of the type {str(dtype)[:40]!r}; convert it to one of "
            f"{', '.join(TYPES)}"
        )
    if not _naturals(shape) or len(shape) > 8 or not _naturals(offsets) or len(offsets) != 2:
        raise IntakeError(f"{where} has a shape or a place that is none; the file is damaged")
    count, (begin, end) = math.prod(shape), offsets
    if end > room or begin > end or end - begin != count * kind.itemsize:
        raise IntakeError(
            f"{where} claims the shape {str(tuple(shape))[:80]}, which is not what its "
            f"{end - begin} bytes in the file hold; the file is damaged or forged"
        )
    strides = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    return Stored(Storage(str(begin), kind, count), 0, tuple(shape), tuple(strides))


def _naturals(values: Any) -> bool:
    return isinstance(values, list) and all(type(each) is int and each >= 0 for each in values)


# ---- torch.save ---------------------------------------------------------------------------------


def _zip(path: Path, limits: Limits) -> Container:
    where = path.name
    check_zip(path, limits)
    with zipfile.ZipFile(path) as archive:
        names = {each.filename: each.file_size for each in archive.infolist()}
        exported = find_program(names)
        if exported is not None:
            program, content = read_program(archive, names, exported, where)
            return Container(
                "torch.export", content, _fetcher(_reader(path, names, ""), where), program
            )
        root = _root(names, where)
        named = f"{root}byteorder"
        order = _member(archive, named, where) if named in names else None
        content = read_pickle(_member(archive, f"{root}data.pkl", where), where)
    if order is not None and order.strip() != sys.byteorder.encode():
        raise IntakeError(f"{where}: was written with another order of bytes; save it again here")
    return Container("torch.save", content, _fetcher(_reader(path, names, f"{root}data/"), where))


def _root(names: Mapping[str, int], where: str) -> str:
    """The folder inside an archive of `torch.save`."""
    pickles = [name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")]
    if not pickles:
        raise IntakeError(
            f"{where}: is an archive, but none that torch.save wrote for a state dict; give a "
            ".safetensors, .pt or .pth file of one, or export the model with PyTorch 2.8 or newer"
        )
    root = pickles[0].removesuffix("data.pkl")
    program = any(name.startswith(f"{root}code/") for name in names)
    if program and f"{root}constants.pkl" in names:
        raise IntakeError(
            f"{where}: is a TorchScript program, not a state dict; save model.state_dict(), or "
            "export the model with torch.export"
        )
    if names[pickles[0]] > MAX_HEADER:
        raise IntakeError(
            f"{where}: describes its tensors in {names[pickles[0]]} bytes; at most {MAX_HEADER} "
            "are read"
        )
    return root


def _reader(path: Path, names: Mapping[str, int], folder: str) -> Callable[[Storage], bytes]:
    """What reads one row of numbers in an archive."""
    where = path.name

    def read(storage: Storage) -> bytes:
        name = f"{folder}{storage.key}"
        wanted = storage.count * storage.dtype.itemsize
        if names.get(name) != wanted:
            raise IntakeError(
                f"{where}: a tensor of {wanted} bytes should lie in {name[:80]!r}, which has "
                f"{names.get(name, 'no')} bytes; the file is damaged or forged"
            )
        with zipfile.ZipFile(path) as archive:
            return _member(archive, name, where)

    return read


def _member(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    try:
        return archive.read(name)
    except DAMAGED as error:
        raise IntakeError(
            f"{where}: is damaged ({str(error)[:80] or 'it ends too early'}); copy it again"
        ) from error


def _legacy(path: Path) -> Container:
    """The format before PyTorch 1.6: pickles one after the other, then the rows of numbers."""
    where = path.name
    with path.open("rb") as file:
        size = path.stat().st_size
        if read_pickle(file, where) != LEGACY_MAGIC:
            raise IntakeError(
                f"{where}: is a pickle that torch.save did not write; save model.state_dict()"
            )
        protocol, system = read_pickle(file, where), read_pickle(file, where)
        if protocol != 1001 or not isinstance(system, dict) or not system.get("little_endian"):
            raise IntakeError(f"{where}: was written by an unknown PyTorch; save it again")
        content, keys = read_pickle(file, where), read_pickle(file, where)
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise IntakeError(f"{where}: lists no tensors; the file is damaged")
        places: dict[str, tuple[int, int]] = {}
        types = {stored.storage.key: stored.storage.dtype for stored in _all_stored(content)}
        for key in keys:
            count = int.from_bytes(file.read(8), "little")
            length = count * types.get(key, torch.float32).itemsize
            if length > size - file.tell():
                raise IntakeError(
                    f"{where}: a tensor claims {length} bytes, more than the file has; it is cut "
                    "off, damaged or forged"
                )
            places[key] = file.tell(), count
            file.seek(length, 1)

    def read(storage: Storage) -> bytes:
        begin, count = places.get(storage.key, (0, -1))
        if count != storage.count:
            raise IntakeError(f"{where}: a tensor is not where it should be; the file is damaged")
        with path.open("rb") as file:
            file.seek(begin)
            return file.read(count * storage.dtype.itemsize)

    return Container("torch.save, before 1.6", content, _fetcher(read, where))


def _all_stored(content: object) -> list[Stored]:
    """Every tensor in a structure; a part that occurs twice is looked at once."""
    found, waiting, seen = [], [content], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, Stored):
            found.append(each)
        elif isinstance(each, dict | list | tuple) and id(each) not in seen:
            seen.add(id(each))
            waiting += each.values() if isinstance(each, dict) else each
    return found


def _fetcher(read: Callable[[Storage], bytes], where: str) -> Callable[[Stored], Tensor]:
    """What gives one tensor of a file; the last row is kept, as many tensors may show one."""
    kept: dict[Storage, Tensor] = {}

    def fetch(stored: Stored) -> Tensor:
        storage = stored.storage
        if storage not in kept:
            raw = read(storage)
            if len(raw) != storage.count * storage.dtype.itemsize:
                raise IntakeError(f"{where}: ends too early; it is cut off, damaged or forged")
            kept.clear()
            row = torch.empty(0, dtype=storage.dtype)
            kept[storage] = torch.frombuffer(bytearray(raw), dtype=storage.dtype) if raw else row
        if stored.last >= storage.count:
            raise IntakeError(
                f"{where}: a tensor of the shape {str(stored.size)[:80]} reaches beyond its "
                f"{storage.count} numbers; the file is damaged or forged"
            )
        if not stored.count:
            if math.prod(each or 1 for each in stored.size) > MAX_EXTENT:
                raise IntakeError(
                    f"{where}: a tensor without numbers claims the shape "
                    f"{str(stored.size)[:80]}; the file is damaged or forged"
                )
            return torch.empty(stored.size, dtype=storage.dtype)
        return kept[storage].as_strided(stored.size, stored.stride, stored.offset)

    return fetch
