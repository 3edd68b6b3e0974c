"""Why small logits mean uncertainty: entropy of a prediction against the norm of its logits.

A softmax does not see a constant added to all logits, so only the centred logits z − mean(z) count.
Among all centred logits of norm r the surest prediction raises one class above all others evenly,
and its entropy H_min(r) bounds all others from below: contraction to the origin forces uncertainty
(OPC, arXiv 2507.07754).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..common import entropy_bound

__all__ = [
    "EntropyView",
    "centred_norm",
    "entropy_view",
    "least_entropy",
    "prediction_entropy",
]


class EntropyView(NamedTuple):
    """Every sample of a model on the bound; each (N,) float64.

    Attributes:
        norm: of the centred logits, >= 0.
        entropy: of the prediction in nats, between `bound` and log C.
        bound: the least entropy that logits of this norm can have.
    """

    norm: Tensor
    entropy: Tensor
    bound: Tensor


@torch.no_grad()
def entropy_view(logits: Tensor) -> EntropyView:
    """Norm, entropy and bound of every sample, from logits (N, C).

    Raises:
        ValueError: for logits that are not a finite (N, C) matrix with C >= 2.
    """
    if logits.dim() != 2 or logits.shape[1] < 2:
        raise ValueError(f"entropy_view wants (N, C) logits, C >= 2, got {tuple(logits.shape)}")
    if not logits.isfinite().all():
        raise ValueError("entropy_view: the logits are not finite; the model diverged")
    norm = centred_norm(logits)
    return EntropyView(norm, prediction_entropy(logits), least_entropy(norm, logits.shape[1]))


def prediction_entropy(logits: Tensor) -> Tensor:
    """Entropy of softmax in nats, (N, C) -> (N,) float64, between 0 and log C."""
    log_p = logits.to("cpu", torch.float64).log_softmax(1)
    return -(log_p.exp() * log_p).sum(1)


def centred_norm(logits: Tensor) -> Tensor:
    """Euclidean norm of the logits minus their mean over classes, (N, C) -> (N,) float64."""
    z = logits.to("cpu", torch.float64)
    norm: Tensor = (z - z.mean(1, keepdim=True)).norm(dim=1)
    return norm


def least_entropy(norm: Tensor | float, classes: int) -> Tensor:
    """The bound of `common.entropy_bound` for tensors: float64, of the norm's shape.

    Raises:
        ValueError: for fewer than two classes or a negative norm.
    """
    r = torch.as_tensor(norm).detach().to("cpu", torch.float64)
    return torch.as_tensor(entropy_bound.least_entropy(r.numpy(), classes))
