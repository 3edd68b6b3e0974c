"""Is the forgotten class a beacon? Out-of-distribution scores of forget against retain data.

A method can make the forgotten data unusable and thereby mark them: features at the origin, flat
predictions. Whoever watches the deployed model then sees what was deleted. Detectors of outliers,
made for exactly such inputs, measure it; the retrained model, to which the forgotten class is truly
new, says how conspicuous honest forgetting is.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..common.parts import Part
from ..common.records import Undefined, guard
from ..common.statistics import FEWEST
from ..data import Split
from ..results import Outliers, OutlierScores, PartEntropies
from ..tasks.classification import ModelOutputs
from .entropy import prediction_entropy

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


def fit_gaussians(features: Tensor, labels: Tensor) -> ClassGaussians | Undefined:
    """Class means and shared covariance (Lee et al. 2018, NeurIPS, arXiv 1807.03888).

    The covariance is shrunk towards a sphere by Ledoit and Wolf's rule (2004, J. Multivariate
    Analysis 88:365): directions that fitted data never take would otherwise cost nothing with a
    pseudo-inverse, and they are where outliers lie.

    Args:
        features: (n, d).
        labels: (n,) int64.

    Returns:
        The fit, or why there is none.
    """
    if len(features) < FEWEST:
        return Undefined(f"{len(features)} retain-train samples are fewer than {FEWEST}")
    from sklearn.covariance import ledoit_wolf

    f, classes = (
        features.detach().to("cpu", torch.float64),
        labels.cpu().unique(return_inverse=True)[1],
    )
    means = torch.stack([f[classes == c].mean(0) for c in range(int(classes.max()) + 1)])
    residual = f - means[classes]
    if residual.square().mean() <= (1e-15 * means.abs().max()) ** 2:  # rounding of means
        return Undefined(
            "the retain-train features do not vary within a class: no covariance exists"
        )
    covariance, shrinkage = ledoit_wolf(residual.numpy(), assume_centered=True)
    root, failed = torch.linalg.cholesky_ex(torch.from_numpy(covariance))
    if failed:
        return Undefined("the covariance of the retain-train features is singular")
    return ClassGaussians(means, root, float(shrinkage))


@torch.no_grad()
def outliers(outputs: ModelOutputs, split: Split) -> Outliers:
    """AUROC of four outlier scores, forget data against retain-test data, and mean entropies.

    Threat model: an observer who queries the deployed model and sees its features and logits, but
    knows no labels and no other model; for Mahalanobis he also holds the retain-train data.

    Args:
        outputs: what the model computed on the train and the test set.
        split: which samples are forgotten.

    Returns:
        Under `forget_test` and `forget_train`, each against retain-test, the AUROC (0..1; 1: every
        forget sample stands out, 0.5 is chance, below: it is *less* of an outlier than retain data)
        of

        * `energy`: −log Σ e^(z_i) (Liu et al. 2020, NeurIPS);
        * `max_softmax`: minus the largest probability (Hendrycks & Gimpel 2017, ICLR);
        * `feature_norm`: −‖f‖, since unknown inputs have short features;
        * `mahalanobis`: distance to the nearest retain class (see `fit_gaussians`); any class kept
          out of the fit lies far from it, so the original model's figure is high too.

        Forget-test is the clean figure: forget-train may differ from retain-test also by having
        been trained on.
    """
    kept = outputs.part("retain_train", split)
    fit = guard(
        (
            not kept.features.isfinite().all(),
            "the retain-train features are not finite: the model diverged",
        )
    ) or fit_gaussians(kept.features, kept.labels)
    names: tuple[Part, ...] = ("forget_train", "forget_test", "retain_test")
    parts = {name: outputs.part(name, split) for name in names}
    scores = {name: _scores(seen.features, seen.logits, fit) for name, seen in parts.items()}
    return Outliers(
        _against(scores["forget_test"], scores["retain_test"], "forget_test"),
        _against(scores["forget_train"], scores["retain_test"], "forget_train"),
        _entropies({name: seen.logits for name, seen in parts.items()}),
        fit if isinstance(fit, Undefined) else fit.shrinkage,
    )


def _scores(
    features: Tensor, logits: Tensor, fit: ClassGaussians | Undefined
) -> dict[str, Tensor | Undefined]:
    """Each score of n samples, the higher the stranger, (n,) float64; or why there is none."""
    found: dict[str, Tensor | Undefined] = {}
    if not logits.isfinite().all():
        found |= dict.fromkeys(("energy", "max_softmax"), Undefined("the logits are not finite"))
    else:
        z = logits.double()
        top = z.argmax(1, keepdim=True)
        # −log p = log(1 + Σ e^(z_j − z_top)): distinct even where p itself rounds to 1
        lead = (z - z.gather(1, top)).scatter(1, top, float("-inf"))
        found["energy"] = -z.logsumexp(1)
        found["max_softmax"] = lead.exp().sum(1).log1p()
    if logits.shape[1] < 2:
        found["max_softmax"] = Undefined("a model of one class is always sure")
    if not features.isfinite().all():
        why = Undefined("the features are not finite: the model diverged")
        return {**found, "feature_norm": why, "mahalanobis": why}
    found["feature_norm"] = -features.double().norm(dim=1)
    found["mahalanobis"] = fit if isinstance(fit, Undefined) else fit.distance(features)
    return found


def _against(
    forget: dict[str, Tensor | Undefined], retain: dict[str, Tensor | Undefined], name: str
) -> OutlierScores:
    return OutlierScores(
        **{score: _auroc(forget[score], retain[score], name) for score in OUTLIER_SCORES}
    )


def _auroc(forget: Tensor | Undefined, retain: Tensor | Undefined, name: str) -> float | Undefined:
    """Of the scores of the forget part called `name` against those of retain-test."""
    if isinstance(forget, Undefined):
        return forget
    if isinstance(retain, Undefined):
        return retain
    sides = {name: forget, "retain_test": retain}
    why = guard(
        *(
            condition
            for side, score in sides.items()
            for condition in (
                (len(score) < FEWEST, f"{len(score)} {side} samples are fewer than {FEWEST}"),
                (not score.isfinite().all(), f"the score is not finite on {side}"),
            )
        )
    )
    if why:
        return why
    if min(forget.min(), retain.min()) == max(forget.max(), retain.max()):
        return Undefined("all samples have the same score: there is nothing to rank")
    from sklearn.metrics import roc_auc_score

    strange = torch.arange(len(forget) + len(retain)) < len(forget)
    return float(roc_auc_score(strange.numpy(), torch.cat([forget, retain]).numpy()))


def _entropies(logits: dict[Part, Tensor]) -> PartEntropies:
    """Mean entropy of each part's predictions in nats."""
    uniform = math.log(next(iter(logits.values())).shape[1])
    return PartEntropies(uniform, **{name: _entropy(z) for name, z in logits.items()})


def _entropy(logits: Tensor) -> float | Undefined:
    why = guard(
        (len(logits) < FEWEST, f"{len(logits)} samples are fewer than {FEWEST}"),
        (not logits.isfinite().all(), "the logits are not finite: the model diverged"),
    )
    return why or prediction_entropy(logits).mean().item()
