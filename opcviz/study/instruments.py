"""The finer instruments, one function a kind of artefact; a study chooses which it wants.

Like `evidence`: each function takes the laboratory, a method and a seed, and stores one artefact.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..attacks.membership import forget_references, membership, reference_attack
from ..attacks.probes import probe
from ..attacks.recovery import ATTACKS, recover
from ..attacks.relearning import relearn
from ..measures import collapse, separability
from ..measures.outliers import outliers
from ..measures.similarity import feature_similarity, similarity
from ..methods import Method
from ..tasks.classification import ModelOutputs, Observation, observe_blocks
from .storing import keep

if TYPE_CHECKING:
    from .laboratory import Laboratory

__all__ = [
    "make_blocks",
    "make_membership",
    "make_reference",
    "make_relearning",
    "make_similarity",
]


def make_blocks(lab: Laboratory, method: Method, seed: int) -> None:
    """How deep it goes: recovery, probes, separability, collapse and CKA at every block.

    The attacker maps a block's pooled output to the original's penultimate features (FM) or logits
    (HR); the original's own figures at the same block say how much that block ever gave away.
    """
    began = time.perf_counter()
    before = lab.views(lab.original, seed)
    head = lab.classifier(lab.original, seed).head
    reference, found = lab.block_views(lab.original, seed), lab.block_views(method, seed)
    attack = lab.study.evidence.recovery.replace(sizes=())  # sizes are swept at the last features
    blocks = []
    for name, views in found.items():
        features = views.train.features
        forget, retain = features[lab.split.forget_train], features[lab.split.retain_train]
        original = reference[name].train.features
        recovered = recover(
            before, views, (head.weight.detach(), head.bias.detach()), lab.split, attack
        )
        for attempt in ATTACKS:  # which samples flip is told at the last features
            recovered[attempt]["all"].pop("flips", None)
        blocks.append(
            {
                "name": name,
                "collapse": collapse(forget, retain),
                "separability": separability(forget, retain, progress=lab.progress),
                "recovery": recovered,
                "probes": _probes(lab, views, seed),
                "cka_original": feature_similarity(features, original, lab.split),
            }
        )
    keep(lab, "blocks", method, seed, {"blocks": blocks}, began)


def _probes(lab: Laboratory, views: ModelOutputs, seed: int) -> dict[str, Any]:
    """Cross-validated probes on held-out data; on train data where samples are forgotten."""
    if lab.split.classes:
        seen: Observation = views.test
        forget: Any = lab.split.classes
    else:
        seen = views.train
        everything = torch.arange(len(seen), device=lab.split.forget_train.device)
        forget = torch.isin(everything, lab.split.forget_train)
    return probe(
        seen.features,
        seen.labels,
        forget,
        lab.study.evidence.probing,
        seed=seed,
        progress=lab.progress,
    )


def make_membership(lab: Laboratory, method: Method, seed: int) -> None:
    """Was it in the training set? And does it stand out as something never seen?"""
    began = time.perf_counter()
    views = lab.views(method, seed)
    result = {
        **membership(
            views, lab.split, lab.study.evidence.membership, seed=seed, progress=lab.progress
        ),
        "outliers": outliers(views, lab.split),
        "separability": _told_apart(lab, views),
    }
    keep(lab, "membership", method, seed, result, began)


def _told_apart(lab: Laboratory, views: ModelOutputs) -> dict[str, Any]:
    """Can forget samples be told from unseen ones of their kind, and by their logits alone?

    By features against retained samples is part of the evidence of every model.
    """
    split, train, test = lab.split, views.train, views.test
    unseen = split.forget_test if split.classes else split.retain_test
    pairs = {
        "features": (train.features, {"unseen": test.features[unseen]}),
        "logits": (
            train.logits,
            {"retain": train.logits[split.retain_train], "unseen": test.logits[unseen]},
        ),
    }
    return {
        name: {
            side: separability(seen[split.forget_train], others, progress=lab.progress)
            for side, others in against.items()
        }
        for name, (seen, against) in pairs.items()
    }


def make_reference(lab: Laboratory, method: Method, seed: int) -> None:
    """Likelihood ratios: does it answer the forget data like an original, or like a retrained?

    Learnt from the originals and the retrained models of several seeds. The target itself is left
    out; its own seed's references stay: retraining starts from other weights than the original.
    """
    began = time.perf_counter()
    sides = {"inside": lab.original, "outside": lab.retrained}
    seeds = {
        side: [
            other
            for other in lab.reference_seeds
            if (reference.info.name, other) != (method.info.name, seed)
            and lab.refuse_reason(reference, other) is None
        ]
        for side, reference in sides.items()
    }
    known = [[lab.confidence(sides[side], s) for s in seeds[side]] for side in sides]
    target = lab.confidence(method, seed)
    result = reference_attack(
        target, forget_references(*known), lab.study.evidence.reference, progress=lab.progress
    )
    scores = result.pop("scores")
    arrays = {} if scores is None else {"reference.npz": {"scores": np.array(scores, np.float32)}}
    keep(lab, "reference", method, seed, {**result, "seeds": seeds}, began, arrays)


def make_similarity(lab: Laboratory, method: Method, seed: int) -> None:
    """Features and predictions beside the original's and the retrained model's."""
    began = time.perf_counter()
    views = lab.views(method, seed)
    retrained = lab.retrained
    result: dict[str, Any] = {
        "original": similarity(views, lab.views(lab.original, seed), lab.split)
    }
    if lab.refuse_reason(retrained, seed) is None:
        result["retrained"] = similarity(views, lab.views(retrained, seed), lab.split)
    else:
        result["retrained"] = {"reason": "there is no retrained model"}
    keep(lab, "similarity", method, seed, result, began)


def make_relearning(lab: Laboratory, method: Method, seed: int) -> None:
    """How fast forgotten data come back when training goes on."""
    began = time.perf_counter()
    original = lab.make("evidence", lab.original, seed).json()["accuracy"]["forget_train"]
    config = lab.study.evidence.relearning
    result = relearn(
        lab.classifier(method, seed),
        lab.images,
        lab.split,
        config,
        original_accuracy=original,
        other=lab.photographs if config.other == "photos" else None,
        seed=seed,
        progress=lab.progress,
    )
    keep(lab, "relearning", method, seed, result, began)


def block_views(lab: Laboratory, method: Method, seed: int) -> dict[str, ModelOutputs]:
    """What each block of a model computes on all train and test pictures, pooled."""
    model, images = lab.classifier(method, seed), lab.images
    train = observe_blocks(model, images.x_train, images.y_train, progress=lab.progress)
    test = observe_blocks(model, images.x_test, images.y_test, progress=lab.progress)
    return {name: ModelOutputs(train[name], test[name]) for name in train}
