"""A study of a task that no page knows, as a user's own file brings one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from opcviz.study import Store, open_study, shipped_root

__all__ = ["of_another_task"]


def of_another_task(root: Path) -> str:
    """Write it into a store, with targets that are no classes; returns its place.

    Args:
        root: of the store.
    """
    digits, store = open_study(Store(shipped_root()), "digits"), Store(root)
    study = digits.study.replace(name="stranger", title="A stranger", task="sines")
    store.write_study(study.place, study.to_dict() | {"data_digest": "none"})
    probe = digits.probe_artefact()
    with store.writing(study.place, "probe", probe.question) as folder:
        arrays = probe.arrays("probe.npz")
        np.savez_compressed(folder / "probe.npz", **{**arrays, "labels": arrays["labels"] / 7})
        (folder / "result.json").write_text(json.dumps({**probe.json(), "class_names": []}))
    first = digits.models[0]
    model = first.artefact("model")
    with store.writing(f"{study.place}/models/{first.key}", "model", model.question) as folder:
        shutil.copy(model.path("result.json"), folder / "result.json")
    return study.place
