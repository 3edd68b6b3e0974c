"""How far the forget features have contracted, in float64: a map cannot show it, numbers can."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..common.records import Undefined, guard
from ..results import Collapse

__all__ = ["collapse", "effective_rank"]


@torch.no_grad()
def collapse(features_forget: Tensor, features_retain: Tensor) -> Collapse:
    """Size, spread and dimension of the forget features beside the retain features.

    Args:
        features_forget: (n, d).
        features_retain: (m, d).

    Raises:
        ValueError: for features that are not matrices of one width.
    """
    if features_forget.dim() != 2 or features_retain.shape[1:] != features_forget.shape[1:]:
        raise ValueError(
            f"collapse wants (n, d) and (m, d) features, got {tuple(features_forget.shape)} and "
            f"{tuple(features_retain.shape)}"
        )
    forget = _size(features_forget, "forget")
    retain = _size(features_retain, "retain")
    return Collapse(
        norm_forget=forget.norm,
        norm_retain=retain.norm,
        norm_ratio=_ratio(forget.norm, retain.norm, "norm"),
        radius_forget=forget.radius,
        radius_retain=retain.radius,
        radius_ratio=_ratio(forget.radius, retain.radius, "radius"),
        variance=forget.radius if isinstance(forget.radius, Undefined) else forget.radius**2,
        effective_rank=_rank_of(features_forget, forget.radius),
    )


class _Size(NamedTuple):
    """Mean norm and radius of one part's features."""

    norm: float | Undefined
    radius: float | Undefined


def _size(features: Tensor, name: str) -> _Size:
    why = guard(
        (not len(features), f"there are no {name} samples"),
        (
            not features.isfinite().all(),
            f"the {name} features are not finite: the model diverged",
        ),
    )
    if why:
        return _Size(why, why)
    f = features.detach().to("cpu", torch.float64)
    radius = _centred(f).square().sum(1).mean().sqrt().item()
    return _Size(f.norm(dim=1).mean().item(), radius)


def _centred(features: Tensor) -> Tensor:
    """Features minus their mean; identical rows give exact zeros, since the first is taken off."""
    shifted = features - features[0]
    return shifted - shifted.mean(0)


def effective_rank(moments: Tensor) -> float:
    """exp(−Σ p log p) over the shares p of a second moment matrix's eigenvalues, (d, d) or (n, n).

    Roy & Vetterli 2007, EUSIPCO; between 1 and the size of the matrix, which must not be zero.
    """
    shares = torch.linalg.eigvalsh(moments).clamp_min(0)
    entropy: Tensor = torch.special.entr(shares / shares.sum()).sum()
    return entropy.exp().item()


def _rank_of(features: Tensor, radius: float | Undefined) -> float | Undefined:
    """`effective_rank` of features (n, d), of this radius."""
    if isinstance(radius, Undefined):
        return radius
    centred = _centred(features.detach().to("cpu", torch.float64))
    scale = centred.abs().max()
    if scale == 0:
        return Undefined("the forget features do not vary: rank is undefined at a point")
    centred = centred / scale  # squares of a collapsed model's features would underflow
    n, d = centred.shape
    gram = centred.T @ centred if n >= d else centred @ centred.T  # same non-zero eigenvalues
    return effective_rank(gram)


def _ratio(forget: float | Undefined, retain: float | Undefined, of: str) -> float | Undefined:
    if isinstance(forget, Undefined):
        return forget
    if isinstance(retain, Undefined):
        return retain
    return guard((retain == 0, f"the retain features' {of} is zero")) or forget / retain
