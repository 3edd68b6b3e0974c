"""Folders of Hugging Face's form: which of their files are read, also out of an archive."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..common.access import check_path
from ..common.untrusted import LIMITS, IntakeError, Limits, check_file, check_zip, sha256
from .described import Described, as_json, describe

__all__ = ["CONFIG", "PREPARED", "WEIGHTS", "Found", "found_in", "hash_of", "size_of"]

CONFIG, PREPARED = "config.json", "preprocessor_config.json"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""What both libraries call weights, the one that is taken first."""
SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
SHARDED = tuple(f"{name}.index.json" for name in WEIGHTS)
CONFIGS = Limits(max_bytes=8 * 2**20)
"""Of a config.json: names of 20,000 classes take 2 MiB."""
MAX_LISTED = 1000


@dataclass(frozen=True)
class Found:
    """The files of a folder that are read.

    Attributes:
        weights: of the model.
        described: what the others say; None where there is no config.json.
        sha256: of the lines that `sha256sum` prints for the files, sorted by name.
        bytes: of them together.
    """

    weights: Path
    described: Described | None
    sha256: str
    bytes: int


@contextmanager
def found_in(path: Path, limits: Limits) -> Iterator[Found | None]:
    """What is read of a folder, or of a .zip of one; None for a file of another kind.

    What an archive holds is unpacked under names of our own, and removed afterwards.

    Raises:
        IntakeError: for a folder or an archive that has no weights or cannot be trusted.
    """
    with _unpacked(path, limits) as folder:
        yield None if folder is None else _found(*folder)


def hash_of(path: Path, limits: Limits = LIMITS) -> str:
    """The SHA-256 that weights are known by: of a file, or of what is read of a folder.

    Nothing that a file says is looked at, but for the names in an archive.

    Raises:
        IntakeError: for what is no file, folder or archive of weights.
    """
    with _unpacked(path, limits) as folder:
        return sha256(check_file(path, limits)) if folder is None else _digest(folder[0])


def size_of(path: Path, limits: Limits = LIMITS) -> int | None:
    """The bytes of what is read of a folder, or of a .zip of one; None for anything else."""
    try:
        if _is_folder(path):
            return _size(_chosen(path, _listed(path), limits, path.name))
        if path.suffix.lower() != ".zip":
            return None
        path = check_file(path, limits)
        check_zip(path, limits)
        members = _members(path) or {}
        with zipfile.ZipFile(path) as archive:
            return sum(archive.getinfo(each).file_size for each in members.values()) or None
    except (IntakeError, OSError):
        return None


@contextmanager
def _unpacked(path: Path, limits: Limits) -> Iterator[tuple[list[Path], str] | None]:
    """The files of a folder or an archive of one that are read, see `_chosen`, and its name."""
    if _is_folder(path):
        folder = Path(os.path.abspath(os.path.expanduser(path)))
        yield _chosen(folder, _listed(folder), limits, folder.name), folder.name
        return
    if path.suffix.lower() != ".zip":
        yield None
        return
    path = check_file(path, limits)
    check_zip(path, limits)
    members = _members(path)
    if members is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="opcviz-model-") as made:
        folder = Path(made)
        _unpack(path, members, folder)
        yield _chosen(folder, {each: each for each in members}, limits, path.name), path.name


def _is_folder(path: Path) -> bool:
    text = os.path.expanduser(str(path))
    if "\0" in text or not os.path.isdir(text):
        return False
    check_path(path)
    if os.path.islink(text.rstrip(os.sep)):
        raise IntakeError(
            f"{str(path)[-200:]} is a symbolic link, which is not followed; name the folder that "
            "it points to"
        )
    return True


def _listed(folder: Path) -> dict[str, str]:
    """The names of files in a folder that may be meant, each for itself."""
    names: dict[str, str] = {}
    with os.scandir(os.path.expanduser(folder)) as entries:
        for count, entry in enumerate(entries):
            if count >= MAX_LISTED:
                raise IntakeError(
                    f"{folder} holds more than {MAX_LISTED} files; it is no folder of one model"
                )
            names[entry.name] = entry.name
    return names


def _chosen(folder: Path, names: Mapping[str, str], limits: Limits, where: str) -> list[Path]:
    """The files that are read: the weights, then what tells of them; none is opened."""
    folder = Path(os.path.abspath(os.path.expanduser(folder)))
    used = [check_file(folder / _weights(names, where), limits, within=folder)]
    told = [name for name in (CONFIG, PREPARED) if name in names] if CONFIG in names else []
    return used + [check_file(folder / name, CONFIGS, within=folder) for name in told]


def _digest(files: list[Path]) -> str:
    """As `Found.sha256`."""
    lines = [f"{sha256(file)}  {file.name}\n" for file in sorted(files, key=lambda f: f.name)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def _found(files: list[Path], where: str) -> Found:
    weights, *others = files
    told = {file.name: as_json(file.read_bytes(), f"{where}/{file.name}") for file in others}
    described = describe(told[CONFIG], told.get(PREPARED), where) if others else None
    return Found(weights, described, _digest(files), _size(files))


def _weights(names: Mapping[str, str], where: str) -> str:
    """Which file has the weights: one of `WEIGHTS`, else the only one of that kind."""
    for name in WEIGHTS:
        if name in names:
            return name
    if any(name in names for name in SHARDED):
        raise IntakeError(
            f"{where}: its weights are in several files; save the model with a larger "
            "max_shard_size, so that they are in one"
        )
    others = sorted(name for name in names if name.lower().endswith(SUFFIXES))
    if len(others) == 1:
        return others[0]
    told = f"{len(others)} files that could hold them" if others else "no such file"
    raise IntakeError(
        f"{where}: its weights should be in {' or '.join(WEIGHTS)}, and there is {told}; name the "
        "file of weights itself"
    )


def _members(path: Path) -> dict[str, str] | None:
    """Names of ours to the members of an archive; None if it is no archive of a folder."""
    with zipfile.ZipFile(path) as archive:
        names = [each for each in archive.namelist() if not each.endswith("/")]
    configs = [name for name in names if PurePosixPath(name).name == CONFIG]
    tops = sorted(configs, key=lambda name: name.count("/"))
    if not tops or tops[0].count("/") > 1:
        return None
    root = tops[0].removesuffix(CONFIG)
    inside = {name.removeprefix(root): name for name in names if name.startswith(root)}
    wanted = {name: inside[name] for name in (CONFIG, PREPARED) if name in inside}
    chosen = _weights({name: name for name in inside if "/" not in name}, path.name)
    suffix = PurePosixPath(chosen).suffix.lower()
    plain = chosen if chosen in WEIGHTS else f"weights{suffix}"
    return {**wanted, plain: inside[chosen]}


def _unpack(path: Path, members: Mapping[str, str], folder: Path) -> None:
    """Write members, whose sizes `check_zip` has seen, under the names given."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name, member in members.items():
                with archive.open(member) as source, (folder / name).open("xb") as into:
                    shutil.copyfileobj(source, into, 2**20)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError) as error:
        raise IntakeError(
            f"{path.name}: cannot be unpacked ({str(error)[:80] or type(error).__name__}); copy it "
            "again"
        ) from error
