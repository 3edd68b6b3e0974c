"""Puts studies and models of further seeds or settings into a store, made from the shipped ones."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from opcviz.study import ModelResult

Change = Callable[[dict[str, Any]], None]


def copy_model(
    model: ModelResult,
    store: Path,
    *,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    evidence: Change = lambda result: None,
) -> str:
    """Store a shipped model as one of another seed or of other settings; returns its key.

    Args:
        model: the shipped one.
        store: the folder of the test's store.
        seed, settings: what is different about it.
        evidence: changes the numbers of its evidence in place.
    """
    name = model.key.split("-")[0]
    known = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:7]
    # of two models of one method the shipped one comes second
    key = f"{name}-{f'0{known}' if settings else model.key.split('-')[1]}-s{seed}"
    place = f"{model.place.rpartition('/')[0]}/{key}"
    for kind in ("model", "evidence", "maps", "inversion", "blocks", "similarity"):
        artefact = model.artefact(kind)
        folder = store / "studies" / place / artefact.folder.name
        shutil.copytree(artefact.folder, folder)
        if kind == "model":
            record = json.loads((folder / "artefact.json").read_text())
            record["question"]["seed"] = seed
            record["question"]["settings"] |= settings or {}
            (folder / "artefact.json").write_text(json.dumps(record))
        elif kind == "evidence":
            rewrite(folder, evidence)
    return key


def borrow(source: Path, target: Path, *own: str, without: tuple[str, ...] = ()) -> Path:
    """Put a study into a store: links into another one, but for what the test spoils.

    A shipped study is thousands of files, of which a test changes a few.

    Args:
        source, target: the study's folder there, and here.
        own: patterns of files and folders that are copied, below `source`.
        without: patterns of those that are left out.

    Returns:
        `target`.
    """
    left, copied = ({p for each in some for p in source.glob(each)} for some in (without, own))
    above = {parent for path in left | copied for parent in path.parents}

    def fill(folder: Path) -> None:
        here = target / folder.relative_to(source)
        here.mkdir(parents=True)
        for path in folder.iterdir():
            if path in copied and path.is_dir():
                shutil.copytree(path, here / path.name)
            elif path in copied:
                shutil.copy2(path, here)
            elif path in above:
                fill(path)
            elif path not in left:
                (here / path.name).symlink_to(path)

    fill(source)
    return target


def rewrite(folder: Path, change: Change) -> None:
    """Change a result, with its size and its hash in the record."""
    result = json.loads((folder / "result.json").read_text())
    change(result)
    (folder / "result.json").write_text(json.dumps(result))
    _record(folder, "result.json")


def rewrite_arrays(path: Path, change: Change) -> None:
    """Change the arrays of a file, with its size and its hash in the record."""
    with np.load(path) as file:
        arrays = dict(file)
    change(arrays)
    np.savez_compressed(path, **arrays)
    _record(path.parent, path.name)


def _record(folder: Path, name: str) -> None:
    record = json.loads((folder / "artefact.json").read_text())
    content = (folder / name).read_bytes()
    known = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    record["files"][name] = known
    (folder / "artefact.json").write_text(json.dumps(record))
