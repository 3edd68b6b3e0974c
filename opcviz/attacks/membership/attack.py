"""Membership inference: can it be told that the forget samples were ever trained on?

Two families that need the unlearned model alone: SalUn's support vector machines, which learn what
a member looks like from retained and unseen data (`membership_svc`), and thresholds on one score,
here. The likelihood-ratio attack from reference models is in `membership_reference`.

A score that ranks forget samples *below* unseen ones (AUC < 0.5) betrays them as well as one that
ranks them above: over-forgotten data stand out. Indistinguishable means 0.5, and what retraining
gives is read off the retrained model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ...common.progress import Progress
from .lira import References, forget_references, reference_attack
from .roc import no_roc, roc_report
from .scores import ALIKE, MEMBER_SCORES, alike, member_scores, scaled_confidence
from .settings import Membership
from .svc import SVC_SCORES, ShadowThreat, no_verdict, svc_attack

if TYPE_CHECKING:
    from ...data import Split
    from ...tasks.classification import ModelOutputs, Observation

__all__ = [
    "MEMBER_SCORES",
    "SVC_SCORES",
    "References",
    "ThresholdThreat",
    "forget_references",
    "membership",
    "reference_attack",
    "scaled_confidence",
    "threshold_attacks",
]

UNEVEN = 0.1  # total variation between label shares from which on a note is due


@dataclass(frozen=True, eq=False)
class ThresholdThreat:
    """Threat model: the attacker queries the unlearned model alone and knows the true labels.

    He is handed a forget sample or an unseen one of the same distribution, and accuses it of
    membership if one score exceeds a threshold.

    Attributes:
        members: (m, C) logits and (m,) labels of forget-train samples.
        nonmembers: the same of unseen samples.
    """

    members: tuple[Tensor, Tensor]
    nonmembers: tuple[Tensor, Tensor]


@torch.no_grad()
def membership(
    views: ModelOutputs,
    split: Split,
    config: Membership | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run the SVC and the threshold attacks on one model.

    Args:
        views: what the model computed on the train and the test set; only logits are used.
        split: which samples are forgotten.
        config: sizes and rates.
        seed: of the draw of samples that the SVCs learn from.
        progress: asked between attacks whether to stop.

    Returns:
        JSON-ready: `svc` (see `svc_attack`: forget-train judged after learning from retain-train
        against retain-test, which for forgotten samples is the whole test set) and `thresholds`
        (see `threshold_attacks`), with `against`, the part of the data that stands for
        non-members: forget-test where classes are forgotten, the test set where samples are.
        What cannot be computed is None with a `reason`.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or Membership(), progress or Progress()
    parts = {
        name: _rows(getattr(views, name.rpartition("_")[2]), getattr(split, name))
        for name in ("forget_train", "retain_train", "forget_test", "retain_test")
    }
    against = "forget_test" if split.classes else "retain_test"
    why = _hopeless(views)
    if why:
        return {
            "svc": {"shadow": None, **{name: no_verdict(why) for name in SVC_SCORES}},
            "thresholds": {"against": against, **{name: no_roc(why) for name in MEMBER_SCORES}},
        }
    shadow = ShadowThreat(parts["retain_train"], parts["retain_test"], parts["forget_train"])
    found = svc_attack(shadow, limit=config.shadow, seed=seed, progress=progress)
    progress.check()
    threat = ThresholdThreat(parts["forget_train"], parts[against])
    return {"svc": found, "thresholds": {"against": against, **threshold_attacks(threat, config)}}


def threshold_attacks(threat: ThresholdThreat, config: Membership | None = None) -> dict[str, Any]:
    """ROC curve of each of five scores (see `member_scores`), members against non-members.

    Returns:
        JSON-ready: `members` and `nonmembers`, how many; under each of `MEMBER_SCORES` `auc`
        (0..1; chance 0.5), `auc_interval` (95 %), `tpr_at_fpr` (share of members found, by false
        positive rate; chance is the rate itself) and `roc` for drawing. What the samples cannot
        resolve is None, and `reason` says why, by name. A `note` warns of members and non-members
        of different classes, where an AUC may tell classes apart.

    Raises:
        ValueError: for logits or labels that cannot be used.
    """
    config = config or Membership()
    inside, outside = member_scores(*threat.members), member_scores(*threat.nonmembers)
    labels = [part[1].cpu() for part in (threat.members, threat.nonmembers)]
    result: dict[str, Any] = {"members": len(labels[0]), "nonmembers": len(labels[1])}
    uneven = _uneven(*labels)
    if uneven is not None and uneven > UNEVEN:
        result["note"] = (
            f"members and non-members are of different classes (total variation {uneven:.2f} of "
            "their label shares): part of an AUC may tell classes apart, not members"
        )
    if alike(threat.members[0], threat.nonmembers[0]):
        return result | {name: no_roc(ALIKE) for name in MEMBER_SCORES}
    for name in MEMBER_SCORES:
        result[name] = roc_report(inside[name], outside[name], config.rates, config.points)
    return result


def _rows(seen: Observation, index: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and labels of one part of the data, on the CPU."""
    rows = index.cpu()
    return seen.logits.detach().cpu()[rows], seen.labels.cpu()[rows]


def _hopeless(views: ModelOutputs) -> str | None:
    """Why no score exists, if so; a diverged method is a result, not an error."""
    if views.train.logits.shape[1] == 1:
        return "a model of one class is always sure"
    if not all(seen.logits.isfinite().all() for seen in (views.train, views.test)):
        return "the logits are not finite: the model diverged"
    return None


def _uneven(a: Tensor, b: Tensor) -> float | None:
    """Total variation distance of two sets of labels' shares, 0..1; None if one is empty."""
    if not len(a) or not len(b):
        return None
    classes = int(max(a.max(), b.max())) + 1
    shares = [part.bincount(minlength=classes).double() / len(part) for part in (a, b)]
    return (shares[0] - shares[1]).abs().sum().item() / 2
