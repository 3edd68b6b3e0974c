"""The maps that an attacker fits: affine, kernel, MLP; from numbers of a sample to class scores.

All see features standardised by what they are fitted on, so that the unit of the features changes
nothing; features that do not vary there beyond rounding are left out. Classes weigh alike: a map
that ignores a small class gains nothing by it.

* `affine`: argmin Σ w‖W z + b − t‖² + ρ·trace(S)/d·‖W‖² in closed form.
* `rbf`: kernel ridge regression with k(z, z') = exp(−‖z − z'‖²/d), of penalty ρ·trace(K)/n; above
  `Strongest.exact` samples on the Nyström features of random landmarks (Williams & Seeger 2001).
* `mlp`: one hidden layer of ReLUs, Adam, for a fixed number of epochs from a fixed seed.

The MLP is scikit-learn's. Regression in closed form is linear in its targets: the map to
the original's features with the original's head behind it is the map to its logits.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..recovery.least_squares import StreamedLeastSquares
from .settings import Strongest

__all__ = ["QUIET", "Lesson", "Map", "fit_map"]

CHUNK = 4096
"""Samples mapped at once."""
RESOLUTION = 1e-6
"""Relative deviations below this are rounding of a float32 pass through a net, not signal."""

CONDITION = 1e-4
"""Least part of a landmark kernel's largest eigenvalue at which it counts as well conditioned."""

QUIET = ("Stochastic Optimizer",)
"""How warnings of maps begin that were given a number of epochs, not a tolerance to reach."""

Array = np.ndarray[Any, Any]
Map = Callable[[Tensor], Tensor]
"""(m, d) features to (m, C) float64 scores; the greatest is the answer."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a map is to learn of n samples.

    Attributes:
        targets: (n, C) float64: one-hot labels, or the original's logits.
        imitated: features (n, d_o) of the original with the weight (C, d_o) and the bias (C,) of
            its head, where these are imitated; None where labels are learnt.
    """

    targets: Tensor
    imitated: tuple[Tensor, Tensor, Tensor] | None = None

    @classmethod
    def of_labels(cls, labels: Tensor, classes: int) -> Lesson:
        """Learn the (n,) labels."""
        return cls(torch.nn.functional.one_hot(labels, classes).double())

    @classmethod
    def of_original(cls, features: Tensor, head: tuple[Tensor, Tensor]) -> Lesson:
        """Imitate the original's (n, d_o) features, to put its head behind them."""
        weight, bias = (part.detach().cpu().double() for part in head)
        return cls(features.double() @ weight.T + bias, (features, weight, bias))

    @property
    def labels(self) -> Tensor:
        """(n,) the class of the greatest target."""
        return self.targets.argmax(1)

    @property
    def weights(self) -> Tensor:
        """(n,) float64 with mean 1: the same sum for every class, where labels are learnt."""
        if self.imitated is not None:
            return torch.ones(len(self.targets), dtype=torch.float64)
        sizes = self.labels.bincount().double()
        return len(self.targets) / ((sizes > 0).sum() * sizes[self.labels])


def _affine(z: Tensor, lesson: Lesson, config: Strongest) -> Map:
    known = StreamedLeastSquares(z.shape[1], lesson.targets.shape[1])
    known.add(z, lesson.targets, lesson.weights)
    fitted = known.solve_relative(config.ridge, intercept=config.intercept)
    return lambda x: x.double() @ fitted.weight + fitted.bias


def _rbf(z: Tensor, lesson: Lesson, config: Strongest) -> Map:
    gamma = 1 / z.shape[1]  # "scale": the features' variance is 1
    if len(z) > config.exact:
        return _landmarks(z, lesson, config, gamma)
    x, w = z.double(), lesson.weights
    mean = (w[:, None] * lesson.targets).sum(0) / w.sum()
    # a kernel's trace over its samples is 1, so the relative ridge is the ridge
    root = w.sqrt()[:, None]
    system = _kernel(x, x, gamma).mul_(root).mul_(root.T)
    system.diagonal().add_(config.kernel_ridge)
    wanted = root * (lesson.targets - mean)
    factor, failed = torch.linalg.cholesky_ex(system)
    if failed:  # a ridge below rounding
        coefficients = torch.linalg.lstsq(system, wanted, driver="gelsd").solution
    else:
        coefficients = torch.cholesky_solve(wanted, factor)
    coefficients *= root
    return lambda asked: mean + _kernel(asked.double(), x, gamma) @ coefficients


def _landmarks(z: Tensor, lesson: Lesson, config: Strongest, gamma: float) -> Map:
    """Ridge regression on k(z, landmarks)·K^(−1/2): the kernel machine that landmarks span.

    By normal equations in float64: the ridge keeps them well conditioned, and they cost a fraction
    of orthogonal decompositions of as many features.
    """
    from scipy.linalg.blas import dsyrk

    count = min(config.landmarks, len(z))
    share = (lesson.weights / lesson.weights.sum()).numpy()
    chosen = np.random.default_rng(config.seed).choice(len(z), count, replace=False, p=share)
    marks = z[torch.from_numpy(np.sort(chosen))].double()
    size, turned = torch.linalg.eigh(_kernel(marks, marks, gamma))
    whitened = turned / size.clamp(min=1e-12).sqrt()
    # K^(−1/2) may stand behind the sum over samples where it blows no rounding up: less to multiply
    late = bool(size[0] > CONDITION * size[-1])

    w, t = lesson.weights, lesson.targets
    rows = torch.arange(len(z)).split(CHUNK)
    total = w.sum()
    seen_sum, moments = torch.zeros(count, dtype=w.dtype), np.zeros((count, count), order="F")
    with_targets = torch.zeros(count, t.shape[1], dtype=w.dtype)
    mean = (w @ t) / total
    for some in rows:
        seen = _kernel(z[some].double(), marks, gamma)
        seen = seen if late else seen @ whitened
        seen_sum += w[some] @ seen
        with_targets.addmm_(seen.T, w[some, None] * (t[some] - mean))
        seen *= w[some, None].sqrt()
        moments = dsyrk(1.0, seen.numpy().T, 1.0, moments, overwrite_c=True, lower=True)
    summed = torch.from_numpy(moments)
    summed = summed.tril() + summed.tril(-1).T
    if late:
        summed = whitened.T @ summed @ whitened
        seen_sum, with_targets = seen_sum @ whitened, whitened.T @ with_targets
    centre = seen_sum / total
    summed -= total * torch.outer(centre, centre)
    summed.diagonal().add_(config.kernel_ridge)
    weight = torch.cholesky_solve(with_targets, torch.linalg.cholesky(summed))
    back, shift = whitened @ weight, mean - centre @ weight
    return lambda x: _kernel(x.double(), marks, gamma) @ back + shift


def _kernel(a: Tensor, b: Tensor, gamma: float) -> Tensor:
    """exp(−γ‖a − b‖²), (n, d) and (m, d) to (n, m)."""
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)
    return torch.addmm(lengths, a, b.T, alpha=-2).clamp_(min=0).mul_(-gamma).exp_()


def _mlp(z: Tensor, lesson: Lesson, config: Strongest) -> Map:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    about = {
        "hidden_layer_sizes": (config.hidden,),
        "learning_rate_init": config.lr,
        "batch_size": min(config.batch_size, len(z)),
        "max_iter": config.epochs,
        "random_state": config.seed,
    }
    x = z.float().numpy()
    with warnings.catch_warnings():
        for beginning in QUIET:
            warnings.filterwarnings("ignore", beginning, module="sklearn")
        if lesson.imitated is None:
            return _classifier(MLPClassifier(**about), x, lesson)
        return _regressor(MLPRegressor(**about), x, *lesson.imitated)


def _classifier(net: Any, x: Array, lesson: Lesson) -> Map:
    net.fit(x, lesson.labels.numpy(), sample_weight=lesson.weights.float().numpy())

    def scores(z: Tensor) -> Tensor:
        found = torch.zeros(len(z), lesson.targets.shape[1], dtype=torch.float64)
        found[:, net.classes_] = torch.from_numpy(net.predict_proba(z.float().numpy())).double()
        return found

    return scores


def _regressor(net: Any, x: Array, features: Tensor, weight: Tensor, bias: Tensor) -> Map:
    """Features in one common unit: a net in single precision must not drown in their size."""
    wanted = features.double()
    mean, size = wanted.mean(0), wanted.std(0).square().mean().sqrt()
    net.fit(x, ((wanted - mean) / size).float().numpy())

    def scores(z: Tensor) -> Tensor:
        found = torch.from_numpy(net.predict(z.float().numpy())).double().reshape(len(z), -1)
        return (found * size + mean) @ weight.T + bias

    return scores


_FITS: dict[str, Callable[[Tensor, Lesson, Strongest], Map]] = {
    "affine": _affine,
    "rbf": _rbf,
    "mlp": _mlp,
}


def fit_map(name: str, features: Tensor, lesson: Lesson, config: Strongest) -> Map:
    """Fit one of the maps; where no feature varies it gives the targets' mean.

    Args:
        name: `affine`, `rbf` or `mlp`.
        features: (n, d) finite.
        lesson: what to learn of these n samples.
        config: ridges, sizes, seed.

    Raises:
        KeyError: for another name.
    """
    mean, deviation = _moments(features)
    kept = deviation > RESOLUTION * mean.abs()
    if not kept.any():
        best = lesson.targets.mean(0)  # of labels that is how often each occurs
        return lambda x: best.expand(len(x), -1)
    shift, size = mean[kept].float(), deviation[kept].float()

    def standard(x: Tensor) -> Tensor:
        return x[:, kept].float().sub_(shift).div_(size)

    fitted = _FITS[name](standard(features), lesson, config)

    def mapped(x: Tensor) -> Tensor:
        return torch.cat([fitted(standard(part)) for part in x.split(CHUNK)])

    return mapped


def _moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each feature in float64, without a float64 copy of them all."""
    parts = features.split(CHUNK)
    mean = torch.stack([part.double().sum(0) for part in parts]).sum(0) / len(features)
    square = torch.stack([(part.double() - mean).square().sum(0) for part in parts]).sum(0)
    return mean, (square / len(features)).sqrt()
