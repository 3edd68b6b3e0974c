"""What an attacker reads off a prediction to guess membership, in float64 and without saturation.

A trained model is sure of its training data: softmax rounds to 1, log(1 − p) to −∞, and the most
telling samples tie. Everything here is therefore derived from the log-odds of each class,

    o_i = log(p_i / (1 − p_i)) = z_i − log Σ_{j≠i} e^(z_j),

for then log p_i = log σ(o_i) and log(1 − p_i) = log σ(−o_i) are exact however sure the model is.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

__all__ = [
    "ALIKE",
    "MEMBER_SCORES",
    "alike",
    "log_odds",
    "member_scores",
    "modified_entropy",
    "of_label",
    "scaled_confidence",
]

MEMBER_SCORES = ("loss", "max_softmax", "entropy", "modified_entropy", "margin")
ALIKE = "the model answers all these samples alike: only their labels differ"


def alike(*logits: Tensor) -> bool:
    """Whether all samples get the same logits; scores then tell labels apart, not members."""
    first = next((z[0] for z in logits if len(z)), None)
    return first is not None and all(bool((z == first).all()) for z in logits)


def log_odds(logits: Tensor) -> Tensor:
    """o_i = z_i − log Σ_{j≠i} e^(z_j) of every class, (n, C) -> (n, C) float64 on the CPU.

    Raises:
        ValueError: for logits that are not a matrix, have fewer than two classes or are not finite.
    """
    if logits.dim() != 2 or logits.shape[1] < 2:
        raise ValueError(
            f"membership wants (n, C) logits of at least 2 classes, got {tuple(logits.shape)}"
        )
    z = logits.detach().to("cpu", torch.float64)
    if not z.isfinite().all():
        raise ValueError("membership: some logits are NaN or infinite; the model diverged")
    top = z.argmax(1, keepdim=True)
    total = z.logsumexp(1, keepdim=True)
    # 1 − p cancels for the likeliest class only: the others have p <= 1/2
    others = total + torch.log1p(-(z - total).exp().scatter(1, top, 0.0))
    beside = z.scatter(1, top, float("-inf")).logsumexp(1, keepdim=True)
    return z - others.scatter(1, top, beside)


def scaled_confidence(logits: Tensor, labels: Tensor) -> Tensor:
    """log(p_y / (1 − p_y)) of the true class, (n,) float64: close to normal over models.

    The statistic of LiRA (Carlini et al. 2022, IEEE S&P, arXiv 2112.03570).

    Raises:
        ValueError: for logits or labels that cannot be used.
    """
    return of_label(log_odds(logits), labels)


def modified_entropy(odds: Tensor, labels: Tensor) -> Tensor:
    """Mentr = −(1 − p_y)·log p_y − Σ_{i≠y} p_i·log(1 − p_i), (n,), from `log_odds`.

    Entropy that knows the label: nil only for a sure and right answer (Song & Mittal 2021, USENIX
    Security, arXiv 2003.10595).
    """
    sure, unsure = logsigmoid(odds), logsigmoid(-odds)  # log p, log(1 − p)
    terms = sure.exp() * unsure
    own = of_label(unsure, labels).exp() * of_label(sure, labels)
    return -(terms.scatter(1, labels.cpu()[:, None], 0.0).sum(1) + own)


def member_scores(logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Five scores of n samples; the higher, the more like a member.

    Args:
        logits: (n, C).
        labels: (n,) int64, the true classes.

    Returns:
        (n,) float64 under each name of `MEMBER_SCORES`:

        * `loss`: log p_y, minus the cross-entropy (Yeom et al. 2018, CSF). Confidence in the true
          class has the same order, so the same ROC curve.
        * `max_softmax`: log of the largest p_i; needs no label (Salem et al. 2019, NDSS).
        * `entropy`: minus the entropy of p; needs no label.
        * `modified_entropy`: minus `modified_entropy`.
        * `margin`: z_y − max_{j≠y} z_j.

    Raises:
        ValueError: for logits or labels that cannot be used.
    """
    odds = log_odds(logits)
    log_p = logsigmoid(odds)
    z = logits.detach().to("cpu", torch.float64)
    runner_up = z.scatter(1, labels.cpu()[:, None], float("-inf")).amax(1)
    return {
        "loss": of_label(log_p, labels),
        "max_softmax": log_p.amax(1),
        "entropy": (log_p.exp() * log_p).sum(1),
        "modified_entropy": -modified_entropy(odds, labels),
        "margin": of_label(z, labels) - runner_up,
    }


def of_label(values: Tensor, labels: Tensor) -> Tensor:
    """The true class's column of each row, (n, C) -> (n,).

    Raises:
        ValueError: for labels of another number or outside 0..C−1.
    """
    n, classes = values.shape
    if tuple(labels.shape) != (n,):
        raise ValueError(f"membership: {n} samples want ({n},) labels, got {tuple(labels.shape)}")
    if n and not (int(labels.min()) >= 0 and int(labels.max()) < classes):
        raise ValueError(f"membership: labels must lie in 0..{classes - 1}")
    return values.gather(1, labels.cpu()[:, None])[:, 0]
