"""The core of the evidence: accuracy, collapse, separability and the closed-form recovery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...attacks.recovery import Recovery
from ...common.json_types import Json
from ...common.parts import PARTS
from ...common.records import Undefined, defined
from ...results import ATTACKS, FIT_SETS, EvidenceResult
from ..columns import HEADLINE, Column, figure
from ..kind import Kind, Made, register_kind
from ..model_results import ModelResults
from ..rows import Cell, Row, of_auc
from ..threat import Threat
from .subject import Context

if TYPE_CHECKING:
    from torch import Tensor

    from ...tasks.classification import ModelOutputs

__all__ = ["Core", "references_of_recovery"]

COLLAPSE = ("radius_ratio", "norm_ratio", "effective_rank")
GROUP = "Standing out"
TABLE = ("unlearning",)
FIRST = ("unlearning", HEADLINE)
RECOVERED = ("forget_accuracy", "balanced_accuracy", "constant_predictor")


def _recovered(attack: str, fit: str) -> Callable[[ModelResults], float | None]:
    """Forget accuracy after an attack; None also where an older answer has no such fit set."""

    def value(found: EvidenceResult) -> float | Undefined | None:
        made = found.recovery.attack(attack).get(fit)
        return None if made is None else made.forget_accuracy

    return figure(EvidenceResult, value)


def _unseen(attack: str, fit: str) -> Callable[[ModelResults], float | None]:
    def value(found: EvidenceResult) -> float | None:
        made = found.recovery.attack(attack).get(fit)
        score = made.unseen if made else None
        return score.forget_accuracy if defined(score) else None

    return figure(EvidenceResult, value)


_forget = figure(EvidenceResult, lambda found: found.accuracy.forget_train)
_retain = figure(EvidenceResult, lambda found: found.accuracy.retain_train)
_retain_test = figure(EvidenceResult, lambda found: found.accuracy.retain_test)
_linear = figure(EvidenceResult, lambda found: found.separability.linear)
_norm_ratio = figure(EvidenceResult, lambda found: found.collapse.norm_ratio)


def _unlearned(model: ModelResults) -> float | None:
    forget = _forget(model)
    return None if forget is None else 100 - forget


def _told_apart(judge: Callable[[EvidenceResult], float | Undefined]) -> Cell:
    def value(model: ModelResults, _: ModelResults) -> str | None:
        found = model.get(EvidenceResult)
        return of_auc(found if isinstance(found, Undefined) else judge(found))

    return value


@register_kind(
    "evidence",
    title="Evidence",
    stage="attacking",
    summary="accuracy, collapse, separability; FM and HR, affine maps fitted in closed form",
    version=6,
    task="classification",
    optional=False,
)
class Core(Kind[Context]):
    """What every verdict rests on."""

    settings = {"recovery": Recovery}
    order = 10
    result = EvidenceResult
    threat = Threat(
        holds="the features of the model, labelled pictures of what was retained or of every "
        "class, and the head and the answers of the original, where there is one",
        spends="one affine map of the features, found in one step by least squares (ridge "
        "{recovery.ridge} of the features' size); no weight of the model is changed",
        does="The model is asked as it is, and affine maps are fitted to its features: feature "
        "mapping (FM) to the original's features, head recovery (HR) to the answers.",
    )
    fields = {
        "accuracy.{forget_train,retain_train,forget_test,retain_test}": (
            "percent; `per_class` too, by class name"
        ),
        "recovery.{fm,hr,hr_labels}.{all,retain,heldout,heldout_retain,forget}": (
            "`forget_accuracy`, `balanced_accuracy`, `constant_predictor` in percent at the "
            "default ridge, a 95 % `interval`, and the `sweep`, on the forget part of the train "
            "set; `unseen` is the headline: samples that the map was fitted without"
        ),
        "collapse.{radius_ratio,norm_ratio,effective_rank}": (
            "size of the forget features, forget over retain"
        ),
        "separability.{linear,knn}": (
            "AUC of telling forget from retain features, out of sample; from unseen data, and by "
            "logits, in `membership.separability`"
        ),
    }
    columns = (
        Column("UA", _unlearned, tables=FIRST, help="100 − forget accuracy, percent"),
        Column("RA", _retain, tables=FIRST, help="accuracy on retained train data"),
        Column("TA", _retain_test, tables=FIRST, help="accuracy on retained test data"),
        Column(
            "FM",
            _unseen("fm", "all"),
            tables=TABLE,
            help="forgotten samples that FM was fitted without, answered right after it",
        ),
        Column(
            "HR",
            _unseen("hr_labels", "all"),
            tables=TABLE,
            help="the same after HR on labels; on the original's logits HR is FM",
        ),
        Column(
            "FM in-sample",
            _recovered("fm", "all"),
            tables=TABLE,
            help="of the samples that FM is fitted on",
        ),
        Column("FM held-out", _recovered("fm", "heldout"), tables=TABLE),
        Column("FM forget", _recovered("fm", "forget"), tables=TABLE),
        Column("AUC", _linear, ".2f", TABLE, "forget from retain features"),
        Column("forget", _forget, ".1f", ("show",)),
        Column("retain\ntest", _retain_test, ".1f", ("show",)),
        Column("after\nFM", _recovered("fm", "all"), ".1f", ("show",)),
        Column("norm\nratio", _norm_ratio, ".2g", ("show",)),
    )
    rows = (
        Row(
            GROUP,
            "separability, linear",
            "AUC of forget against retain features; 0.5 or less: alike",
            _told_apart(lambda found: found.separability.linear),
        ),
        Row(
            GROUP,
            "separability, 15-NN",
            "AUC of forget against retain features by 15 neighbours; 0.5 or less: alike",
            _told_apart(lambda found: found.separability.knn),
        ),
    )

    def measure(self, context: Context) -> Made:
        """One pass over the data for each of the two models, closed forms after it."""
        from ...attacks.recovery import recover
        from ...measures import accuracy_report, collapse, separability
        from .entropy_points import entropy_points

        after, split = context.subject.outputs, context.split
        before, head, attack = references_of_recovery(context)
        forget = after.train.features[split.forget_train]
        retain = after.train.features[split.retain_train]
        entropy, points = entropy_points(after.train.logits, split)
        result = EvidenceResult(
            accuracy=accuracy_report(after, split, context.data.class_names),
            collapse=collapse(forget, retain),
            separability=separability(forget, retain, progress=context.progress),
            recovery=recover(
                before,
                after,
                head,
                split,
                attack,
            ),
            entropy=entropy,
        )
        return Made(result, {"entropy.npz": points} if points else {})

    def show(self, result: Json | None, reason: str) -> Json:
        """Four fields of a model's JSON; what an older answer did not ask is null with a reason."""
        found = result or {}
        recovery = _null_recovery(reason)
        if "recovery" in found:
            older = _null_recovery(
                "not computed by the version that made this; run the study again"
            )
            recovery = {
                name: older[name] | value if name in ATTACKS else value
                for name, value in found["recovery"].items()
            }
        return {
            "accuracy": found.get("accuracy") or _nulls(PARTS, reason),
            "recovery": recovery,
            "collapse": found.get("collapse") or _nulls(COLLAPSE, reason),
            "separability": found.get("separability") or _nulls(("linear", "knn"), reason),
        }


def references_of_recovery(
    context: Context,
) -> tuple[ModelOutputs, tuple[Tensor, Tensor] | None, Recovery]:
    """What recovery starts from: the original's outputs and head, and how it attacks.

    Without an original there is HR on labels alone; of the outputs, then the subject's own, only
    the labels are read.
    """
    attack = context.settings(Recovery)
    if not context.has_original:
        return context.subject.outputs, None, attack.replace(hr_targets="labels")
    original = context.original
    return original.outputs, original.network.head_weights, attack


def _nulls(names: Sequence[str], reason: str) -> Json:
    return {**dict.fromkeys(names), "reason": reason}


def _null_recovery(reason: str) -> Json:
    return {attack: {fit: _nulls(RECOVERED, reason) for fit in FIT_SETS} for attack in ATTACKS}
