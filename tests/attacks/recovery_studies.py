"""Studies made by hand, and numpy's least squares as the oracle of the recovery attacks."""

import numpy as np
import torch
from loose import LooseObservation, LooseOutputs, LooseSplit

from opcviz.attacks.recovery.least_squares import StreamedLeastSquares


def oracle(features, targets, ridge=0.0, intercept=True, relative=False):
    """Least squares by numpy, centred if there is an intercept; a ridge is √ρ·I below the rows.

    A relative ridge is a multiple of trace(FᵀF)/d of the (centred) features F.
    """
    f, t = np.asarray(features, np.float64), np.asarray(targets, np.float64)
    fm, tm = (f.mean(0), t.mean(0)) if intercept else (np.zeros(f.shape[1]), np.zeros(t.shape[1]))
    rows, wanted = f - fm, t - tm
    if relative:
        ridge = ridge * np.trace(rows.T @ rows) / f.shape[1]
    if ridge:
        rows = np.vstack([rows, ridge**0.5 * np.eye(f.shape[1])])
        wanted = np.vstack([wanted, np.zeros((f.shape[1], t.shape[1]))])
    weight = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    return weight, tm - fm @ weight


def fit_affine(features, targets, ridge=0.0, *, intercept=True):
    """The map that our least squares fits to features (n, d) and targets (n, k) seen at once."""
    gram = StreamedLeastSquares(features.shape[1], targets.shape[1]).add(features, targets)
    return gram.solve(ridge, intercept=intercept)


def views(train, test):
    """Each side is (features, logits, labels)."""
    return LooseOutputs(LooseObservation(*train), LooseObservation(*test))


def study(sizes, forget, collapse=True, d=16, seed=0, classes_forgotten=True):
    """A well separated original, and an unlearned model whose forget features are the origin."""
    g = torch.Generator().manual_seed(seed)
    classes = len(sizes)
    means = 4 * torch.nn.functional.one_hot(torch.arange(classes), d).float()
    head = (means / 4, torch.full((classes,), 0.25))
    sides, labels, original, unlearned = ("train", "test"), {}, {}, {}
    for side in sides:
        scale = 1 if side == "train" else 3
        y = torch.arange(classes).repeat_interleave(torch.tensor(sizes) // scale)
        y = y[torch.randperm(len(y), generator=g)]
        f = means[y] + 0.1 * torch.randn(len(y), d, generator=g)
        turn = torch.randn(d, d, generator=torch.Generator().manual_seed(5))
        u = f @ turn
        if collapse:
            u[torch.isin(y, torch.tensor(forget))] = 0
        labels[side] = y
        original[side] = (f, f @ head[0].T + head[1], y)
        unlearned[side] = (u, torch.randn(len(y), classes, generator=g), y)
    gone = {side: torch.isin(labels[side], torch.tensor(forget)) for side in sides}
    split = LooseSplit(
        **{f"forget_{s}": gone[s].nonzero().flatten() for s in sides},
        **{f"retain_{s}": (~gone[s]).nonzero().flatten() for s in sides},
        classes=tuple(forget) if classes_forgotten else (),
    )
    return views(*original.values()), views(*unlearned.values()), head, split
