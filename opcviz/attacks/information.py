"""How much does what a model computes tell of whether a picture is forgotten? In bits.

With Y = 1 for forgotten and 0 for retained pictures and Z what a model computes at one place,

    I(Z; Y) = H(Y) − H(Y | Z) ≥ H(Y) − E[−log₂ q(Y | Z)]

for any q (Barber & Agakov 2003). q is a logistic regression, on Z and on its RBF features, learnt
on other pictures than the expectation is taken over: the bound holds, and what no such q can tell
is not counted. The greater of both bounds is taken, and no less than 0, what a q that knows the
shares alone attains.

IDI (arXiv 2405.17878) sums it over blocks and places it between retrained (0) and original (1):

    ID(θ) = Σ_blocks I(Z_θ; Y) − I(Z_retrained; Y),   IDI(θ) = ID(θ) / ID(θ_original)

The paper estimates I by InfoNCE with trained critics; the bound here is ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from ..common.progress import Progress
from ..common.records import Undefined, guard
from ..common.statistics import FEWEST, cross_fits
from ..results import IdiBlock, IdiResult
from .judges import fitted, thinned
from .judging_settings import Informing

__all__ = ["Informing", "entropy_bits", "idi", "information"]

Array = np.ndarray[Any, Any]


def _linear(config: Informing, learn: int, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=2000)


def _rbf(config: Informing, learn: int, seed: int) -> Any:
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    seen = Nystroem(n_components=min(config.landmarks, learn), random_state=seed)
    return make_pipeline(seen, LogisticRegression(C=10, max_iter=2000))


def entropy_bits(share: float) -> float:
    """H(Y) in bits of a yes that has this share."""
    return -sum(p * math.log2(p) for p in (share, 1 - share) if p > 0)


def information(
    place: str,
    forget: Tensor,
    retain: Tensor,
    config: Informing | None = None,
    *,
    learnt: tuple[Tensor, Tensor] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> float | Undefined:
    """The bound on I(Z; Y) at one place, in bits: 0 to H(Y) of the pictures given.

    Args:
        place: its name, for the reason where there is none.
        forget: (n, d) what the model computes on forgotten pictures.
        retain: (m, d) on retained ones.
        config: budget.
        learnt: the same two of other pictures, to learn on; without them the pictures themselves
            are cross-validated.
        seed: of thinning, folds and landmarks.
        progress: asked after each fit whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or Informing(), progress or Progress()
    generator = np.random.default_rng(seed)
    x, y = thinned((forget, retain), config.limit, generator)
    known = None if learnt is None else thinned(learnt, config.limit, generator)
    least = min(np.bincount(part, minlength=2).min() for part in (y, (known or (x, y))[1]))
    finite = all(np.isfinite(each[0]).all() for each in ((x, y), known) if each)
    why = guard(
        (least < FEWEST, f"{least} pictures of a kind are too few to bound information"),
        (not finite, f"the model's {place} are not finite: it diverged"),
    )
    if why:
        return why
    bounds = [0.0]
    for make in (_linear, _rbf):
        learn = len(y) if known is None else len(known[1])
        model = partial(make, config, learn * (config.folds - 1) // config.folds, seed)
        bounds.append(entropy_bits(float(y.mean())) - _surprise(model, x, y, known, config, seed))
        progress.check()
    return max(bounds)


def _surprise(
    make: Callable[[], Any],
    x: Array,
    y: Array,
    known: tuple[Array, Array] | None,
    config: Informing,
    seed: int,
) -> float:
    """E[−log₂ q(Y | Z)] on pictures that q did not learn on."""
    share = np.empty(len(y))
    if known is not None:
        share[:] = fitted(make, *known).predict_proba(x)[:, 1]
    else:
        for fit, unseen in cross_fits(make, x, y, folds=config.folds, seed=seed):
            share[unseen] = fit.predict_proba(x[unseen])[:, 1]
    told = np.where(y == 1, share, 1 - share).clip(1e-9, 1)
    return float(-np.log2(told).mean())


def idi(
    own: Mapping[str, float],
    original: Mapping[str, float],
    retrained: Mapping[str, float],
    most: float,
    config: Informing | None = None,
) -> IdiResult:
    """IDI from the information at each block of three models, in bits.

    Args:
        own, original, retrained: by block, the same blocks in the same order.
        most: H(Y).
        config: `least`, below which original and retrained tell the same.

    Raises:
        ValueError: where the models do not have the same blocks.
    """
    config = config or Informing()
    if not own.keys() == original.keys() == retrained.keys():
        raise ValueError(
            f"IDI wants the same blocks of three models, got {list(own)}, {list(original)} and "
            f"{list(retrained)}"
        )
    gap = config.least * most

    def share(mine: float, first: float, last: float) -> float | Undefined:
        few = f"original and retrained differ by {first - last:.3f} bits, less than {gap:.3f}"
        return guard((first - last < gap, few)) or (mine - last) / (first - last)

    blocks = tuple(
        IdiBlock(name, own[name], original[name], retrained[name], share(*values))
        for name in own
        for values in [(own[name], original[name], retrained[name])]
    )
    sums = (sum(own.values()), sum(original.values()), sum(retrained.values()))
    return IdiResult(share(*sums), blocks, most)
