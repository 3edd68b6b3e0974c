"""Pictures from a .zip of a picture folder, as it is uploaded; nothing is unpacked to disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from zlib import error as ZlibError

from ..common.untrusted import LIMITS, IntakeError, Limits, check_file, check_zip
from .base import DataError
from .folder import MAX_DEPTH, assembled, check_classes, decoded, read_folder, train_files
from .images import Images

__all__ = ["is_archive", "picture_names", "read_pictures"]

MAX_FILES = 200_000
"""Of a zip of pictures: more than any other archive that is read here has."""
MAX_BYTES = 2**26
"""Of one packed picture."""
_DAMAGED = (zipfile.BadZipFile, ZlibError, OSError, EOFError, RuntimeError, NotImplementedError)


def is_archive(path: Path) -> bool:
    """Whether a path names a .zip, and not a folder."""
    return path.suffix.lower() == ".zip" and not path.is_dir()


def read_pictures(path: Path, size: int, limits: Limits = LIMITS) -> Images:
    """Pictures of a folder, or of a .zip of one, as `read_folder` reads them.

    In an archive train/ and test/ lie at the top, or in one folder there. Ids are the same as in
    the folder itself.

    Raises:
        DataError: as `read_folder`, and for an archive that cannot be trusted (see `check_zip`).
    """
    if not is_archive(path):
        return read_folder(path, size, limits)
    files = {part: dict(_classes(path, part, limits)) for part in ("train", "test")}
    check_classes(Path(path.name), files)
    names = sorted(files["train"])
    try:
        with zipfile.ZipFile(path) as archive:
            pictures = {
                part: decoded(
                    [file for name in names for file in files[part][name]],
                    size,
                    limits,
                    lambda member: BytesIO(archive.read(str(member))),
                )
                for part in files
            }
    except _DAMAGED as error:
        raise DataError(
            f"{path} is damaged ({str(error)[:100]}); write the archive again"
        ) from error
    return assembled(path.stem, names, files, pictures, size)


def picture_names(path: Path, limits: Limits = LIMITS) -> list[str]:
    """The train pictures in the order of their ids, as paths below `train/`.

    Raises:
        DataError: as `read_pictures`, which also decodes them.
    """
    if not is_archive(path):
        return train_files(path, limits)
    classes = dict(_classes(path, "train", limits))
    inside = [file for name in sorted(classes) for file in classes[name]]
    return ["/".join(file.parts[file.parts.index("train") + 1 :]) for file in inside]


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is damaged ({str(error)[:100]}); write the archive again")


def _classes(path: Path, part: str, limits: Limits) -> Iterator[tuple[str, list[PurePosixPath]]]:
    """Class name and its members, sorted."""
    try:
        check_file(path, limits)
        check_zip(path, limits.replace(max_members=max(limits.max_members, MAX_FILES)))
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except IntakeError as error:
        raise DataError(str(error)) from error
    except _DAMAGED as error:
        raise DataError(
            f"{path} is damaged ({str(error)[:100]}); write the archive again"
        ) from error
    found: dict[str, list[PurePosixPath]] = {}
    for member in members:
        whole = PurePosixPath(member.filename)
        parts = whole.parts
        if any(each.startswith(".") or each == "__MACOSX" for each in parts):
            continue
        if part not in parts[:2]:
            continue
        inside = parts[parts.index(part) + 1 :]
        if len(inside) > MAX_DEPTH:
            raise DataError(f"{path.name}: {whole} lies more than {MAX_DEPTH} folders deep")
        if member.is_dir():
            found.setdefault(inside[0], []) if len(inside) == 1 else None
        elif len(inside) > 1:
            if member.file_size > MAX_BYTES:
                raise DataError(
                    f"{path.name}: {whole} would take {member.file_size:,} bytes; a picture may "
                    f"have {MAX_BYTES:,}"
                )
            found.setdefault(inside[0], []).append(whole)
    if not found:
        raise DataError(
            f"{path.name} has no folder {part}/ with pictures; a .zip of pictures holds train/ and "
            "test/, each with one sub-folder a class"
        )
    yield from ((name, sorted(files)) for name, files in found.items())
