"""Membership inference: can it be told that the forget samples were ever trained on?

Two families that need the unlearned model alone: SalUn's support vector machines, which learn what
a member looks like from retained and unseen data (`membership_svc`), and thresholds on one score,
here. Attacks from reference models are in `lira`, `rmia` and `shadows`.

A score that ranks forget samples *below* unseen ones (AUC < 0.5) betrays them as well as one that
ranks them above: over-forgotten data stand out. Indistinguishable means 0.5, and what retraining
gives is read off the retrained model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ...common.parts import Part, side_of
from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...data import Split
from ...results import MembershipResult, SvcScore, SvcScores, ThresholdScores
from ...tasks.classification import ModelOutputs
from .roc import no_roc, roc_report
from .scores import ALIKE, MEMBER_SCORES, alike, member_scores, scaled_confidence
from .settings import Membership
from .svc import SVC_SCORES, ShadowThreat, svc_attack

__all__ = [
    "MEMBER_SCORES",
    "SVC_SCORES",
    "ThresholdThreat",
    "membership",
    "scaled_confidence",
    "threshold_attacks",
]

MAX_LABEL_SHIFT = 0.1  # total variation between label shares from which on a note is due


@dataclass(frozen=True, eq=False)
class ThresholdThreat:
    """Threat model: the attacker queries the unlearned model alone and knows the true labels.

    He is handed a forget sample or an unseen one of the same distribution, and accuses it of
    membership if one score exceeds a threshold. Budget: one query a sample, no training.

    Attributes:
        members: (m, C) logits and (m,) labels of forget-train samples.
        nonmembers: the same of unseen samples.
    """

    members: tuple[Tensor, Tensor]
    nonmembers: tuple[Tensor, Tensor]


@torch.no_grad()
def membership(
    outputs: ModelOutputs,
    split: Split,
    config: Membership | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> MembershipResult:
    """Run the SVC and the threshold attacks on one model.

    Args:
        outputs: what the model computed on the train and the test set; only logits are used.
        split: which samples are forgotten.
        config: sizes and rates.
        seed: of the draw of samples that the SVCs learn from.
        progress: asked between attacks whether to stop.

    Returns:
        `svc` (see `svc_attack`: forget-train judged after learning from retain-train against
        retain-test, which for forgotten samples is the whole test set) and `thresholds` (see
        `threshold_attacks`) against forget-test where classes are forgotten, the test set where
        samples are.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or Membership(), progress or Progress()
    against: Part = "forget_test" if split.classes else "retain_test"
    why = _no_score(outputs)
    if why:
        return MembershipResult(
            SvcScores(None, **dict.fromkeys(SVC_SCORES, SvcScore.undefined(why))),
            _thresholds(dict.fromkeys(MEMBER_SCORES, no_roc(why)), against=against),
        )

    def part(name: Part) -> tuple[Tensor, Tensor]:
        """Logits and labels, on the CPU."""
        seen, rows = outputs.side(side_of(name)), split.part(name).cpu()
        return seen.logits.detach().cpu()[rows], seen.labels.cpu()[rows]

    shadow = ShadowThreat(part("retain_train"), part("retain_test"), part("forget_train"))
    svc = svc_attack(shadow, limit=config.shadow, seed=seed, progress=progress)
    progress.check()
    threat = ThresholdThreat(part("forget_train"), part(against))
    return MembershipResult(svc, replace(threshold_attacks(threat, config), against=against))


def threshold_attacks(threat: ThresholdThreat, config: Membership | None = None) -> ThresholdScores:
    """ROC curve of each of five scores (see `member_scores`), members against non-members.

    Returns:
        A report for each of `MEMBER_SCORES`; a `note` warns of members and non-members of different
        classes, where an AUC may tell classes apart.

    Raises:
        ValueError: for logits or labels that cannot be used.
    """
    config = config or Membership()
    labels = [part[1].cpu() for part in (threat.members, threat.nonmembers)]
    shift = _label_shift(*labels)
    note = None
    if shift is not None and shift > MAX_LABEL_SHIFT:
        note = (
            f"members and non-members are of different classes (total variation {shift:.2f} of "
            "their label shares): part of an AUC may tell classes apart, not members"
        )
    members, nonmembers = member_scores(*threat.members), member_scores(*threat.nonmembers)
    if alike(threat.members[0], threat.nonmembers[0]):
        reports = dict.fromkeys(MEMBER_SCORES, no_roc(Undefined(ALIKE)))
    else:
        reports = {
            name: roc_report(members[name], nonmembers[name], config.rates, config.points)
            for name in MEMBER_SCORES
        }
    return _thresholds(reports, members=len(labels[0]), nonmembers=len(labels[1]), note=note)


def _thresholds(reports: dict[str, Any], **about: Any) -> ThresholdScores:
    """The reports of all `MEMBER_SCORES`, and what else is known of them."""
    return ThresholdScores(**reports, **about)


def _no_score(outputs: ModelOutputs) -> Undefined | None:
    """Why no score exists, if so; a diverged method is a result, not an error."""
    finite = all(seen.logits.isfinite().all() for seen in (outputs.train, outputs.test))
    return guard(
        (outputs.train.logits.shape[1] == 1, "a model of one class is always sure"),
        (not finite, "the logits are not finite: the model diverged"),
    )


def _label_shift(a: Tensor, b: Tensor) -> float | None:
    """Total variation distance of two sets of labels' shares, 0..1; None if one is empty."""
    if not len(a) or not len(b):
        return None
    classes = int(max(a.max(), b.max())) + 1
    shares = [part.bincount(minlength=classes).double() / len(part) for part in (a, b)]
    return (shares[0] - shares[1]).abs().sum().item() / 2
