"""The core of the evidence: accuracy, collapse, separability and the closed-form recovery."""

from __future__ import annotations

from collections.abc import Sequence

from ...attacks.recovery import Recovery
from ...common.json_types import Json
from ...common.parts import PARTS
from ...results import ATTACKS, FIT_SETS, EvidenceResult
from ..columns import Column, number
from ..kind import Kind, Made, register_kind
from ..rows import Row, of_auc
from .subject import Context

__all__ = ["Core"]

COLLAPSE = ("radius_ratio", "norm_ratio", "effective_rank")
GROUP = "Standing out"
TABLE = ("unlearning",)
RECOVERED = ("forget_accuracy", "balanced_accuracy", "constant_predictor")


def _column(name: str, *path: str, help: str = "") -> Column:
    return Column(name, number(*path), tables=TABLE, help=help)


def _unlearned(model: Json) -> float | None:
    forget = number("accuracy", "forget_train")(model)
    return None if forget is None else 100 - forget


@register_kind(
    "evidence",
    title="Evidence",
    stage="attacking",
    summary="accuracy, collapse, separability; FM and HR, affine maps fitted in closed form",
    version=5,
    task="classification",
    optional=False,
)
class Core(Kind):
    """What every verdict rests on."""

    settings = {"recovery": Recovery}
    order = 10
    result = EvidenceResult
    fields = {
        "accuracy.{forget_train,retain_train,forget_test,retain_test}": (
            "percent; `per_class` too, by class name"
        ),
        "recovery.{fm,hr,hr_labels}.{all,retain,heldout,heldout_retain,forget}": (
            "`forget_accuracy`, `balanced_accuracy`, `constant_predictor` in percent at the "
            "default ridge, a 95 % `interval`, and the `sweep`"
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
        Column("UA", _unlearned, tables=TABLE, help="100 − forget accuracy, percent"),
        _column("RA", "accuracy", "retain_train", help="accuracy on retained train data"),
        _column("TA", "accuracy", "retain_test", help="accuracy on retained test data"),
        _column("FM", "recovery", "fm", "all", "forget_accuracy", help="forget, after FM"),
        _column("HR", "recovery", "hr", "all", "forget_accuracy", help="forget, after HR"),
        _column("FM held-out", "recovery", "fm", "heldout", "forget_accuracy"),
        _column("FM forget", "recovery", "fm", "forget", "forget_accuracy"),
        Column(
            "AUC", number("separability", "linear"), ".2f", TABLE, "forget from retain features"
        ),
        Column("forget", number("accuracy", "forget_train"), ".1f", ("show",)),
        Column("retain\ntest", number("accuracy", "retain_test"), ".1f", ("show",)),
        Column("after\nFM", number("recovery", "fm", "all", "forget_accuracy"), ".1f", ("show",)),
        Column("norm\nratio", number("collapse", "norm_ratio"), ".2g", ("show",)),
    )
    rows = (
        Row(
            GROUP,
            "separability, linear",
            "AUC of forget against retain features; 0.5 or less: alike",
            lambda model, _: of_auc(model["separability"], "linear"),
            needs=("separability",),
        ),
        Row(
            GROUP,
            "separability, 15-NN",
            "the same by neighbours",
            lambda model, _: of_auc(model["separability"], "knn"),
            needs=("separability",),
        ),
    )

    def measure(self, context: Context) -> Made:
        """One pass over the data for each of the two models, closed forms after it."""
        from ...attacks.recovery import recover
        from ...measures import accuracy_report, collapse, separability
        from .entropy_points import entropy_points

        before, after = context.original.outputs, context.subject.outputs
        head, split = context.original.network.head, context.split
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
                (head.weight.detach(), head.bias.detach()),
                split,
                context.settings(Recovery),
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


def _nulls(names: Sequence[str], reason: str) -> Json:
    return {**dict.fromkeys(names), "reason": reason}


def _null_recovery(reason: str) -> Json:
    return {attack: {fit: _nulls(RECOVERED, reason) for fit in FIT_SETS} for attack in ATTACKS}
