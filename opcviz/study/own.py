"""What a user's own files declare, for a process that does not run them.

The app lists, checks and draws a user's methods, kinds of artefact and data sets; only a worker
runs them. So a short-lived program loads the files and prints what they declare:

    python -m opcviz.study.own FILE ...

The app thus needs neither torch nor trust: a file that never returns costs a minute, once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ..artefacts.declaration import KindDeclaration, declare_kinds, describe_kind
from ..common.access import check_code
from ..common.plugins import (
    GROUPS,
    OLD_PATH_VARIABLE,
    PATH_VARIABLE,
    Refused,
    loader,
    python_files,
    sources,
)
from ..data.sources import DATASETS, DatasetInfo, declared_dataset
from ..methods.declaration import METHODS, Declaration

__all__ = ["declare_own", "refused_of"]

SECONDS = 60.0  # for all files together: torch takes a few, a file's own work should take none
SOURCE = "own files"

_lock = threading.Lock()
_known: tuple[Any, list[Refused]] = ((), [])  # what was there at the last look, what was refused


def declare_own() -> list[Refused]:
    """Make known what the user's own files and entry points declare, as they are now.

    Costs a look at the files while none of them changes.

    Returns:
        What was refused.
    """
    global _known
    with _lock:
        files = [f for path in sources() for f in python_files(Path(path).expanduser())]
        entries = _entries(tuple(_stamp(Path(folder)) for folder in sys.path))
        stamp = (tuple(map(_stamp, files)), entries)
        if stamp != (_known[0] or ((), ())):
            found, refused = _asked(files) if files or entries else ({}, [])
            _declare(found)
            _known = stamp, refused
        return _known[1]


def refused_of(path: str) -> tuple[list[Refused], bool]:
    """Read a file or folder in a program of its own; nothing becomes known here.

    Returns:
        What would be refused, and whether anything else is left to be used.

    Raises:
        IntakeError: for a file that whoever asks may not have loaded.
    """
    check_code(path)
    named = Path(path).expanduser()
    if not named.exists():
        return [Refused(path, None, "there is no such file or folder")], False
    files = python_files(named.absolute())
    if not files:
        return [Refused(path, None, "this folder holds no Python file")], False
    _, found = _asked(files)
    refused = [each for each in found if not each.source.startswith("entry point")]
    return refused, len(refused) < len(files)


@lru_cache(maxsize=1)
def _entries(installed: tuple[tuple[str, int, int], ...]) -> tuple[str, ...]:
    """Our groups' entry points; looked up again when a folder of packages has changed.

    It reads a file of each installed package, which takes longer than the rest of a page's start.
    """
    return tuple(f"{group}:{entry.name}" for group in GROUPS for entry in entry_points(group=group))


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        about = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), about.st_mtime_ns, about.st_size


def _asked(files: Sequence[Path]) -> tuple[dict[str, Any], list[Refused]]:
    """What a program of its own finds in the files."""
    root = str(Path(__file__).parents[2])  # so that it is found without installation
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    # the files named here and no others: each is to be judged by itself, if need be
    inherited = {k: v for k, v in os.environ.items() if k not in (PATH_VARIABLE, OLD_PATH_VARIABLE)}
    command = [sys.executable, "-P", "-m", "opcviz.study.own", *map(str, files)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**inherited, "PYTHONPATH": os.pathsep.join(paths)},
        )
    except subprocess.TimeoutExpired:
        if len(files) > 1:  # the others are not to blame
            return _one_by_one(files)
        return {}, [Refused(_called(files), None, f"was not read within {SECONDS:g} s")]
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        if len(files) > 1:
            return _one_by_one(files)
        return {}, [Refused(_called(files), None, f"ended the program that read it ({said})")]
    found = json.loads(done.stdout.splitlines()[-1])  # a file may print, too
    return found, [Refused(**each) for each in found["refused"]]


def _one_by_one(files: Sequence[Path]) -> tuple[dict[str, Any], list[Refused]]:
    together: dict[str, list[Any]] = {"methods": [], "kinds": [], "datasets": []}
    refused: list[Refused] = []
    for file in files:
        found, wrong = _asked([file])
        refused += [each for each in wrong if each not in refused]
        for name, listed in together.items():
            listed += [each for each in found.get(name, []) if each not in listed]
    return together, refused


def _called(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files)) or "an installed package with an entry point of opcviz"


def _declare(found: dict[str, Any]) -> None:
    methods = (Declaration.from_dict(each) for each in found.get("methods", []))
    METHODS.stand_in(SOURCE, {each.info.name: each.settings() for each in methods})
    sets = (DatasetInfo(**each) for each in found.get("datasets", []))
    DATASETS.stand_in(SOURCE, {each.name: declared_dataset(each) for each in sets})
    declare_kinds(SOURCE, [KindDeclaration.from_dict(each) for each in found.get("kinds", [])])


def main(files: Sequence[str]) -> None:
    """Load the files and entry points, and print what they declare as one line of JSON."""
    from ..artefacts import kinds
    from ..data import list_datasets
    from ..methods import list_methods

    before = {*list_methods(), *kinds(), *list_datasets()}
    refused = loader.load(files)
    methods = [cls for cls in list_methods() if cls not in before]
    own = [kind for kind in kinds() if kind not in before]
    found = {
        "methods": [Declaration.of(cls).to_dict() for cls in methods],
        "kinds": [describe_kind(kind).to_dict() for kind in own],
        "datasets": [asdict(info) for info in list_datasets() if info not in before],
        "refused": [asdict(each) for each in refused],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
