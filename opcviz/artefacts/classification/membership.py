"""Was it in the training set? And does it stand out as something never seen?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...attacks.membership import Membership
from ...common.records import Undefined, defined, known
from ...common.text import percent
from ...results import (
    LIRA,
    LiraResult,
    MembershipResult,
    OutlierScores,
    Separability,
    ShadowResult,
    Sign,
    Signs,
)
from ..columns import HEADLINE, Column
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row, of_auc, rare_text
from ..threat import Threat
from .subject import Context

__all__ = ["MembershipTests"]


def _cell(value: Callable[[MembershipResult], str | None]) -> Cell:
    """A `Row.value` of what membership found; None where it was not computed."""

    def text(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(MembershipResult)
        return value(found) if defined(found) else None

    return text


def _told_apart_by(features: str, against: str) -> Cell:
    def value(found: MembershipResult) -> str | None:
        told = (found.separability or {}).get(features, {}).get(against)
        return of_auc(told.linear) if told else None

    return _cell(value)


def _outlier(score: Callable[[OutlierScores], float | Undefined]) -> Cell:
    def value(found: MembershipResult) -> str | None:
        if found.outliers is None:
            return None
        test, train = score(found.outliers.forget_test), score(found.outliers.forget_train)
        if not defined(test) and defined(train):
            return f"{of_auc(train)} (train)"
        return of_auc(test)

    return _cell(value)


def _strongest(model: ModelResults) -> Sign | None:
    """The sign of the strongest membership test that was made of the model.

    Of whole classes no test of membership tells anything; how far the answers are from retrained
    models' in either direction remains.
    """
    reference = model.get(LiraResult)
    for found in (model.get(ShadowResult), reference, model.get(MembershipResult)):
        if isinstance(found, Signs) and (signs := found.signs()):
            return signs[0]
    distance = (reference.statistics or {}).get("distance") if defined(reference) else None
    return distance.sign(LIRA["distance"]) if distance else None


def _auc(model: ModelResults) -> float | None:
    sign = _strongest(model)
    return None if sign is None else sign.auc


def _whose(model: ModelResults) -> str | None:
    sign = _strongest(model)
    return None if sign is None else sign.place


def _loss(found: MembershipResult) -> str:
    return of_auc(found.thresholds.loss.auc, found.thresholds.loss.auc_interval)


def _rare(found: MembershipResult) -> str:
    return rare_text(found.thresholds.loss.tpr_at_fpr) or "too few unseen samples"


def _svc(found: MembershipResult) -> str:
    judge = found.svc.confidence
    efficacy, accuracy = (percent(known(each)) for each in (judge.efficacy, judge.accuracy))
    return f"{efficacy} (judge right in {accuracy})"


@register_kind(
    "membership",
    title="Membership",
    stage="testing membership in",
    summary="membership by thresholds and SVC, outlier scores, separability from unseen data",
    version=2,
    task="classification",
    default=True,
)
class MembershipTests(Kind[Context]):
    """Membership attacks that need no reference models, and how the forget data stand out."""

    settings = {"membership": Membership}
    order = 20
    result = MembershipResult
    threat = Threat(
        holds="the answers of the model, and samples that it was trained on or never saw",
        spends="one threshold on each of five scores, and support vector machines fitted on at "
        "most {membership.shadow} samples that it was trained on and as many that it never saw",
        does="Forgotten samples are told from samples that the model never saw, by its answers to "
        "them: with thresholds, and with support vector machines (SVC).",
    )
    fields = {
        "membership.{thresholds,svc,outliers,separability}": (
            "membership by thresholds on scores and by an SVC, outlier scores, and whether forget "
            "data are told from unseen data, or by their logits"
        )
    }
    columns = (
        Column(
            "membership",
            _auc,
            ".2f",
            ("unlearning", HEADLINE),
            "AUC of the test that is named; of whole classes, of the distance from retrained "
            "models; 0.5: as models that never saw the forgotten data",
            _whose,
        ),
    )
    rows = (
        Row(
            "Standing out",
            "separability by logits, linear",
            "AUC of forget against retain logits; 0.5 or less: alike",
            _told_apart_by("logits", "retain"),
        ),
        Row(
            "Standing out",
            "outlier, energy",
            "AUROC forget test (or train, where samples are forgotten) against retain test; 0.5: "
            "no outlier",
            _outlier(lambda scores: scores.energy),
        ),
        Row(
            "Standing out",
            "outlier, feature norm",
            "AUROC by feature length, forget against retain test; 0.5: no outlier",
            _outlier(lambda scores: scores.feature_norm),
        ),
        Row(
            "Membership",
            "loss threshold",
            "AUC forget train against unseen, 95 % interval; 0.5: none",
            _cell(_loss),
        ),
        Row(
            "Membership",
            "loss threshold, TPR at 1 % FPR",
            "members found where 1 % of unseen data are accused; guessing: 1 %",
            _cell(_rare),
        ),
        Row(
            "Membership",
            "separability from unseen, linear",
            "AUC of forget train features against unseen ones of their kind; 0.5 or less: alike",
            _told_apart_by("features", "unseen"),
        ),
        Row(
            "Membership",
            "SVC on confidence",
            "forget data judged unseen (MIA-efficacy); a judge right in 50 % knows nothing",
            _cell(_svc),
        ),
    )

    def measure(self, context: Context) -> Made:
        """All of it from the outputs of one pass."""
        from ...attacks.membership import membership
        from ...measures.outliers import outliers

        outputs = context.subject.outputs
        attacked = membership(
            outputs,
            context.split,
            context.settings(Membership),
            seed=context.seed,
            progress=context.progress,
        )
        return Made(
            replace(
                attacked,
                outliers=outliers(outputs, context.split),
                separability=_separability_from_unseen(context),
            )
        )


def _separability_from_unseen(context: Context) -> dict[str, dict[str, Separability]]:
    """Can forget samples be told from unseen ones of their kind, and by their logits alone?

    By features against retained samples is part of the evidence of every model.
    """
    from ...measures import separability

    split, outputs = context.split, context.subject.outputs
    train, test = outputs.train, outputs.test
    unseen = split.forget_test if split.classes else split.retain_test
    pairs = {
        "features": (train.features, {"unseen": test.features[unseen]}),
        "logits": (
            train.logits,
            {"retain": train.logits[split.retain_train], "unseen": test.logits[unseen]},
        ),
    }
    return {
        name: {
            side: separability(seen[split.forget_train], others, progress=context.progress)
            for side, others in against.items()
        }
        for name, (seen, against) in pairs.items()
    }
