"""The measures once more, from their formulas, in plain NumPy and scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def percent_right(logits: np.ndarray, labels: np.ndarray) -> float:
    return 100 * float((logits.argmax(1) == labels).mean())


def balanced(answers: np.ndarray, labels: np.ndarray) -> float:
    """Mean recall over the classes that occur."""
    return 100 * float(np.mean([(answers[labels == c] == c).mean() for c in np.unique(labels)]))


def spread(features: np.ndarray) -> float:
    """Root mean square distance to the centroid."""
    return float(np.sqrt(((features - features.mean(0)) ** 2).sum(1).mean()))


def length(features: np.ndarray) -> float:
    return float(np.linalg.norm(features, axis=1).mean())


def effective_rank(features: np.ndarray) -> float:
    shares = np.linalg.svd(features - features.mean(0), compute_uv=False) ** 2
    shares = shares[shares > 0] / shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def cka(a: np.ndarray, b: np.ndarray) -> float:
    """‖AᵀB‖² / (‖AᵀA‖ ‖BᵀB‖) of centred features."""
    a, b = a - a.mean(0), b - b.mean(0)
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    norm = np.linalg.norm
    return float(norm(a.T @ b) ** 2 / (norm(a.T @ a) * norm(b.T @ b)))


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def kl(p: np.ndarray, q: np.ndarray) -> float:
    """Mean over samples of KL(p ‖ q) in nats."""
    return float((p * (np.log(p) - np.log(q))).sum(1).mean())


def js(p: np.ndarray, q: np.ndarray) -> float:
    middle = (p + q) / 2
    return (kl(p, middle) + kl(q, middle)) / 2


def loss(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Cross-entropy of each sample."""
    top = logits.max(1)
    whole = top + np.log(np.exp(logits - top[:, None]).sum(1))
    return whole - logits[np.arange(len(labels)), labels]


def energy(logits: np.ndarray) -> np.ndarray:
    """−log Σ exp z."""
    top = logits.max(1)
    return -(top + np.log(np.exp(logits - top[:, None]).sum(1)))


def scaled_confidence(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """log(p_y / (1 − p_y)), of the label's logit against all others together."""
    mine = logits[np.arange(len(labels)), labels]
    others = logits.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return mine + energy(others)


def auc(high: np.ndarray, low: np.ndarray) -> float:
    """Chance that a score of `high` exceeds one of `low`, ties counting half."""
    apart = high[:, None] - low[None]
    return float((apart > 0).mean() + (apart == 0).mean() / 2)


def line_apart(forget: np.ndarray, others: np.ndarray) -> float:
    """Mean AUC over five folds of a linear judge."""
    x = np.concatenate([forget, others])
    y = (np.arange(len(x)) < len(forget)).astype(int)
    found = []
    for learn, test in StratifiedKFold(5, shuffle=True, random_state=0).split(x, y):
        judge = make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=1000, class_weight="balanced")
        ).fit(x[learn], y[learn])
        score = judge.predict_proba(x[test])[:, 1]
        found.append(auc(score[y[test] == 1], score[y[test] == 0]))
    return float(np.mean(found))


def affine(inputs: np.ndarray, targets: np.ndarray, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """argmin ‖F·W + b − T‖² + ρ·trace(FᵀF)/d·‖W‖², F centred, b free: W (d, C), b (C,)."""
    mean, aim = inputs.mean(0), targets.mean(0)
    f, t = inputs - mean, targets - aim
    if ridge:
        penalty = ridge * np.trace(f.T @ f) / f.shape[1]
        weight = np.linalg.solve(f.T @ f + penalty * np.eye(f.shape[1]), f.T @ t)
    else:
        weight = np.linalg.lstsq(f, t, rcond=None)[0]
    return weight, aim - mean @ weight


def aligned(points: np.ndarray, reference: np.ndarray) -> float:
    """1 where no rotation or mirroring brings points nearer to the reference, less otherwise."""
    product = points.T @ reference
    return float(np.trace(product) / np.linalg.svd(product, compute_uv=False).sum())
