"""What is measured of a finished model, one function a kind of artefact.

Each function takes the laboratory, a method and a seed, and stores one artefact. A new instrument
joins the study by one function here and a line in `MAKERS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..attacks.inversion import class_mean_scores, invert
from ..attacks.recovery import recover
from ..maps import draw, read_out
from ..measures import accuracy_report, collapse, separability
from ..methods import Method
from ..models import save_weights
from .entropy import entropy_points
from .instruments import (
    make_blocks,
    make_membership,
    make_reference,
    make_relearning,
    make_similarity,
)
from .storing import keep

if TYPE_CHECKING:
    from .laboratory import Laboratory

__all__ = ["MAKERS", "invert_all"]


def make_features(lab: Laboratory, method: Method, seed: int) -> None:
    """Features, logits and labels of every train and test picture, for anyone who checks us."""
    views = lab.views(method, seed)
    tensors = {
        f"{part}.{name}": getattr(getattr(views, part), name)
        for part in ("train", "test")
        for name in ("features", "logits", "labels")
    }
    with lab.writing("features", method, seed) as folder:
        save_weights(folder / "features.safetensors", tensors, {})


def make_evidence(lab: Laboratory, method: Method, seed: int) -> None:
    """Accuracy, collapse, separability and the closed-form recovery attacks."""
    began = time.perf_counter()
    before, after = lab.views(lab.original, seed), lab.views(method, seed)
    head = lab.classifier(lab.original, seed).head
    forget = after.train.features[lab.split.forget_train]
    retain = after.train.features[lab.split.retain_train]
    entropy, points = entropy_points(after.train.logits, lab.split)
    result = {
        "accuracy": accuracy_report(after, lab.split, lab.images.class_names),
        "collapse": collapse(forget, retain),
        "separability": separability(forget, retain, progress=lab.progress),
        "recovery": recover(
            before,
            after,
            (head.weight.detach(), head.bias.detach()),
            lab.split,
            lab.study.evidence.recovery,
        ),
        "entropy": entropy,
    }
    keep(lab, "evidence", method, seed, result, began, {"entropy.npz": points} if points else None)


def make_maps(lab: Laboratory, method: Method, seed: int) -> None:
    """Maps of the probe set's features, each started from the original's own."""
    began = time.perf_counter()
    start: dict[str, np.ndarray] = {}
    if method.info.name != "original":
        start = lab.make("maps", lab.original, seed).arrays("maps.npz")
    train = lab.views(method, seed).train
    features = train.features[lab.probe].cpu()
    forget = torch.isin(lab.probe, lab.split.forget_train).cpu()
    points: dict[str, np.ndarray] = {}
    about: dict[str, Any] = {}
    for kind in lab.study.evidence.maps:
        lab.progress.check()
        reference = torch.from_numpy(start[kind]) if kind in start else None
        layout = draw(features, kind, start=reference)
        points[kind] = layout.points.numpy()
        about[kind] = {**read_out(layout.points, forget), "note": layout.note or None}
    probabilities = train.logits[lab.probe].softmax(1).cpu().numpy().astype(np.float16)
    arrays = {"maps.npz": {**points, "probabilities": probabilities}}
    keep(lab, "maps", method, seed, {"maps": about}, began, arrays)


def make_inversion(lab: Laboratory, method: Method, seed: int) -> None:
    """Gradient inversion of one model."""
    invert_all(lab, [method], seed)


def invert_all(lab: Laboratory, methods: list[Method], seed: int) -> None:
    """Gradient inversion of several models in one batch; each model's answer is stored."""
    methods = [m for m in methods if not lab.refuse("inversion", m, seed)]
    if not methods:
        return
    began = time.perf_counter()
    images, config = lab.images, lab.study.evidence.inversion
    chosen = _pictures(lab)
    pictures, labels = images.batch(chosen), images.y_train[chosen]
    models = [lab.classifier(method, seed) for method in methods]
    result = invert(
        models,
        pictures,
        labels,
        config,
        originals=[lab.classifier(lab.original, seed)] * len(models),
        seed=seed,
        progress=lab.progress,
    )
    baseline = class_mean_scores(images.x_train, images.y_train, pictures, labels)
    share = (time.perf_counter() - began) * (1 - 1 / len(methods))  # each model's own part
    arrays = {"ids": chosen.cpu().numpy(), "pictures": _bytes(pictures)}
    arrays["steps"] = np.asarray(result.frame_steps, np.int32)
    drawings = zip(result.reconstructions, result.frames, strict=True)
    for method, about, (drawn, frames) in zip(methods, result.summary(), drawings, strict=True):
        found = drawn.isfinite().flatten(1).all(1)  # a zero gradient has no reconstruction
        mine = {
            "reconstructions": _bytes(drawn),
            "frames": _bytes(frames),
            "found": found.cpu().numpy(),
        }
        keep(
            lab,
            "inversion",
            method,
            seed,
            {**about, "class_mean": baseline},
            began + share,
            {"inversion.npz": {**arrays, **mine}},
        )


def _bytes(pictures: Tensor) -> np.ndarray:
    """Pictures in [0, 1] as uint8; what was not found is grey."""
    return (pictures.nan_to_num(0.5).clamp(0, 1) * 255).round().byte().cpu().numpy()


MAKERS: dict[str, Callable[[Laboratory, Method, int], None]] = {
    "features": make_features,
    "evidence": make_evidence,
    "blocks": make_blocks,
    "membership": make_membership,
    "reference": make_reference,
    "similarity": make_similarity,
    "relearning": make_relearning,
    "maps": make_maps,
    "inversion": make_inversion,
}


def _pictures(lab: Laboratory) -> Tensor:
    """Positions of forget samples of the probe set to attack, spread over its classes."""
    forget = lab.probe[torch.isin(lab.probe, lab.split.forget_train)]
    count = min(lab.study.evidence.pictures, len(forget))
    at = torch.linspace(0, len(forget) - 1, count, device=forget.device).round().long()
    return forget[at]
