"""The shipped study as if it were of another number of classes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from scrambled import KINDS, NAMES

from opcviz.data import Scenario
from opcviz.study import Store, open_study, shipped_root


def of_classes(root: Path, classes: int) -> str:
    """Write it into a store; returns its place.

    Args:
        root: of the store.
        classes: how many; labels are taken modulo it.
    """
    digits, store = open_study(Store(shipped_root()), "digits"), Store(root)
    first = Scenario.parse("classes:0")  # there may be no other to forget
    study = digits.study.replace(name=f"classes{classes}", forget=first)
    spec = study.to_dict() | {
        "data_digest": Store(shipped_root()).read_study(digits.place)["data_digest"]
    }
    store.write_study(study.place, spec)
    probe = digits.probe_artefact()
    about, arrays = probe.json(), probe.arrays("probe.npz")
    about["class_names"] = [f"kind {i}" for i in range(classes)]
    with store.writing(study.place, "probe", probe.question) as folder:
        labels = arrays["labels"] % classes
        np.savez_compressed(folder / "probe.npz", **{**arrays, "labels": labels})
        (folder / "result.json").write_text(json.dumps(about))
    for name in NAMES:
        model = next(m for m in digits.models if (m.method.info.name, m.seed) == (name, 0))
        for kind, files in KINDS.items():
            artefact = model.artefact(kind)
            if artefact is None:
                continue
            place = f"{study.place}/models/{model.key}"
            with store.writing(place, kind, artefact.question) as folder:
                shutil.copy(artefact.path("result.json"), folder / "result.json")
                for file in files:
                    np.savez_compressed(folder / file, **_spread(artefact.arrays(file), classes))
    return study.place


def _spread(arrays: dict[str, np.ndarray], classes: int) -> dict[str, np.ndarray]:
    """Probabilities of so many classes; all else stays."""
    if "probabilities" not in arrays:
        return arrays
    given = arrays["probabilities"].astype(float)
    wide = np.zeros((len(given), max(classes, given.shape[1])))
    wide[:, : given.shape[1]] = given
    folded = np.add.reduceat(wide, range(0, wide.shape[1], -(-wide.shape[1] // classes)), axis=1)
    return {**arrays, "probabilities": folded.astype(arrays["probabilities"].dtype)}
