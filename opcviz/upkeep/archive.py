"""A store in one file, to hand on or to keep: a zip archive of answers with their hashes.

    opcviz-store.json                             format, version, studies
    studies/<study>/study.json
    studies/<study>/[models/<model>/]<kind>-<hash>/...

What comes from elsewhere is not trusted: names are held against this layout, nothing is unpacked
outside a hidden folder beside its place, and it becomes an answer only when every file has its
recorded hash and the question is the one that the folder's name stands for.
"""

from __future__ import annotations

import json
import re
import shutil
import stat
import tempfile
import uuid
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.held import in_use
from ..common.json_types import Json
from ..common.names import shown
from ..common.progress import Progress, Step
from ..common.records import Record
from ..study import Store, StoreError
from ..study.artefact import RECORD
from .holdings import ANSWER, STUDY, answers_of, chosen, read_spec, refuse_links, sound

__all__ = ["Imported", "export", "import_archive"]

ABOUT = "opcviz-store.json"
FORMAT = 1
MOST_FILES = 500_000
MOST_ABOUT = 2**20  # bytes of the table of contents, and of a study's record
PACKED = (".npz", ".safetensors", ".png", ".gif", ".zip")  # packing them again gains nothing
CHUNK = 2**20
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}")
"""A folder or a file: no separator, no leading dot."""


@dataclass(frozen=True)
class Imported(Record):
    """What an archive brought.

    Attributes:
        studies: those in it.
        added: answers that were not in the store.
        known: answers that were there already, sound, and stay as they are.
    """

    studies: tuple[str, ...]
    added: int
    known: int


def export(
    store: Store, file: Path, studies: Sequence[str] = (), progress: Progress | None = None
) -> int:
    """Write studies of a store's own root into one file.

    Args:
        store: only its own root is written, not the layers below.
        file: a new one; it has this name once it is whole.
        studies: these alone; none named: all.
        progress: told of each answer.

    Returns:
        How many answers it holds.

    Raises:
        StoreError: for a file that is there already, an unknown study, or anything that is not as
            it was written: an archive is not to hand on what nobody can check.
        Cancelled: by `progress`.
    """
    if file.exists():
        raise StoreError(f"{file}: is there already; name a new file")
    progress = progress or Progress()
    names = chosen(store, studies)
    if not names:
        raise StoreError(f"there is no study in {store.root} to export")
    folders = [folder for name in names for folder in answers_of(store.root, name)]
    beside = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
            about = {"format": FORMAT, "studies": names, "answers": len(folders)}
            archive.writestr(ABOUT, json.dumps(about, indent=1))
            for name in names:
                refuse_links(store.root, name)
                read_spec(store.root, name)
                place = f"studies/{name}/{STUDY}"
                archive.write(store.root / place, place)
            for index, folder in enumerate(folders):
                progress(Step(index, len(folders)))
                _pack(archive, folder, str(folder.relative_to(store.root)))
        progress(Step(len(folders), len(folders)))
        beside.rename(file)
    finally:
        beside.unlink(missing_ok=True)
    return len(folders)


def _pack(archive: zipfile.ZipFile, folder: Path, name: str) -> None:
    try:
        answer = sound(folder)
    except StoreError as error:
        raise StoreError(
            f"{folder} is damaged ({error}); nothing was exported: `opcviz run` on its study makes "
            "it anew"
        ) from error
    for each in (RECORD, *answer.files):
        packed = zipfile.ZIP_STORED if each.endswith(PACKED) else zipfile.ZIP_DEFLATED
        archive.write(folder / each, f"{name}/{each}", packed)


def import_archive(store: Store, file: Path, progress: Progress | None = None) -> Imported:
    """Put what `export` wrote into a store; what is there already stays.

    Args:
        store: its own root is written.
        file: the archive.
        progress: told of each answer.

    Raises:
        StoreError: for anything that is no such archive or is not as it was written; the message
            names the place. What was added before is sound, and stays.
        Cancelled: by `progress`.
    """
    progress = progress or Progress()
    if not file.is_file():
        raise StoreError(f"{file}: not a readable archive (no file)")
    try:
        with zipfile.ZipFile(file) as archive:
            return _import(store, archive, progress)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno is not None and file.is_file():
            raise  # of the store's disk
        raise StoreError(f"{file}: not a readable archive ({error})") from error
    except RuntimeError as error:  # what zipfile raises for a password, or another way of packing
        raise StoreError(f"{file}: not a readable archive ({error})") from error


def _import(store: Store, archive: zipfile.ZipFile, progress: Progress) -> Imported:
    studies, answers = _contents(archive)
    room = shutil.disk_usage(_there(store.root)).free
    wanted = sum(info.file_size for members in answers.values() for info in members.values())
    if wanted > room:
        raise StoreError(f"{wanted:,} bytes are to be unpacked, and {room:,} are free")
    added = 0
    with in_use(store.lock):
        for study in studies:
            _add_study(store, archive, study)
        for index, (place, members) in enumerate(answers.items()):
            progress(Step(index, len(answers)))
            added += _add(store, archive, place, members)
    progress(Step(len(answers), len(answers)))
    return Imported(tuple(studies), added, len(answers) - added)


def _contents(
    archive: zipfile.ZipFile,
) -> tuple[list[str], dict[str, dict[str, zipfile.ZipInfo]]]:
    """The studies in an archive, and the members of each answer by its place and their names."""
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise StoreError(f"{len(members):,} files are more than the {MOST_FILES:,} that are read")
    about = next((info for info in members if info.filename == ABOUT), None)
    found = _json(archive, about) if about else {}
    if found.get("format") != FORMAT:
        raise StoreError(
            f"no archive of `opcviz store export` that this version reads ({ABOUT} is missing, or "
            f"its format is not {FORMAT})"
        )
    studies: list[str] = []
    answers: dict[str, dict[str, zipfile.ZipInfo]] = defaultdict(dict)
    for info in members:
        if info is about or info.is_dir():
            continue
        place, name = _placed(info)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise StoreError(f"'{shown(info.filename)}' is packed in a way that is not read")
        if place in studies and name == STUDY:
            raise StoreError(f"'{shown(info.filename)}' is in it twice")
        if name == STUDY and not ANSWER.fullmatch(place.rpartition("/")[2]):
            studies.append(place)
        elif name in answers[place]:
            raise StoreError(f"'{shown(info.filename)}' is in it twice")
        else:
            answers[place][name] = info
    if lost := sorted({place.split("/")[0] for place in answers} - set(studies)):
        raise StoreError(f"'{lost[0]}' has answers and no {STUDY}")
    return studies, answers


def _placed(info: zipfile.ZipInfo) -> tuple[str, str]:
    """The folder below `studies` and the name in it, if the layout knows such a file."""
    parts = info.filename.split("/")
    link = stat.S_ISLNK(info.external_attr >> 16)
    fits = (
        not link
        and len(parts) >= 3
        and parts[0] == "studies"
        and all(NAME.fullmatch(part) for part in parts[1:])
    )
    at = next((i for i, part in enumerate(parts) if ANSWER.fullmatch(part)), None)
    if fits and at is not None and 1 < at < len(parts) - 1:
        return "/".join(parts[1 : at + 1]), "/".join(parts[at + 1 :])
    if fits and at is None and parts[2:] == [STUDY]:
        return parts[1], STUDY
    raise StoreError(f"'{shown(info.filename[:200])}' is no place in a store; nothing was unpacked")


def _add_study(store: Store, archive: zipfile.ZipFile, study: str) -> None:
    """Record a study that the store does not know; a known one keeps its record."""
    if (store.root / "studies" / study / STUDY).exists():
        read_spec(store.root, study)
        return
    spec = _json(archive, archive.getinfo(f"studies/{study}/{STUDY}"))
    with tempfile.TemporaryDirectory(prefix="opcviz-") as folder:  # looked at before it is anywhere
        try:
            Store(Path(folder)).write_study(study, spec)
        except ValueError as error:  # NaN, half a character
            raise StoreError(f"studies/{study}/{STUDY}: {error}") from error
        read_spec(Path(folder), study)
    store.write_study(study, spec)


def _add(
    store: Store, archive: zipfile.ZipFile, place: str, members: dict[str, zipfile.ZipInfo]
) -> bool:
    """Unpack one answer beside its place, look at all of it, and put it there if it is new."""
    folder = store.root / "studies" / place
    if _is_sound(folder):
        return False
    with store.beside(folder) as beside:
        try:
            for name, info in members.items():
                (beside / name).parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as packed, (beside / name).open("wb") as out:
                    shutil.copyfileobj(packed, out, CHUNK)
            sound(beside, named=folder.name)
        except (StoreError, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise StoreError(f"{place}: {error}; it was not added") from error
        store.put(beside, folder)
    return True


def _is_sound(folder: Path) -> bool:
    try:
        sound(folder)
    except StoreError:
        return False
    return True


def _json(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Json:
    if info.file_size > MOST_ABOUT:
        raise StoreError(f"{info.filename} has {info.file_size:,} bytes; {MOST_ABOUT:,} are read")
    try:
        with archive.open(info) as file:
            found = json.loads(file.read(MOST_ABOUT))
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{info.filename}: not readable as JSON ({error})") from error
    if not isinstance(found, dict):
        raise StoreError(f"{info.filename}: holds no table of values")
    return found


def _there(path: Path) -> Path:
    """The nearest folder that exists."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.is_dir())
