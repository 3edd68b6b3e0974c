"""LiRA: does a model answer the forget data like an original, or like a retrained model?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...attacks.membership import ReferenceAttack
from ...common.json_types import Json
from ...common.records import defined
from ...results import LiraResult, ReferenceSeeds
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Row, auc_text, no_likelihood, rare_text
from .subject import ClassifierSubject, Context

if TYPE_CHECKING:
    from torch import Tensor

    from ..evidence_settings import EvidenceSettings

__all__ = ["Lira"]

MIN_SEEDS = 3  # of reference models, without which no likelihood ratio exists
NEEDED_SEEDS = "likelihood ratios want the models of at least 3 seeds: run with --seeds 0,1,2"


def _likelihood(model: ModelResults, _: ModelResults) -> str:
    found = model.get(LiraResult)
    if not defined(found) or not defined(found.auc):
        return no_likelihood(found)
    rare, folds = rare_text(found.tpr_at_fpr), found.folds or ()
    spread = f" ({min(folds):.2f} to {max(folds):.2f})" if folds else ""
    return auc_text(found.auc) + spread + (f", TPR {rare}" if rare else "")


@register_kind(
    "reference",
    title="Likelihood ratio (LiRA)",
    stage="testing membership against retrained models in",
    summary="likelihood ratios against originals and retrained models of several seeds",
    task="classification",
    optional=False,
)
class Lira(Kind):
    """Likelihood ratios learnt from the originals and the retrained models of several seeds.

    The target itself is left out; its own seed's references stay: retraining starts from other
    weights than the original.
    """

    settings = {"reference": ReferenceAttack}
    needs = frozenset({"retrained", "seeds"})
    order = 90
    result = LiraResult
    fields = {
        "reference": (
            "LiRA: `auc`, its `folds` over reference models, `tpr_at_fpr`, the `seeds` of the "
            "references"
        )
    }
    rows = (
        Row(
            "Membership",
            "LiRA, retrained models",
            "mean AUC against each retrained model (and range) on the forget data, TPR at 1 % FPR; "
            "0.5: alike",
            _likelihood,
        ),
    )

    def wanted(self, evidence: EvidenceSettings, seeds: int) -> bool:
        """Where membership is asked about and there are enough reference seeds."""
        return "membership" in evidence.chosen and seeds >= MIN_SEEDS

    def reference_seeds(self, evidence: EvidenceSettings) -> tuple[int, ...]:
        """As its settings say."""
        return evidence.settings(ReferenceAttack).seeds

    def measure(self, context: Context) -> Made:
        """Confidences on the forget data, of the subject and of every reference model."""
        from ...attacks.membership import forget_references, reference_attack

        subject = context.subject
        in_models, out_models = (
            [
                each
                for each in context.references(method)
                if (each.method, each.seed) != (subject.method, subject.seed)
            ]
            for method in ("original", "retrain")
        )
        result, scores = reference_attack(
            _confidence(subject),
            forget_references(
                [_confidence(each) for each in in_models],
                [_confidence(each) for each in out_models],
            ),
            context.settings(ReferenceAttack),
            progress=context.progress,
        )
        seeds = ReferenceSeeds(
            tuple(each.seed for each in in_models), tuple(each.seed for each in out_models)
        )
        arrays = {}
        if scores is not None:
            arrays["reference.npz"] = {"scores": scores.numpy().astype(np.float32)}
        return Made(replace(result, seeds=seeds), arrays)

    def show(self, result: Json | None, reason: str) -> Json:
        """The attack, or how many seeds it takes."""
        return {"reference": result or {"auc": None, "reason": {"auc": reason}}}

    @property
    def not_computed(self) -> str:
        """How many seeds it takes."""
        return NEEDED_SEEDS


def _confidence(subject: ClassifierSubject) -> Tensor:
    """(|D_f|,) scaled confidence of a model on the forget part of the train set, on the CPU."""
    from ...attacks.membership import scaled_confidence

    seen = subject.on_forget_data
    return scaled_confidence(seen.logits.cpu(), seen.labels.cpu())
