"""LiRA and RMIA: are the forget data answered as by an original, or as by a retrained model?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...attacks.membership import ReferenceAttack
from ...common.json_types import Json
from ...common.records import Undefined, defined
from ...results import GameScore, LiraResult, ReferenceSeeds
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row, auc_text, no_likelihood, of_auc, rare_text
from ..threat import Threat
from .subject import ClassifierSubject, Context

if TYPE_CHECKING:
    from torch import Tensor

    from ..evidence_settings import EvidenceSettings

__all__ = ["Lira"]

MIN_SEEDS = 3  # of reference models, without which no likelihood ratio exists
NEEDED_SEEDS = "likelihood ratios want the models of at least 3 seeds: run with --seeds 0,1,2"
WHOLE_CLASSES = (
    "of whole classes membership cannot tell: a flat answer looks more like training data than the "
    "confident miss of a model that never saw the class; the two-sided distance remains"
)


def _likelihood(model: ModelResults, _: ModelResults) -> str:
    found = model.get(LiraResult)
    if not defined(found) or not defined(found.auc):
        return no_likelihood(found)
    rare, folds = rare_text(found.tpr_at_fpr), found.folds or ()
    spread = f" ({min(folds):.2f} to {max(folds):.2f})" if folds else ""
    return auc_text(found.auc) + spread + (f", TPR {rare}" if rare else "")


def _statistic(name: str) -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(LiraResult)
        score = (found.statistics or {}).get(name) if defined(found) else None
        return of_auc(score.auc, score.auc_interval) if score else None

    return value


@register_kind(
    "reference",
    title="Likelihood ratio (LiRA)",
    stage="testing membership against retrained models in",
    summary="likelihood ratios and RMIA against originals and retrained models of several seeds",
    version=3,
    task="classification",
    optional=False,
)
class Lira(Kind[Context]):
    """Likelihood ratios and RMIA from the originals and the retrained models of several seeds.

    Of whole classes they give a reason, and only a distance: see `WHOLE_CLASSES`.

    The target itself is left out, and whatever it is, so is the original of its seed: a method
    began there, so that its own past would stand among the models it may be like, and the very same
    weights would be more like training data under a method's name than as the original. A retrained
    model began elsewhere; it is held against as many originals so that the band is of the same
    test.
    """

    settings = {"reference": ReferenceAttack}
    needs = frozenset({"retrained", "seeds"})
    order = 90
    result = LiraResult
    threat = Threat(
        holds="the answers of the model, and models that were trained with and without the "
        "forgotten data",
        spends="no training beyond the original and the retrained models in hand",
        does="Membership of forgotten samples by likelihood ratios (LiRA, RMIA) of the answers, "
        "beside originals and retrained models of several seeds.",
        more="train dozens of models with and without the forgotten data, so that likelihood "
        "ratios tell smaller differences",
    )
    fields = {
        "reference": (
            "LiRA: `auc`, its `folds` over reference models, `tpr_at_fpr`, the `seeds` of the "
            "references; `statistics`: AUC and 95 % interval of LiRA `online`, `offline` and "
            "`calibrated`, `rmia`, and the two-sided `distance`"
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
        Row(
            "Membership",
            "RMIA, retrained models",
            "AUC by pairwise ratios to unseen data, 95 % interval; below 0.5: less sure of "
            "the forget data than a model that never saw them",
            _statistic("rmia"),
        ),
        Row(
            "Membership",
            "calibrated LiRA, retrained models",
            "AUC of online LiRA beyond how sure the model is of data nobody saw, 95 % interval",
            _statistic("calibrated"),
        ),
        Row(
            "Membership",
            "offline LiRA, retrained models",
            "AUC by models that never saw the data alone, 95 % interval; below 0.5: less sure of "
            "the forget data than these",
            _statistic("offline"),
        ),
        Row(
            "Membership",
            "distance, retrained models",
            "AUC of how far answers on the forget data are from retrained models', in either "
            "direction; 0.5: as near as another retrained model",
            _statistic("distance"),
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
        left_out = {(subject.method, subject.seed)}
        if context.has_original:  # of an audit there is one, whatever the seed
            left_out.add((context.original.method, context.original.seed))
        in_models, out_models = (
            [
                each
                for each in context.references(method)
                if (each.method, each.seed) not in left_out
            ]
            for method in ("original", "retrain")
        )
        result, scores = reference_attack(
            _confidence(subject),
            forget_references(
                [_confidence(each) for each in in_models],
                [_confidence(each) for each in out_models],
                [_on_population(each) for each in (*in_models, *out_models)],
            ),
            context.settings(ReferenceAttack),
            population=_on_population(subject),
            progress=context.progress,
        )
        if context.split.classes:
            result = _of_classes(result)
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


def _of_classes(result: LiraResult) -> LiraResult:
    """What is left of it where whole classes were forgotten: a distance, and a reason."""
    why = Undefined(WHOLE_CLASSES)
    found = result.statistics or {}
    kept = {
        name: score if name == "distance" else GameScore.undefined(why)
        for name, score in found.items()
    }
    return replace(result, auc=why, tpr_at_fpr=None, roc=None, folds=None, statistics=kept)


def _confidence(subject: ClassifierSubject) -> Tensor:
    """(|D_f|,) scaled confidence of a model on the forget part of the train set, on the CPU."""
    from ...attacks.membership import scaled_confidence

    seen = subject.on_forget_data
    return scaled_confidence(seen.logits.cpu(), seen.labels.cpu())


def _on_population(subject: ClassifierSubject) -> Tensor:
    """(p,) the same on test data that nobody trained on."""
    from ...attacks.membership import scaled_confidence

    seen = subject.on_population
    return scaled_confidence(seen.logits.cpu(), seen.labels.cpu())
