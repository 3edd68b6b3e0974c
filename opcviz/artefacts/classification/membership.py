"""Was it in the training set? And does it stand out as something never seen?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...attacks.membership import Membership
from ...common.json_types import Json
from ...common.text import percent
from ...results import MembershipResult, Separability
from ..kind import Kind, Made, register_kind
from ..rows import Row, of_auc, rare_text
from .subject import Context

__all__ = ["MembershipTests"]


def _told_apart_by(features: str, against: str) -> Callable[[Json, Json], str]:
    return lambda model, _: of_auc(model["membership"]["separability"][features][against], "linear")


def _outlier(score: str) -> Callable[[Json, Json], str]:
    def value(model: Json, _: Json) -> str:
        found = model["membership"]["outliers"]
        if found["forget_test"][score] is None and found["forget_train"][score] is not None:
            return f"{of_auc(found['forget_train'], score)} (train)"
        return of_auc(found["forget_test"], score)

    return value


def _rare(model: Json, _: Json) -> str:
    return rare_text(model["membership"]["thresholds"]["loss"]) or "too few unseen samples"


def _svc(model: Json, _: Json) -> str:
    found = model["membership"]["svc"]["confidence"]
    return f"{percent(found['efficacy'])} (judge right in {percent(found['accuracy'])})"


@register_kind(
    "membership",
    title="Membership",
    stage="testing membership in",
    summary="membership by thresholds and SVC, outlier scores, separability from unseen data",
    version=2,
    task="classification",
    default=True,
)
class MembershipTests(Kind):
    """Membership attacks that need no reference models, and how the forget data stand out."""

    settings = {"membership": Membership}
    order = 20
    result = MembershipResult
    fields = {
        "membership.{thresholds,svc,outliers,separability}": (
            "membership by thresholds on scores and by an SVC, outlier scores, and whether forget "
            "data are told from unseen data, or by their logits"
        )
    }
    rows = (
        Row(
            "Standing out",
            "separability by logits, linear",
            "AUC of forget against retain logits; 0.5 or less: alike",
            _told_apart_by("logits", "retain"),
            needs=("membership", "separability", "logits", "retain"),
        ),
        Row(
            "Standing out",
            "outlier, energy",
            "AUROC forget test (or train, where samples are forgotten) against retain test; 0.5: "
            "no outlier",
            _outlier("energy"),
            needs=("membership", "outliers"),
        ),
        Row(
            "Standing out",
            "outlier, feature norm",
            "the same by feature length",
            _outlier("feature_norm"),
            needs=("membership", "outliers"),
        ),
        Row(
            "Membership",
            "loss threshold",
            "AUC forget train against unseen, 95 % interval; 0.5: none",
            lambda model, _: of_auc(model["membership"]["thresholds"]["loss"], "auc"),
            needs=("membership", "thresholds", "loss"),
        ),
        Row(
            "Membership",
            "loss threshold, TPR at 1 % FPR",
            "members found where 1 % of unseen data are accused; guessing: 1 %",
            _rare,
            needs=("membership", "thresholds", "loss"),
        ),
        Row(
            "Membership",
            "separability from unseen, linear",
            "AUC of forget train features against unseen ones of their kind; 0.5 or less: alike",
            _told_apart_by("features", "unseen"),
            needs=("membership", "separability", "features", "unseen"),
        ),
        Row(
            "Membership",
            "SVC on confidence",
            "forget data judged unseen (MIA-efficacy); a judge right in 50 % knows nothing",
            _svc,
            needs=("membership", "svc", "confidence"),
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
