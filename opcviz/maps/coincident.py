"""Samples too near to be drawn apart: one mark with a count. Their answers may still differ.

Whatever draws features in the plane has a smallest distance that it can show, and UMAP even evens
sizes out: ninety samples on one spot of feature space become a cloud as wide as a class. So what
coincides is found where the features are, and a map draws it as what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..common.records import Undefined, guard

__all__ = ["COINCIDENT", "Coincident", "class_radius", "coincident"]

COINCIDENT = 0.01
"""Samples no further apart than this part of the median class radius are at one place."""

ROUNDING = 1e-6
"""Relative error that is allowed for where candidates are looked for; groups are made exactly."""


@dataclass(frozen=True, eq=False)
class Coincident:
    """Groups of samples that lie at one place of feature space.

    Attributes:
        groups: (n,) int64 number of each sample's group, the largest group first; −1: none.
        radius: the unit, see `class_radius`.
        widths: of each group: root mean square distance to its mean, over that of all kept samples;
            0 where all its members are the same.
        reason: why no group was looked for, if so.
    """

    groups: Tensor
    radius: float | Undefined
    widths: tuple[float | Undefined, ...]
    reason: str = ""


@torch.no_grad()
def coincident(features: Tensor, labels: Tensor, forget: Tensor) -> Coincident:
    """Find the samples whose mutual distances are at most 1 % of the median class radius.

    Complete linkage: every two members of a group are that close. Where no class has a radius, or
    none but zero, only samples with the very same features share a place.

    Args:
        features: (n, d).
        labels: (n,) true classes.
        forget: (n,) bool, which samples are to be forgotten.

    Raises:
        ValueError: for shapes that do not fit together.
    """
    n = len(features)
    if features.dim() != 2 or labels.shape != (n,) or forget.shape != (n,):
        raise ValueError(
            "coincident wants (n, d) features with (n,) labels and an (n,) mask, got "
            f"{tuple(features.shape)}, {tuple(labels.shape)} and {tuple(forget.shape)}"
        )
    alone = torch.full((n,), -1, dtype=torch.int64)
    f = features.detach().to("cpu", torch.float64)
    if not f.isfinite().all():
        why = "the features are not finite: the model diverged"
        return Coincident(alone, Undefined(why), (), why)
    kept = ~forget.cpu().bool()
    radius = class_radius(f, labels.cpu(), kept)
    limit = 0.0 if isinstance(radius, Undefined) else COINCIDENT * radius
    members = _members(f, limit)
    for number, rows in enumerate(members):
        alone[rows] = number
    whole = _radius(f[kept]) if kept.any() else 0.0
    none = guard((whole == 0, "the kept samples have no width"))
    widths = tuple(none or _radius(f[rows]) / whole for rows in members)
    return Coincident(alone, radius, widths)


def class_radius(features: Tensor, labels: Tensor, kept: Tensor) -> float | Undefined:
    """Median over classes of the root mean square distance of kept samples to their class's mean.

    Where classes are forgotten these are the kept classes; where single samples are, all classes.

    Args:
        features: (n, d), finite.
        labels: (n,).
        kept: (n,) bool.
    """
    radii = [
        _radius(features[rows])
        for label in labels[kept].unique()
        if (rows := kept & (labels == label)).sum() >= 2
    ]
    none = guard((not radii, "no class has two kept samples here: there is no class radius"))
    return none or float(np.median(radii))


def _radius(features: Tensor) -> float:
    """Root mean square distance to the mean; of equal rows exactly 0: the first is taken off."""
    shifted = features - features[0]
    return (shifted - shifted.mean(0)).square().sum(1).mean().sqrt().item()


def _members(f: Tensor, limit: float) -> list[Tensor]:
    """Positions of each group of at least two, the largest group first, then by first member."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist

    found: list[Tensor] = []
    for rows in _candidates(f, limit):
        own = f[rows]
        # all this near to one of them: no two are further apart than the limit
        if (own - own[0]).norm(dim=1).max() <= limit / 2:
            found.append(rows)
            continue
        tree = linkage(pdist(own.numpy()), "complete")
        number = torch.from_numpy(fcluster(tree, limit, "distance"))
        parts = (rows[number == each] for each in number.unique())
        found += [part for part in parts if len(part) > 1]
    return sorted(found, key=lambda part: (-len(part), int(part[0])))


def _candidates(f: Tensor, limit: float) -> list[Tensor]:
    """Ascending positions of samples that are linked by steps within the limit, and a little more.

    No group reaches beyond one of these, so that only few samples enter a linkage.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(f)
    if n < 2:
        return []
    centred = f - f.mean(0)
    # the matrix product behind cdist loses half the digits
    slack = ROUNDING * centred.norm(dim=1).max().item()
    heads, tails = [], []
    for rows in torch.arange(n).split(max(1, 2**22 // n)):  # 32 MB at a time
        near = torch.cdist(centred[rows], centred) <= limit + slack
        near[torch.arange(len(rows)), rows] = False
        head, tail = near.nonzero(as_tuple=True)
        heads.append(rows[head])
        tails.append(tail)
    head, tail = torch.cat(heads).numpy(), torch.cat(tails).numpy()
    graph = coo_matrix((np.ones(len(head), bool), (head, tail)), shape=(n, n))
    count, part = connected_components(graph, directed=False)
    sizes = np.bincount(part, minlength=count)
    return [torch.from_numpy(np.flatnonzero(part == each)) for each in np.flatnonzero(sizes > 1)]
