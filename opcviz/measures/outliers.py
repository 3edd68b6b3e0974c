"""Is the forgotten class a beacon? Out-of-distribution scores of forget against retain data.

A method can make the forgotten data unusable and thereby mark them: features at the origin, flat
predictions. Whoever watches the deployed model then sees what was deleted. Detectors of outliers,
made for exactly such inputs, measure it; the retrained model, to which the forgotten class is truly
new, says how conspicuous honest forgetting is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from ..common.statistics import FEWEST
from .entropy import prediction_entropy

if TYPE_CHECKING:
    from ..data import Split
    from ..tasks.classification import ModelOutputs, Observation

__all__ = ["OUTLIER_SCORES", "ClassGaussians", "fit_gaussians", "outliers"]

OUTLIER_SCORES = ("energy", "max_softmax", "feature_norm", "mahalanobis")
CHUNK = 8192  # rows whitened at once


class ClassGaussians(NamedTuple):
    """One Gaussian a class with a common covariance.

    Attributes:
        means: (K, d) float64, of the classes present.
        root: (d, d) float64, lower triangular Cholesky factor of the covariance.
        shrinkage: weight of the sphere in the covariance, 0..1.
    """

    means: Tensor
    root: Tensor
    shrinkage: float

    def distance(self, features: Tensor) -> Tensor:
        """Mahalanobis distance to the nearest class mean, (n, d) -> (n,) float64."""
        means = torch.linalg.solve_triangular(self.root, self.means.T, upper=False).T
        found = [features.new_empty(0, dtype=torch.float64, device="cpu")]
        for part in features.detach().split(CHUNK):
            rows = part.to("cpu", torch.float64).T
            white = torch.linalg.solve_triangular(self.root, rows, upper=False).T
            found.append(
                torch.cdist(white, means, compute_mode="donot_use_mm_for_euclid_dist").amin(1)
            )
        return torch.cat(found)


def fit_gaussians(features: Tensor, labels: Tensor) -> ClassGaussians | str:
    """Class means and shared covariance (Lee et al. 2018, NeurIPS, arXiv 1807.03888).

    The covariance is shrunk towards a sphere by Ledoit and Wolf's rule (2004, J. Multivariate
    Analysis 88:365): directions that fitted data never take would otherwise cost nothing with a
    pseudo-inverse, and they are where outliers lie.

    Args:
        features: (n, d).
        labels: (n,) int64.

    Returns:
        The fit, or a sentence that says why there is none.
    """
    if len(features) < FEWEST:
        return f"{len(features)} retain-train samples are fewer than {FEWEST}"
    from sklearn.covariance import ledoit_wolf

    f, classes = (
        features.detach().to("cpu", torch.float64),
        labels.cpu().unique(return_inverse=True)[1],
    )
    means = torch.stack([f[classes == c].mean(0) for c in range(int(classes.max()) + 1)])
    residual = f - means[classes]
    if residual.square().mean() <= (1e-15 * means.abs().max()) ** 2:  # rounding of means
        return "the retain-train features do not vary within a class: no covariance exists"
    covariance, shrinkage = ledoit_wolf(residual.numpy(), assume_centered=True)
    root, failed = torch.linalg.cholesky_ex(torch.from_numpy(covariance))
    if failed:
        return "the covariance of the retain-train features is singular"
    return ClassGaussians(means, root, float(shrinkage))


@torch.no_grad()
def outliers(views: ModelOutputs, split: Split) -> dict[str, Any]:
    """AUROC of four outlier scores, forget data against retain-test data, and mean entropies.

    Threat model: an observer who queries the deployed model and sees its features and logits, but
    knows no labels and no other model; for Mahalanobis he also holds the retain-train data.

    Args:
        views: what the model computed on the train and the test set.
        split: which samples are forgotten.

    Returns:
        JSON-ready. Under `forget_test` and `forget_train`, each against retain-test, the AUROC
        (0..1; 1: every forget sample stands out, 0.5 is chance, below: it is *less* of an outlier
        than retain data) of

        * `energy`: −log Σ e^(z_i) (Liu et al. 2020, NeurIPS);
        * `max_softmax`: minus the largest probability (Hendrycks & Gimpel 2017, ICLR);
        * `feature_norm`: −‖f‖, since unknown inputs have short features;
        * `mahalanobis`: distance to the nearest retain class (see `fit_gaussians`); any class kept
          out of the fit lies far from it, so the original model's figure is high too;

        and `samples`, forget and retain. Forget-test is the clean figure: forget-train may differ
        from retain-test also by having been trained on. Under `entropy` the mean predictive
        entropy in nats of the parts and `uniform`, log C, the most there can be; `shrinkage` of
        the covariance. What cannot be computed is None, and `reason` says why, by name.
    """
    parts = {
        name: _rows(getattr(views, name.rpartition("_")[2]), getattr(split, name))
        for name in ("forget_train", "forget_test", "retain_train", "retain_test")
    }
    kept_features, _, kept_labels = parts.pop("retain_train")
    fit: ClassGaussians | str = "the retain-train features are not finite: the model diverged"
    if kept_features.isfinite().all():
        fit = fit_gaussians(kept_features, kept_labels)
    scores = {name: _scores(features, z, fit) for name, (features, z, _) in parts.items()}
    result: dict[str, Any] = {
        name: _against(scores[name], scores["retain_test"], name)
        for name in ("forget_test", "forget_train")
    }
    result["entropy"] = _entropies({name: part[1] for name, part in parts.items()})
    result["shrinkage"] = None if isinstance(fit, str) else fit.shrinkage
    return result | ({"reason": {"shrinkage": fit}} if isinstance(fit, str) else {})


def _rows(seen: Observation, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Features, logits and labels of one part of the data, on the CPU."""
    rows = index.cpu()
    features, logits, labels = seen.features, seen.logits, seen.labels
    return features.detach().cpu()[rows], logits.detach().cpu()[rows], labels.cpu()[rows]


def _scores(features: Tensor, logits: Tensor, fit: ClassGaussians | str) -> dict[str, Tensor | str]:
    """Each score of n samples, the higher the stranger, (n,) float64; or why there is none."""
    found: dict[str, Tensor | str] = {}
    if not logits.isfinite().all():
        found |= dict.fromkeys(("energy", "max_softmax"), "the logits are not finite")
    else:
        z = logits.double()
        top = z.argmax(1, keepdim=True)
        # −log p = log(1 + Σ e^(z_j − z_top)): distinct even where p itself rounds to 1
        lead = (z - z.gather(1, top)).scatter(1, top, float("-inf"))
        found["energy"] = -z.logsumexp(1)
        found["max_softmax"] = lead.exp().sum(1).log1p()
    if logits.shape[1] < 2:
        found["max_softmax"] = "a model of one class is always sure"
    if not features.isfinite().all():
        return found | dict.fromkeys(
            ("feature_norm", "mahalanobis"), "the features are not finite: the model diverged"
        )
    found["feature_norm"] = -features.double().norm(dim=1)
    found["mahalanobis"] = fit if isinstance(fit, str) else fit.distance(features)
    return found


def _against(
    forget: dict[str, Tensor | str], retain: dict[str, Tensor | str], name: str
) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    result: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for score in OUTLIER_SCORES:
        a, b = forget[score], retain[score]
        result[score] = None
        why = _unusable(a, name) or _unusable(b, "retain_test")
        if why is None and min(a.min(), b.min()) == max(a.max(), b.max()):
            why = "all samples have the same score: there is nothing to rank"
        if why:
            reasons[score] = why
            continue
        strange = torch.arange(len(a) + len(b)) < len(a)
        result[score] = float(roc_auc_score(strange.numpy(), torch.cat([a, b]).numpy()))
    return result | ({"reason": reasons} if reasons else {})


def _unusable(score: Tensor | str, name: str) -> str | None:
    if isinstance(score, str):
        return score
    if len(score) < FEWEST:
        return f"{len(score)} {name} samples are fewer than {FEWEST}"
    if not score.isfinite().all():
        return f"the score is not finite on {name}"
    return None


def _entropies(logits: dict[str, Tensor]) -> dict[str, Any]:
    """Mean entropy of each part's predictions in nats."""
    result: dict[str, Any] = {"uniform": math.log(next(iter(logits.values())).shape[1])}
    reasons: dict[str, str] = {}
    for name, z in logits.items():
        result[name] = None
        if len(z) < FEWEST:
            reasons[name] = f"{len(z)} samples are fewer than {FEWEST}"
        elif not z.isfinite().all():
            reasons[name] = "the logits are not finite: the model diverged"
        else:
            result[name] = prediction_entropy(z).mean().item()
    return result | ({"reason": reasons} if reasons else {})
