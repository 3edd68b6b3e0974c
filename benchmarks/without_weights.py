"""Leave out weights, and a server's rounds, of a study that is shipped: figures, pictures stay.

    python -m benchmarks.without_weights STORE STUDY [--keep original,retrain] [--seeds 1,2]

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
from opcviz.study.trainer import ROUNDS, WEIGHTS

__all__ = ["leave_out"]


def main() -> None:
    """Leave them out; say how much that is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("study", help="its name or its place")
    parser.add_argument("--keep", default="original,retrain", help="methods whose weights stay")
    parser.add_argument("--seeds", default="", help="of these seeds alone, as in 1,2")
    asked = parser.parse_args()
    seeds = [int(seed) for seed in asked.seeds.split(",") if seed]
    saved = leave_out(asked.store, asked.study, asked.keep.split(","), seeds)
    print(f"{saved / 1e6:.1f} MB of weights left out")


def leave_out(root: Path, study: str, keep: Collection[str], seeds: Collection[int] = ()) -> int:
    """Remove weights and their entries in the record.

    Args:
        root: of the store.
        study: its name or its place.
        keep: methods whose weights stay.
        seeds: of these seeds alone; of all, if none.

    Returns:
        Bytes that were removed.
    """
    saved = 0
    for model in open_study(Store(root), study).models:
        artefact = model.artefact(MODEL)
        if artefact is None or model.method.info.name in keep:
            continue
        if seeds and model.seed not in seeds:
            continue
        heavy = [name for name in (WEIGHTS, ROUNDS) if name in artefact.files]
        record = json.loads(artefact.path(RECORD).read_bytes())
        for name in heavy:
            record["files"].pop(name)
        write_json(artefact.path(RECORD), record)  # first: a file that nobody names does no harm
        for name in heavy:
            saved += artefact.path(name).stat().st_size
            artefact.path(name).unlink()
    return saved


if __name__ == "__main__":
    main()
