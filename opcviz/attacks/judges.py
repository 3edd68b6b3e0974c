"""Judges who tell forgotten from retained pictures the model never trained on: AUC by place.

Who optimises how forget and retain features lie on the training pictures is judged on others. Four
judges, since each is blind to something: a line, the nearest neighbours, a kernel machine and
boosted trees. Where classes are forgotten they learn on the train set and are asked about the test
set: they need the many, and the few are what counts. Where samples are forgotten no test picture
belongs to them; then the train set is cross-validated, and what a retrained model shows there is
what any model that never saw them shows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.progress import Progress
from ..common.records import Undefined, guard
from ..common.statistics import FEWEST, auc_interval, cross_fits, subsample
from ..results import Sign
from .judging_settings import Judging

__all__ = ["JUDGES", "Judging", "fitted", "judge_place", "thinned"]

Array = np.ndarray[Any, Any]


def _linear(config: Judging, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000, class_weight="balanced")


def _knn(config: Judging, seed: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(config.neighbours)


def _rbf(config: Judging, seed: int) -> Any:
    from sklearn.svm import SVC

    return SVC(C=config.cost, class_weight="balanced")


def _boosted(config: Judging, seed: int) -> Any:
    """Without class weights: ranks do not need them, and binning by weight is slow."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=config.trees,
        max_leaf_nodes=8,
        min_samples_leaf=5,
        early_stopping=False,
        random_state=seed,
    )


JUDGES: dict[str, Callable[[Judging, int], Any]] = {
    "linear": _linear,
    "knn": _knn,
    "rbf": _rbf,
    "boosted": _boosted,
}
"""Name to what gives a new scikit-learn estimator from settings and seed."""


def judge_place(
    place: str,
    forget: Tensor,
    retain: Tensor,
    config: Judging | None = None,
    *,
    learnt: tuple[Tensor, Tensor] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Sign] | Undefined:
    """What every judge makes of one place: AUC with its 95 % interval.

    The interval is Hanley & McNeil's in Newcombe's form, see `auc_interval`: of the pictures
    judged, given the judge.

    Args:
        place: its name, as in "stage3, unpooled".
        forget: (n, d) what the model computes on forgotten pictures.
        retain: (m, d) on retained ones.
        config: judges and budget.
        learnt: the same two of other pictures, to learn on; without them the pictures judged are
            cross-validated, and the AUC is the mean over folds.
        seed: of thinning, folds and trees.
        progress: asked after each fit whether to stop.

    Returns:
        A sign a judge, or why there are none.

    Raises:
        ValueError: for features that are not matrices of one width.
        Cancelled: from `progress`.
    """
    config, progress = config or Judging(), progress or Progress()
    if forget.dim() != 2 or retain.shape[1:] != forget.shape[1:]:
        raise ValueError(
            f"judging {place}: wants (n, d) and (m, d) features, got {tuple(forget.shape)} and "
            f"{tuple(retain.shape)}"
        )
    generator = np.random.default_rng(seed)
    x, y = thinned((forget, retain), config.limit, generator)
    known = None if learnt is None else thinned(learnt, config.limit, generator)
    n, m = int(y.sum()), int((1 - y).sum())
    fewest = max(FEWEST, config.folds)
    least = fewest if known is None else min(np.bincount(known[1], minlength=2))
    finite = all(np.isfinite(each[0]).all() for each in ((x, y), known) if each)
    why = guard(
        (min(n, m) < fewest, f"{n} forgotten and {m} retained pictures: judges want {fewest}"),
        (least < fewest, f"{least} pictures of a kind to learn on: judges want {fewest}"),
        (not finite, f"the model's {place} are not finite: it diverged"),
    )
    if why:
        return why
    found = []
    for name in config.chosen:
        make = partial(JUDGES[name], config, seed)
        if known is None:
            auc = _cross_validated(make, x, y, config.folds, seed)
        else:
            auc = _auc(fitted(make, *known), x, y)
        low, high = auc_interval(auc, n, m)
        found.append(Sign(name, place, auc, low, high))
        progress.check()
    return found


def thinned(
    parts: tuple[Tensor, Tensor], limit: int, generator: np.random.Generator
) -> tuple[Array, Array]:
    """(n + m, d) features and (n + m,) labels, 1 for forgotten; at most `limit` of either part."""
    kept = [part.detach().cpu()[subsample(len(part), limit, generator)].double() for part in parts]
    labels = np.repeat([1, 0], [len(part) for part in kept])
    return torch.cat(kept).numpy(), labels


def fitted(make: Callable[[], Any], x: Array, y: Array) -> Any:
    """An estimator on standardised features; where they do not vary it answers by shares alone."""
    from sklearn.dummy import DummyClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    judge = make() if np.ptp(x, axis=0).any() else DummyClassifier()
    return make_pipeline(StandardScaler(), judge).fit(x, y)


def _cross_validated(make: Callable[[], Any], x: Array, y: Array, folds: int, seed: int) -> float:
    """Mean over folds: scores of different folds come from different judges."""
    aucs = [
        _auc(fit, x[unseen], y[unseen])
        for fit, unseen in cross_fits(make, x, y, folds=folds, seed=seed)
    ]
    return sum(aucs) / len(aucs)


def _auc(judge: Any, x: Array, y: Array) -> float:
    from sklearn.metrics import roc_auc_score

    if hasattr(judge, "decision_function"):
        return float(roc_auc_score(y, judge.decision_function(x)))
    return float(roc_auc_score(y, judge.predict_proba(x)[:, 1]))
