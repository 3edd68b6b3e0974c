"""What lies in a store, told so that two of them, or one of them twice, can be compared."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from opcviz.common.json_types import Json
from opcviz.study import Plan, Store, open_study
from opcviz.study.spec import load_plans, preset_path
from opcviz.upkeep.holdings import answers_of

__all__ = [
    "HALF",
    "PRESET",
    "RUN",
    "ROOT",
    "answers",
    "arrays",
    "folders",
    "half_written",
    "numbers",
    "opcviz",
    "plan",
    "undisturbed",
]

ROOT = Path(__file__).resolve().parents[2]
PRESET = "digits-lecture"
"""A full small study: four models with all their evidence."""
LESS: Mapping[str, int] = {
    "evidence.pictures": 1,
    "evidence.inversion.iterations": 40,
    "evidence.inversion.scout": 10,
}
"""Settings that keep its longest answer, gradient inversion, to seconds."""
HALF = re.compile(r"\..+-[0-9a-f]{12}\.[0-9a-f]{8}")
"""How the folder of an answer is called while it is written."""
RUN = ("run", PRESET, *(f"--set={name}={value}" for name, value in LESS.items()))
"""The command that makes the study."""
OF_THE_MACHINE = {"seconds", "stage_seconds", "peak_memory_mb", "created"}
"""Fields of a study's numbers that no two runs share."""


def opcviz(*words: object, store: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line of this checkout to its end.

    Args:
        words: of the command.
        store: given as `--store`; None: the command has none.
    """
    command = [sys.executable, "-m", "opcviz", *map(str, words)]
    command += ["--store", str(store)] if store else []
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )


def environment() -> dict[str, str]:
    """Of a program of this checkout: its numbers do not hang on how many threads it takes."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def plan() -> Plan:
    """What the command asks, as a run of the app's engine is asked."""
    return load_plans(preset_path(PRESET), LESS)[0]


def undisturbed(work: Path) -> Path:
    """The store of a run that nothing happened to, made unless it is there already.

    Args:
        work: folder of the benchmark.

    Raises:
        SystemExit: when the run fails.
    """
    store = work / "undisturbed"
    ended = opcviz(*RUN, store=store)
    if ended.returncode:
        raise SystemExit(f"the undisturbed run ended with {ended.returncode}: {ended.stderr}")
    return store


def numbers(store: Path, study: str = PRESET) -> Json:
    """What `opcviz show --json` tells of a study, without times and memory."""
    told: Json = _told(open_study(Store(store), study).to_dict())
    return told


def _told(value: object) -> Json:
    if isinstance(value, Mapping):
        return {k: _told(v) for k, v in value.items() if k not in OF_THE_MACHINE}
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]  # type: ignore[return-value]
    return value  # type: ignore[return-value]


def folders(store: Path) -> list[Path]:
    """Folders of all finished answers in a store."""
    studies = store / "studies"
    names = sorted(each.name for each in studies.iterdir()) if studies.is_dir() else []
    return [folder for name in names for folder in answers_of(store, name)]


def answers(store: Path) -> dict[str, str]:
    """SHA-256 of all that each finished answer holds, by its place in the store."""
    return {str(each.relative_to(store)): _digest(each) for each in folders(store)}


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def arrays(store: Path) -> dict[str, str]:
    """SHA-256 of every file of weights and arrays, by its place in the store."""
    return {
        str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders(store)
        for path in sorted(folder.iterdir())
        if path.suffix in (".npz", ".safetensors")
    }


def half_written(store: Path) -> set[str]:
    """Folders that are being written, and are not answers yet: their paths below the store.

    Quick enough to be asked hundreds of times a second.
    """
    studies = store / "studies"
    places = [*studies.glob("*"), *studies.glob("*/models/*")]
    return {
        str(Path(entry.path).relative_to(store))
        for place in places
        for entry in _entries(place)
        if HALF.fullmatch(entry.name)
    }


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:  # no folder, or gone meanwhile
        return []
