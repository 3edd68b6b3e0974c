"""Stored models seen anew from their weights: the one place of these tests that knows the package.

A test asks `Known` what is stored of a model and what the model's weights say, and compares. Both
come as plain numbers and NumPy arrays, so that no test depends on where the package keeps what.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

from opcviz.common.progress import Epoch, Event, Progress, Stage
from opcviz.data import load
from opcviz.models import build_classifier, load_weights
from opcviz.study import Plan, Store, StudyResult, StudyRunner, open_study, run, shipped_root
from opcviz.study.table import rows

PARTS = ("forget_train", "retain_train", "forget_test", "retain_test")


@dataclass(frozen=True)
class Seen:
    """What a model computes on the train or the test set.

    Attributes:
        features: (N, d) float64, the input of the head.
        logits: (N, C) float64.
        labels: (N,) the true classes.
    """

    features: np.ndarray
    logits: np.ndarray
    labels: np.ndarray


class _Told(dict[str, dict[str, Any]]):
    """What a study tells of each model, written when it is looked at: of all it takes seconds."""

    def __init__(self, result: StudyResult) -> None:
        self._result = result

    def __missing__(self, key: str) -> dict[str, Any]:
        (self[key],) = self._result.to_dict({key})["models"]
        return self[key]


class Known:
    """One stored study: what the store says of each model, and what its weights say.

    Args:
        result: the stored study.
        events: what was told while its models trained, by key; of a study made here.
    """

    def __init__(self, result: StudyResult, events: dict[str, list[Epoch]] | None = None) -> None:
        self.result, self.events = result, events or {}
        self._seen: dict[str, dict[str, Seen]] = {}
        self._blocks: dict[str, dict[str, np.ndarray]] = {}
        self._networks: dict[str, Any] = {}

    # ---- what is stored -------------------------------------------------------------------

    @cached_property
    def told(self) -> Mapping[str, dict[str, Any]]:
        """The models of the documented JSON, by key."""
        return _Told(self.result)

    def key(self, method: str, seed: int = 0) -> str:
        """The key of the one model of a method and seed."""
        found = self.result.models
        (key,) = [m.key for m in found if (m.method.info.name, m.seed) == (method, seed)]
        return key

    def json(self, key: str, kind: str) -> dict[str, Any]:
        """The numbers of a kind that `show` leaves out."""
        return self.result.model(key).artefact(kind).json()

    def arrays(self, key: str, kind: str, name: str) -> dict[str, np.ndarray]:
        """The arrays of a kind."""
        return self.result.model(key).arrays(kind, name)

    def kept(self, method: str, kind: str) -> Path:
        """The folder of an artefact of a method, seed 0."""
        return self.result.model(self.key(method)).artefact(kind).folder

    @property
    def settings(self) -> dict[str, Any]:
        """How the study measures."""
        return self.result.study.evidence.to_dict()

    @property
    def probe(self) -> dict[str, np.ndarray]:
        """The probe set: `ids`, `pictures`, `labels`, `forget`."""
        return self.result.probe()[0]

    # ---- what the data and the weights say ------------------------------------------------

    @cached_property
    def images(self) -> Any:
        """The data set."""
        return load(self.result.study.data)

    @cached_property
    def rows(self) -> dict[str, np.ndarray]:
        """Positions of the four parts, in their train or test set."""
        split = self.result.study.forget.split(self.images)
        return {part: getattr(split, part).numpy() for part in PARTS}

    @cached_property
    def forgotten(self) -> tuple[int, ...]:
        """The forgotten classes, empty where samples are forgotten."""
        return tuple(self.result.study.forget.split(self.images).classes)

    def pictures(self, side: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Pictures in [0, 1] and labels of the train or the test set."""
        x, y = getattr(self.images, f"x_{side}"), getattr(self.images, f"y_{side}")
        return x.float() / 255, y

    def place(self, method: str, seed: int) -> Path:
        """The model artefact's folder, also of models that are no column of the study."""
        where = self.result
        for name in where.store.places(f"{where.place}/models"):
            artefact = where.store.latest(f"{where.place}/models/{name}", "model")
            asked = artefact.question
            if (asked["method"], asked["seed"]) == (method, seed):
                return artefact.folder
        raise LookupError(f"no model of {method}, seed {seed}")

    def network(self, method: str, seed: int = 0) -> Any:
        """A network with the stored weights, in eval mode."""
        key = f"{method}-{seed}"
        if key not in self._networks:
            model = build_classifier(self.result.study.architecture, self.images, seed=12345)
            load_weights(model, self.place(method, seed) / "weights.safetensors")
            self._networks[key] = model.eval()
        return self._networks[key]

    def head(self, method: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Weight (C, d) and bias (C,) of the last layer."""
        head = self.network(method, seed).head
        return head.weight.detach().double().numpy(), head.bias.detach().double().numpy()

    @torch.no_grad()
    def seen(self, method: str, side: str = "train", seed: int = 0) -> Seen:
        """What the model computes on all pictures of a side."""
        key = f"{method}-{seed}-{side}"
        if key not in self._seen:
            x, y = self.pictures(side)
            features, logits = self.network(method, seed).features(x)
            seen = (features.flatten(1).double().numpy(), logits.double().numpy(), y.numpy())
            self._seen[key] = Seen(*seen)
        return self._seen[key]

    def part(self, method: str, part: str, seed: int = 0) -> Seen:
        """The same on one of the four parts."""
        seen, rows = self.seen(method, part.rpartition("_")[2], seed), self.rows[part]
        return Seen(seen.features[rows], seen.logits[rows], seen.labels[rows])

    @torch.no_grad()
    def blocks(self, method: str, seed: int = 0, side: str = "train") -> Mapping[str, np.ndarray]:
        """Every block's output, averaged over positions: name to (N, d), from input to head."""
        key = f"{method}-{seed}-{side}"
        if key not in self._blocks:
            activations = self.network(method, seed).activations(self.pictures(side)[0])
            self._blocks[key] = {
                name: (out.mean((2, 3)) if out.dim() == 4 else out).double().numpy()
                for name, out in activations.blocks.items()
            }
        return self._blocks[key]

    def gradient_norms(self, method: str, ids: np.ndarray, seed: int = 0) -> list[float]:
        """Length of the weights' cross-entropy gradient on each train picture."""
        model, (x, y) = self.network(method, seed), self.pictures("train")
        weights = [p for p in model.parameters() if p.requires_grad]
        found = []
        for i in ids.tolist():
            loss = F.cross_entropy(model(x[i : i + 1]), y[i : i + 1])
            grads = torch.autograd.grad(loss, weights)
            found.append(torch.stack([g.norm() for g in grads]).norm().item())
        return found


def table(known: Known, about: str = "unlearning") -> list[dict[str, Any]]:
    """One row a method and setting, over its seeds."""
    return [row.to_dict() for row in rows(known.result.models, about)]


def shipped(name: str) -> Known:
    """A study that comes with the project."""
    return Known(open_study(Store(shipped_root()), name))


# A study made from nothing by the code as it is, so small that every test run can afford it: five
# kinds of digits, a shallow and a contracting method, every kind of answer.
CLASSES, TRAIN, TEST = 5, 40, 20
SHALLOW = {"method": "rl", "epochs": 2, "batch_size": 40, "lr": 0.03}
CONTRACTING = {"method": "opc", "epochs": 8, "batch_size": 20, "lr": 0.05, "target": "features"}
FRESH = {
    "name": "fresh",
    "forget": "classes:0,1",
    "architecture": {"name": "resnet8", "width": 0.25},
    "training": {"epochs": 6, "lr": 0.1, "batch_size": 32},
    "evidence": {
        "probe": 40,
        "live": 20_000,  # all of it: the live numbers must then be the evidence's
        "pictures": 3,
        "maps": ["pca"],
        "keep_features": True,
        "recovery": {"ridges": [0.0, 1.0], "sizes": [5], "draws": 1},
        "inversion": {"iterations": 4, "decoys": 1, "frames": 0},
        "probing": {"folds": 2, "steps": 5},
        "relearning": {"steps": 3, "shots": [2], "batch_size": 40},
        "reference": {"seeds": [2]},
    },
}
ALL = ("model", "evidence", "similarity", "features", "maps", "inversion", "reference")
COSTLY = ("blocks", "membership", "relearning")  # of the shallow model alone
SECOND = ("model", "evidence", "similarity")  # enough to tell a second seed from the first


class Heard:
    """Keeps the epochs told of each model; of several with one title, those of the first."""

    def __init__(self) -> None:
        self.epochs: dict[str, list[Epoch]] = {}
        self._now: list[Epoch] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stage) and event.name == "model":
            self._now = []
            self.epochs.setdefault(event.model, self._now)
        elif isinstance(event, Epoch):
            self._now.append(event)


def make(root: Path) -> None:
    """Run the fresh study into a folder; what was told while its models trained is kept there."""
    digits = load_digits()
    chosen = {"train": [], "test": []}
    for label in range(CLASSES):
        rows = np.flatnonzero(digits.target == label)
        chosen["train"].extend(rows[:TRAIN])
        chosen["test"].extend(rows[TRAIN : TRAIN + TEST])
    pictures = (digits.images / 16 * 255).astype(np.uint8)
    data = {}
    for side, rows in chosen.items():
        data |= {f"x_{side}": pictures[rows], f"y_{side}": digits.target[rows]}
    np.savez(root / "digits.npz", **data)
    values = {"data": {"name": "arrays", "path": str(root / "digits.npz")}, **FRESH}
    store, device = Store(root / "store"), torch.device("cpu")
    heard = Heard()
    for seed, kinds in ((0, ALL), (1, SECOND)):
        methods = ["original", "retrain", SHALLOW] + ([CONTRACTING] if seed == 0 else [])
        plan = Plan.from_dict({**values, "methods": methods, "seeds": [seed]})
        progress = Progress(*(() if seed else (heard,)))
        lab = StudyRunner(plan.study, store, device, seeds=(0, 1), progress=progress)
        run(plan, lab, only=kinds)
        for kind in COSTLY if seed == 0 else ():
            lab.make(kind, plan.methods[2], seed)
    (root / "heard.pickle").write_bytes(pickle.dumps((plan.study.place, heard.epochs)))


def opened(root: Path) -> Known:
    """The fresh study of a folder."""
    place, epochs = pickle.loads((root / "heard.pickle").read_bytes())
    result = open_study(Store(root / "store"), place)
    return Known(result, {m.key: epochs[m.title] for m in result.models if m.seed == 0})
