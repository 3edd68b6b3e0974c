"""Can the forget samples be told from the retain samples by their features? Out-of-sample AUC.

A contracted forget set is unusable and yet conspicuous: it lies apart (AUC 1). A model that hides
even the fact of forgetting has an AUC near 0.5, where forget and retain features are alike.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.progress import Progress
from ..common.statistics import cross_fits, subsample

__all__ = ["separability"]

FOLDS = 5
NEIGHBOURS = 15  # of the k-NN judge


@torch.no_grad()
def separability(
    forget: Tensor,
    retain: Tensor,
    *,
    limit: int = 4000,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Area under the ROC curve of forget against retain features, by a line and by neighbours.

    Both judges see standardised features (each dimension to mean 0 and deviation 1, fitted on the
    folds they learn from) and are scored on the fold they have not seen, of five stratified ones.
    The figure is the mean over folds of each fold's AUC: scores of different folds come from
    different judges, and pooling them would push the AUC of equal distributions below 0.5.

    Args:
        forget: (n, d).
        retain: (m, d).
        limit: most samples of either part; more are thinned out at random.
        seed: of the thinning and the folds.
        progress: asked after each fit whether to stop.

    Returns:
        JSON-ready: `linear` (logistic regression with scikit-learn's default penalty, classes
        weighted equally) and `knn` (the share of forget samples among the nearest `NEIGHBOURS`),
        each in 0..1 or None; `samples`, forget and retain samples used; `reason` says why
        something is None, by name.

    Raises:
        ValueError: for features that are not matrices of one width.
        Cancelled: from `progress`.
    """
    if forget.dim() != 2 or retain.shape[1:] != forget.shape[1:]:
        raise ValueError(
            f"separability wants (n, d) and (m, d) features, got {tuple(forget.shape)} and "
            f"{tuple(retain.shape)}"
        )
    generator = np.random.default_rng(seed)
    parts = [
        part.detach().cpu()[subsample(len(part), limit, generator)] for part in (forget, retain)
    ]
    counts = [len(part) for part in parts]
    result: dict[str, Any] = {"linear": None, "knn": None, "samples": counts}
    reasons = _undefined(parts)
    judges = [name for name in ("linear", "knn") if name not in reasons]
    if judges:
        x = torch.cat(parts).double().numpy()
        y = torch.arange(len(x)).lt(counts[0]).long().numpy()
        progress = progress or Progress()
        result |= {name: _cross_validated_auc(name, x, y, seed, progress) for name in judges}
    return {**result, **({"reason": reasons} if reasons else {})}


def _undefined(parts: list[Tensor]) -> dict[str, str]:
    """What cannot be judged, with the reason."""
    both = ("linear", "knn")
    for name, part in zip(("forget", "retain"), parts, strict=True):
        if len(part) < FOLDS:
            why = f"{len(part)} {name} samples are too few for {FOLDS} folds"
            return dict.fromkeys(both, why)
        if not part.isfinite().all():
            why = f"the {name} features are not finite: the model diverged"
            return dict.fromkeys(both, why)
    least = sum(len(part) - -(-len(part) // FOLDS) for part in parts)
    if least < NEIGHBOURS:
        return {"knn": f"{least} samples to look among are fewer than {NEIGHBOURS} neighbours"}
    return {}


def _cross_validated_auc(
    judge: str, x: np.ndarray, y: np.ndarray, seed: int, progress: Progress
) -> float:
    """Mean AUC over folds; x (n, d), y (n,) 1 for forget samples."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import KNeighborsClassifier

    make = {
        "linear": partial(LogisticRegression, max_iter=1000, class_weight="balanced"),
        "knn": partial(KNeighborsClassifier, NEIGHBOURS),
    }[judge]
    aucs = []
    for fit, unseen in cross_fits(make, x, y, folds=FOLDS, seed=seed):
        aucs.append(float(roc_auc_score(y[unseen], fit.predict_proba(x[unseen])[:, 1])))
        progress.check()
    return sum(aucs) / FOLDS
