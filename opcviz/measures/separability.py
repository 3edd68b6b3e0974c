"""Can the forget samples be told from the retain samples by their features? Out-of-sample AUC.

A contracted forget set is unusable and yet conspicuous: it lies apart (AUC 1). A model that hides
even the fact of forgetting has an AUC near 0.5, where forget and retain features are alike.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from ..common.progress import Progress
from ..common.records import Undefined, guard
from ..common.statistics import cross_fits, subsample
from ..results import Separability

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
) -> Separability:
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
        The AUC of a logistic regression with scikit-learn's default penalty and classes weighted
        equally, and of the share of forget samples among the nearest `NEIGHBOURS`.

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
    samples = (len(parts[0]), len(parts[1]))
    x = torch.cat(parts).double().numpy()
    y = torch.arange(len(x)).lt(samples[0]).long().numpy()
    why = _not_separable(parts)
    asked = progress or Progress()

    def auc(judge: str) -> float:
        return _cross_validated_auc(judge, x, y, seed, asked)

    linear = why or auc("linear")
    # samples to look among in the smallest part that a fold learns from
    known = sum(count - -(-count // FOLDS) for count in samples)
    few = f"{known} samples to look among are fewer than {NEIGHBOURS} neighbours"
    return Separability(linear, why or guard((known < NEIGHBOURS, few)) or auc("knn"), samples)


def _not_separable(parts: list[Tensor]) -> Undefined | None:
    """Why nothing can be judged, if so."""
    named = dict(zip(("forget", "retain"), parts, strict=True))
    return guard(
        *(
            condition
            for name, part in named.items()
            for condition in (
                (len(part) < FOLDS, f"{len(part)} {name} samples are too few for {FOLDS} folds"),
                (
                    not part.isfinite().all(),
                    f"the {name} features are not finite: the model diverged",
                ),
            )
        )
    )


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
