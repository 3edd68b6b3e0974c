"""A study of two seeds in which every number differs, by model, seed and place.

Shipped answers of seed 0 lend it their form; each float in them is replaced by a random one of
its kind (a percentage, a share). A page that takes a number from another model, seed or place then
shows another number. Only what is a property of the data (the constant answer) is the same for all
models.
"""

from __future__ import annotations

import json
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from opcviz.methods import settings_class
from opcviz.study import Store, StudyResult, open_study, shipped_root

NAMES = ("original", "retrain", "opc")
SEEDS = (0, 1)
TITLES = {name: settings_class(name).info.title for name in NAMES}
KINDS = {  # kind to the arrays beside its numbers
    "model": (),
    "evidence": ("entropy.npz",),
    "membership": (),
    "similarity": (),
    "blocks": (),
    "relearning": (),
    "maps": ("maps.npz",),
    "inversion": ("inversion.npz",),
    "reference": (),
}
PERCENT = {
    "forget_accuracy", "balanced_accuracy", "retain_accuracy", "constant_predictor",
    "forget_train", "retain_train", "forget_test", "retain_test", "low", "high", "accuracy",
    "agreement", "efficacy", "before", "after", "best", "train", "test", "recall",
}  # fmt: skip
KEPT = {"ridge", "fpr", "level", "best_ridge", "chance", "uniform"}


@dataclass(frozen=True)
class Scrambled:
    """What was written, and where.

    Attributes:
        place: of the study.
        numbers: model key to kind to the stored numbers.
        arrays: model key to kind to the stored arrays.
        keys: (method, seed) to model key, in the order of columns.
    """

    place: str
    numbers: dict[str, dict[str, Any]]
    arrays: dict[str, dict[str, dict[str, np.ndarray]]]
    keys: dict[tuple[str, int], str]


def scramble(root: Path) -> Scrambled:
    """Write such a study into a store."""
    lends = Store(shipped_root())
    # of whole classes LiRA has no score
    digits, samples = open_study(lends, "digits"), open_study(lends, "digits-random")
    store = Store(root)
    study = digits.study.replace(name="scrambled")
    spec = {**study.to_dict(), "data_digest": lends.read_study(digits.place)["data_digest"]}
    store.write_study(study.place, spec)
    probe = lends.latest(digits.place, "probe")
    with store.writing(study.place, "probe", probe.question) as folder:
        for file in ("probe.npz", "result.json"):
            shutil.copy(probe.path(file), folder / file)
    made = Scrambled(study.place, {}, {}, {})
    for name in NAMES:
        for seed in SEEDS:
            _model(store, {"": digits, "reference": samples}, name, seed, made)
    return made


def columns(made: Scrambled) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Label, numbers and arrays of all models in the order of columns."""
    return [
        (f"{TITLES[name]} · seed {seed}", made.numbers[key], made.arrays[key])
        for (name, seed), key in made.keys.items()
    ]


def _model(
    store: Store, lends: dict[str, StudyResult], name: str, seed: int, made: Scrambled
) -> None:
    models = {
        kind: next(m for m in study.models if (m.method.info.name, m.seed) == (name, 0))
        for kind, study in lends.items()
    }
    key = models[""].key.removesuffix("-s0") + f"-s{seed}"
    made.keys[name, seed] = key
    for kind, files in KINDS.items():
        artefact = models.get(kind, models[""]).artefact(kind)
        numbers = scramble_numbers(artefact.json(), f"{name} {seed} {kind}", kind)
        if kind == "evidence":
            _count(numbers, random_numbers(f"{name} {seed} counts"))
        arrays = {f: _drawn(artefact.arrays(f), f"{name} {seed} {f}") for f in files}
        question = artefact.question | ({"seed": seed} if kind == "model" else {})
        with store.writing(f"{made.place}/models/{key}", kind, question) as folder:
            (folder / "result.json").write_text(json.dumps(numbers))
            for file, content in arrays.items():
                np.savez_compressed(folder / file, **content)
        made.numbers.setdefault(key, {})[kind] = numbers
        made.arrays.setdefault(key, {})[kind] = next(iter(arrays.values()), {})


def _count(evidence: dict[str, Any], draw: np.random.Generator) -> None:
    """Other numbers of samples that turn, and points as of a larger set that was thinned."""
    for attack in ("fm", "hr"):
        for fit in evidence["recovery"][attack].values():
            if "flips" in fit:
                fit["flips"]["recovered"], fit["flips"]["lost"] = (
                    int(n) for n in draw.choice(400, 2, replace=False)
                )
    evidence["entropy"]["retain"] = [1007, 4321]


def random_numbers(text: str) -> np.random.Generator:
    """Always the same for the same text."""
    return np.random.default_rng(zlib.crc32(text.encode()))


def scramble_numbers(value: Any, where: str, name: str) -> Any:
    """The same form with other floats; counts (whole numbers) stay."""
    if name in KEPT:
        return value
    if isinstance(value, dict):
        inherits = {"per_class", "train", "test", "recall", "confusion"}
        return {
            key: scramble_numbers(v, f"{where}/{key}", name if name in inherits else key)
            for key, v in value.items()
        }
    if isinstance(value, list):
        return [scramble_numbers(v, f"{where}/{i}", name) for i, v in enumerate(value)]
    if not isinstance(value, float):
        return value
    if name == "constant_predictor":  # of the data, not of a model
        return round(random_numbers(where.split("/", 1)[1]).uniform(3, 97), 3)
    draw = random_numbers(where)
    if name == "low":
        return draw.uniform(3, 40)
    if name == "high":
        return draw.uniform(60, 97)
    return draw.uniform(3, 97) if name in PERCENT else draw.uniform(0.03, 0.97)


def _drawn(arrays: dict[str, np.ndarray], where: str) -> dict[str, np.ndarray]:
    """Other points, probabilities and pictures; what names samples and steps stays."""
    found = {}
    for name, values in arrays.items():
        draw = random_numbers(f"{where} {name}")
        if name in ("umap", "densmap", "pca"):
            found[name] = draw.normal(size=values.shape).astype(values.dtype)
        elif name in ("norm", "entropy"):
            found[name] = draw.uniform(0.2, 2, values.shape).astype(values.dtype)
        elif name == "probabilities":
            shares = draw.dirichlet(np.ones(values.shape[1]) / 4, len(values))
            found[name] = shares.astype(values.dtype)
        elif name in ("reconstructions", "frames"):
            found[name] = draw.integers(0, 256, values.shape).astype(values.dtype)
        else:
            found[name] = values
    return found
