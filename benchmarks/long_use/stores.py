"""What lies in a store, told so that two of them, or one of them twice, can be compared."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opcviz.cli.plans import chosen
from opcviz.common.json_types import Json
from opcviz.study import Job, Store, open_study
from opcviz.study.spec import load_plans, preset_path
from opcviz.upkeep.holdings import answers_of

__all__ = [
    "FULL",
    "HALF",
    "PRESET",
    "ROOT",
    "Order",
    "answers",
    "differing",
    "folders",
    "half_written",
    "numbers",
    "opcviz",
    "undisturbed",
]

ROOT = Path(__file__).resolve().parents[2]
PRESET = "digits-lecture"
"""A small study."""
HALF = re.compile(r"\..+-[0-9a-f]{12}\.[0-9a-f]{8}")
"""How the folder of an answer is called while it is written."""
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


@dataclass(frozen=True)
class Order:
    """The study, as the command line and the app's engine are asked for it.

    Attributes:
        changes: settings in place of the preset's, by dotted name.
        methods: these alone; none named: all.
        only: these kinds of answer alone; none named: all.
    """

    changes: Mapping[str, int]
    methods: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Of the command."""
        changed = (f"--set={name}={value}" for name, value in self.changes.items())
        methods = ("--methods", ",".join(self.methods)) if self.methods else ()
        only = ("--only", ",".join(self.only)) if self.only else ()
        return ("run", PRESET, *changed, *methods, *only)

    @property
    def job(self) -> Json:
        """Of the engine."""
        (plan,) = load_plans(preset_path(PRESET), self.changes)
        return Job(chosen(plan, ",".join(self.methods), "").to_dict(), kinds=self.only).to_dict()


FULL = Order(
    {
        "evidence.pictures": 1,
        "evidence.inversion.iterations": 40,
        "evidence.inversion.scout": 10,
    }
)
"""Four models with all their evidence; gradient inversion, the longest of it, takes seconds."""


def undisturbed(work: Path, order: Order = FULL) -> Path:
    """The store of a run that nothing happened to, made unless it is there already.

    Args:
        work: folder of the benchmark.
        order: what is run.

    Raises:
        SystemExit: when the run fails.
    """
    store = work / "undisturbed"
    ended = opcviz(*order.words, store=store)
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


def differing(store: Path, reference: Path) -> list[str]:
    """What of a study's numbers, weights and arrays is not that of the undisturbed run."""
    found = [] if numbers(store) == numbers(reference) else [f"{store.name}: numbers"]
    ours, theirs = arrays(store), arrays(reference)
    for place in sorted({*ours, *theirs}):
        if ours.get(place) != theirs.get(place):
            both = place in ours and place in theirs and place.endswith(".npz")
            how = _how(store / place, reference / place) if both else "another file"
            found.append(f"{store.name}: {place}: {how}")
    return found


def _how(ours: Path, theirs: Path) -> str:
    with np.load(ours) as one, np.load(theirs) as other:
        names = [n for n in one.files if n not in other or one[n].shape != other[n].shape]
        far = {
            n: float(np.nanmax(np.abs(one[n].astype(float) - other[n].astype(float)), initial=0.0))
            for n in one.files
            if n not in names
        }
    told = [f"{n} by at most {much:.3g}" for n, much in far.items() if much]
    return ", ".join([*told, *(f"{n} has another shape" for n in names)]) or "in its bytes alone"


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
