"""How far the forget features have contracted, in float64: a map cannot show it, numbers can."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["collapse", "effective_rank"]


@torch.no_grad()
def collapse(features_forget: Tensor, features_retain: Tensor) -> dict[str, Any]:
    """Size, spread and dimension of the forget features beside the retain features.

    Args:
        features_forget: (n, d).
        features_retain: (m, d).

    Returns:
        JSON-ready, each a number or None; `reason` says why, by name.

        * `norm_forget`, `norm_retain`: mean ‖f‖; `norm_ratio`: the first over the second.
        * `radius_forget`, `radius_retain`: root mean square distance to the own centroid;
          `radius_ratio`: the first over the second.
        * `variance`: total variance of the forget features, `radius_forget` squared.
        * `effective_rank`: of the forget features' covariance, exp of the entropy of its
          eigenvalues' shares (Roy & Vetterli 2007, EUSIPCO), between 1 and d.

    Raises:
        ValueError: for features that are not matrices of one width.
    """
    if features_forget.dim() != 2 or features_retain.shape[1:] != features_forget.shape[1:]:
        raise ValueError(
            f"collapse wants (n, d) and (m, d) features, got {tuple(features_forget.shape)} and "
            f"{tuple(features_retain.shape)}"
        )
    values: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    for name, features in (("forget", features_forget), ("retain", features_retain)):
        why = _unusable(features, name)
        if why:
            values[f"norm_{name}"] = values[f"radius_{name}"] = None
            reasons[f"norm_{name}"] = reasons[f"radius_{name}"] = why
            continue
        f = features.detach().to("cpu", torch.float64)
        values[f"norm_{name}"] = f.norm(dim=1).mean().item()
        centred = _centred(f)
        values[f"radius_{name}"] = centred.square().sum(1).mean().sqrt().item()
        if name == "forget":
            values["effective_rank"] = _rank_of(centred)
    for kind in ("norm", "radius"):
        values[f"{kind}_ratio"], why = _ratio(values, reasons, kind)
        if why:
            reasons[f"{kind}_ratio"] = why
    radius = values["radius_forget"]
    values["variance"] = None if radius is None else radius**2
    values.setdefault("effective_rank", None)
    if radius is None:
        reasons["variance"] = reasons["effective_rank"] = reasons["radius_forget"]
    elif values["effective_rank"] is None:
        reasons["effective_rank"] = "the forget features do not vary: rank is undefined at a point"
    return {**values, **({"reason": reasons} if reasons else {})}


def _unusable(features: Tensor, name: str) -> str | None:
    if not len(features):
        return f"there are no {name} samples"
    if not features.isfinite().all():
        return f"the {name} features are not finite: the model diverged"
    return None


def _centred(features: Tensor) -> Tensor:
    """Features minus their mean; identical rows give exact zeros, since the first is taken off."""
    shifted = features - features[0]
    return shifted - shifted.mean(0)


def effective_rank(moments: Tensor) -> float:
    """exp(−Σ p log p) over the shares p of a second moment matrix's eigenvalues, (d, d) or (n, n).

    Roy & Vetterli 2007, EUSIPCO; between 1 and the size of the matrix, which must not be zero.
    """
    shares = torch.linalg.eigvalsh(moments).clamp_min(0)
    return torch.special.entr(shares / shares.sum()).sum().exp().item()


def _rank_of(centred: Tensor) -> float | None:
    """`effective_rank` of centred features (n, d); None where they do not vary."""
    scale = centred.abs().max()
    if scale == 0:
        return None
    centred = centred / scale  # squares of a collapsed model's features would underflow
    n, d = centred.shape
    gram = centred.T @ centred if n >= d else centred @ centred.T  # same non-zero eigenvalues
    return effective_rank(gram)


def _ratio(
    values: dict[str, float | None], reasons: dict[str, str], kind: str
) -> tuple[float | None, str | None]:
    forget, retain = values[f"{kind}_forget"], values[f"{kind}_retain"]
    if forget is None or retain is None:
        return None, reasons.get(f"{kind}_forget") or reasons[f"{kind}_retain"]
    if retain == 0:
        return None, f"the retain features' {kind} is zero"
    return forget / retain, None
