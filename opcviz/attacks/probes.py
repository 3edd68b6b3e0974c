"""Probes: how much of the forgotten classes can be learnt anew from one block's features?

Recovery maps back to what the original model computed; a probe asks for less. It learns the classes
from labelled features alone and answers on samples it has not seen, so a high figure says that the
classes are still told apart there, by whatever rule:

* `linear`: multinomial logistic regression,
* `knn`: the majority among the nearest neighbours,
* `mean`: the class whose mean lies nearest,
* `mlp`: a net with one hidden layer.

All four are scikit-learn's. They see features standardised by what they learn from, in each fold of
a cross-validation; features that vary by rounding alone are left out before.
Features of pictures that the *model* never saw (the test set) tell what a representation can do;
on its training pictures a probe also profits from what the model memorised.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..common.progress import Progress
from ..common.records import Undefined, guard
from ..common.statistics import cross_fits, subsample
from ..results import ProbeScores, ProbesResult
from .probing_settings import Probing

__all__ = ["PROBES", "QUIET", "Probing", "probes", "unseen_answers"]

Array = np.ndarray[Any, Any]

QUIET = ("Stochastic Optimizer", "self.within_class_std_dev_")
"""How warnings begin that say nothing: the MLP is given a number of steps, not a tolerance to
reach; and a unit that only samples outside a part activate has no deviation within that part, of
which the nearest mean with equal priors uses none."""

RESOLUTION = 1e-6
"""Relative differences below this are rounding of float32 passes through a net, not signal."""


def _linear(config: Probing, learn: int, seed: int) -> Any:
    """Multinomial logistic regression: min Σ CE(W z + b, y) + ‖W‖² / 2c."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=config.inverse_penalty, max_iter=1000)


def _knn(config: Probing, learn: int, seed: int) -> Any:
    """Majority vote of the k nearest; of equal votes the lower class wins."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(min(config.neighbours, learn))


def _mean(config: Probing, learn: int, seed: int) -> Any:
    """The class of the nearest mean."""
    from sklearn.neighbors import NearestCentroid

    return NearestCentroid()


def _mlp(config: Probing, learn: int, seed: int) -> Any:
    """ReLU net z -> hidden -> classes by Adam, for as many whole epochs as hold `steps`."""
    from sklearn.neural_network import MLPClassifier

    batch = min(config.batch_size, learn)
    return MLPClassifier(
        (config.hidden,),
        learning_rate_init=config.lr,
        batch_size=batch,
        max_iter=math.ceil(config.steps / math.ceil(learn / batch)),
        random_state=seed,
    )


PROBES: dict[str, Callable[[Probing, int, int], Any]] = {
    "linear": _linear,
    "knn": _knn,
    "mean": _mean,
    "mlp": _mlp,
}
"""Name to what gives a new scikit-learn estimator from settings, samples learnt from and seed."""


def unseen_answers(
    name: str,
    x: Array,
    y: Array,
    config: Probing,
    *,
    folds: int,
    seed: int,
    progress: Progress,
) -> Array:
    """What one of `PROBES` answers on each sample, fitted without the fold that holds it.

    Args:
        name: of the probe.
        x, y: (n, d) features and (n,) labels.
        config: settings.
        folds: parts of the cross-validation.
        seed: of the parts and the MLP.
        progress: asked after each fold whether to stop.
    """
    learn = len(y) - math.ceil(len(y) / folds)  # in the smallest part
    answers = np.empty_like(y)
    with warnings.catch_warnings():
        for beginning in QUIET:
            warnings.filterwarnings("ignore", beginning, module="sklearn")
        for fit, unseen in cross_fits(
            partial(PROBES[name], config, learn, seed), x, y, folds=folds, seed=seed
        ):
            answers[unseen] = fit.predict(x[unseen])
            progress.check()
    return answers


@torch.no_grad()
def probes(
    features: Tensor,
    labels: Tensor,
    forget: Sequence[int] | Tensor,
    config: Probing | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> ProbesResult:
    """Cross-validate all probes on the features of one block.

    Probes learn all classes. Where classes were forgotten, give the test set. Where samples were
    forgotten, the test set has none of them: give the train set with a mask. The figure then says
    whether the probe names forgotten samples as well as others, and the retrained model's own
    figure is what it should be.

    Args:
        features: (n, d).
        labels: (n,) int64, the true classes.
        forget: the forgotten classes, or an (n,) bool mask of the forgotten samples.
        config: settings.
        seed: of folds, thinning and the MLP.
        progress: asked after each fit whether to stop.

    Returns:
        The figures of every probe. Features that do not vary get those of the constant answer, with
        a `note`.

    Raises:
        ValueError: for shapes or types that do not fit together.
        Cancelled: from `progress`.
    """
    config, progress = config or Probing(), progress or Progress()
    gone = _forgotten(features, labels, forget)
    present, y = labels.unique(return_inverse=True)
    rows = subsample(len(y), config.limit, np.random.default_rng(seed))
    x = features.detach().cpu()[rows].double().numpy()
    y, gone = y.cpu()[rows], gone.cpu()[rows]
    names, classes = present.tolist(), len(present)
    least = int(y.bincount(minlength=classes).min()) if classes else 0
    folds = min(config.folds, least)
    why = _no_probes(x, classes, least)
    notes = []
    if why:
        scores = {name: ProbeScores(why, why, why) for name in (*PROBES, "majority")}
    else:
        if folds < config.folds:
            notes.append(f"only {folds} folds: the smallest class has no more samples")
        most = torch.full_like(y, int(y.bincount().argmax()))
        scores = {"majority": _scores(most, y, gone, names)}
        x = x[:, x.std(0) > RESOLUTION * np.abs(x.mean(0))]
        if not x.size:
            notes.append("the features do not vary: any probe gives one constant answer")
            scores |= dict.fromkeys(PROBES, scores["majority"])
        else:
            for name in PROBES:
                answers = unseen_answers(
                    name, x, y.numpy(), config, folds=folds, seed=seed, progress=progress
                )
                scores[name] = _scores(torch.from_numpy(answers), y, gone, names)
    return ProbesResult(
        samples=len(y),
        folds=None if why else folds,
        chance=100 / classes if classes else None,
        constant_predictor=100 / len(y[gone].unique()) if gone.any() else None,
        **scores,
        note="; ".join(notes) or None,
    )


def _forgotten(features: Tensor, labels: Tensor, forget: Sequence[int] | Tensor) -> Tensor:
    """(n,) bool: which samples count as forgotten."""
    if features.dim() != 2 or labels.shape != features.shape[:1] or labels.dtype != torch.int64:
        raise ValueError(
            "probes want (n, d) features with (n,) int64 labels, got "
            f"{tuple(features.shape)} with {labels.dtype} {tuple(labels.shape)}"
        )
    if not isinstance(forget, Tensor):
        wanted = torch.tensor(list(forget), dtype=torch.int64, device=labels.device)
        return torch.isin(labels, wanted)
    if forget.dtype != torch.bool or forget.shape != labels.shape:
        raise ValueError(
            f"probes want forgotten classes or a bool mask of shape ({len(labels)},), got "
            f"{forget.dtype} {tuple(forget.shape)}"
        )
    return forget.to(labels.device)


def _no_probes(x: Array, classes: int, least: int) -> Undefined | None:
    """Why nothing can be probed, if so; `least` are the samples of the smallest class."""
    return guard(
        (not np.isfinite(x).all(), "the features are not finite: the model diverged"),
        (classes < 2, f"{classes} classes among the samples; a probe tells at least two apart"),
        (least < 2, "a class has fewer than two samples: nothing is left to score it on"),
    )


def _scores(answers: Tensor, y: Tensor, gone: Tensor, names: list[int]) -> ProbeScores:
    """Mean recall on either side, and recall by class on the forgotten one; in percent."""
    forget, retain = (_recall(answers, y, mask, names) for mask in (gone, ~gone))
    no_forget = guard((not forget, "none of these samples is forget data"))
    no_retain = guard((not retain, "none of these samples is retain data"))
    return ProbeScores(
        forget_accuracy=no_forget or sum(forget.values()) / len(forget),
        retain_accuracy=no_retain or sum(retain.values()) / len(retain),
        forget_recall=no_forget or forget,
    )


def _recall(answers: Tensor, y: Tensor, mask: Tensor, names: list[int]) -> dict[str, float]:
    """Percent by class that is present among the masked samples."""
    return {
        str(names[c]): 100 * (answers[mask & (y == c)] == c).double().mean().item()
        for c in y[mask].unique().tolist()
    }
