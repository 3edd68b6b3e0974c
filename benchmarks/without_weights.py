"""Leave out weights of a stored study that is shipped: figures and pictures stay.

    python -m benchmarks.without_weights STORE STUDY [--keep original,retrain]

Whoever asks for a model without weights gets it trained again, see `StudyRunner.load_model`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection
from pathlib import Path

from opcviz.artefacts import MODEL
from opcviz.study import Store, open_study
from opcviz.study.artefact import RECORD
from opcviz.study.store import write_json
from opcviz.study.trainer import WEIGHTS

__all__ = ["leave_out"]


def main() -> None:
    """Leave them out; say how much that is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("study", help="its name or its place")
    parser.add_argument("--keep", default="original,retrain", help="methods whose weights stay")
    asked = parser.parse_args()
    saved = leave_out(asked.store, asked.study, asked.keep.split(","))
    print(f"{saved / 1e6:.1f} MB of weights left out")


def leave_out(root: Path, study: str, keep: Collection[str]) -> int:
    """Remove weights and their entries in the record.

    Args:
        root: of the store.
        study: its name or its place.
        keep: methods whose weights stay.

    Returns:
        Bytes that were removed.
    """
    saved = 0
    for model in open_study(Store(root), study).models:
        artefact = model.artefact(MODEL)
        if artefact is None or model.method.info.name in keep or WEIGHTS not in artefact.files:
            continue
        record = json.loads(artefact.path(RECORD).read_bytes())
        record["files"].pop(WEIGHTS)
        write_json(artefact.path(RECORD), record)  # first: a file that nobody names does no harm
        saved += artefact.path(WEIGHTS).stat().st_size
        artefact.path(WEIGHTS).unlink()
    return saved


if __name__ == "__main__":
    main()
