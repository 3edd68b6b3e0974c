"""Everything else that was measured, in one table: a row a measure, a column a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ...study import StudyResult
from ...verdict.gap import average_gap, tug_of_war
from ..reading.store_reader import Column
from ..reading.store_reader import retrained as retrained_of
from .sentences import no_retrained, percent

__all__ = ["ROWS", "Row", "no_likelihood", "rows_of", "table"]

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One measure of the table.

    Attributes:
        group: what it belongs to.
        name: the measure.
        read: how to read it, with its baseline.
        value: from a model's numbers and those of the retrained model of its seed to text.
        needs: path in the numbers of what was perhaps not computed; without it there is no value.
        compares: whether it needs the same of the retrained model.
    """

    group: str
    name: str
    read: str
    value: Callable[[Numbers, Numbers], str]
    needs: tuple[str, ...]
    compares: bool = False

    def cell(self, model: Numbers, retrained: Numbers | None) -> str:
        """The text of one cell: the value, or why there is none."""
        if self.compares and retrained is None:
            return no_retrained(model["seed"])
        asked = [model, retrained] if self.compares else [model]
        if not all(_holds(numbers, self.needs) for numbers in asked):
            return "not computed"
        return self.value(model, retrained or {})


def _holds(numbers: Any, path: Sequence[str]) -> bool:
    """Whether a number, or what holds numbers, stands at this path."""
    for name in path:
        numbers = numbers.get(name) if isinstance(numbers, dict) else None
    return numbers is not None and numbers != []


def _auc(value: float, interval: Sequence[float] | None = None) -> str:
    return f"{value:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")


def _of(found: Numbers, name: str) -> str:
    """An AUC by its name, or why there is none."""
    value, reason = found[name], found.get("reason") or "undefined"
    if value is None:
        reason = reason.get(name, "undefined") if isinstance(reason, dict) else reason
        return reason.replace("|", "/")
    return _auc(value, found.get(f"{name}_interval"))


def _separability(name: str) -> Callable[[Numbers, Numbers], str]:
    return lambda model, _: _of(model["separability"], name)


def _outlier(name: str) -> Callable[[Numbers, Numbers], str]:
    def value(model: Numbers, _: Numbers) -> str:
        found = model["membership"]["outliers"]
        if found["forget_test"][name] is None and found["forget_train"][name] is not None:
            return f"{_of(found['forget_train'], name)} (train)"
        return _of(found["forget_test"], name)

    return value


def _threshold(model: Numbers, _: Numbers) -> str:
    return _of(model["membership"]["thresholds"]["loss"], "auc")


def _rare(found: Numbers) -> str | None:
    """True positives where one in a hundred is accused wrongly; None where that is too fine."""
    value = (found.get("tpr_at_fpr") or {}).get("0.01")
    return None if value is None else percent(100 * value)


def _threshold_rare(model: Numbers, _: Numbers) -> str:
    return _rare(model["membership"]["thresholds"]["loss"]) or "too few unseen samples"


def _likelihood(model: Numbers, _: Numbers) -> str:
    found = model.get("reference") or {}
    if found.get("auc") is None:
        return no_likelihood(found)
    rare, folds = _rare(found), found.get("folds") or ()
    spread = f" ({min(folds):.2f} to {max(folds):.2f})" if folds else ""
    return _auc(found["auc"]) + spread + (f", TPR {rare}" if rare else "")


def no_likelihood(reference: Numbers) -> str:
    """Why there is no likelihood-ratio attack, in words for a person who can run more seeds."""
    reason = reference.get("reason") or ""
    reason = reason.get("auc", "") if isinstance(reason, dict) else reason
    few = not reason or any(word in reason for word in ("seed", "reference model"))
    if not few:
        return reason.replace("|", "/")
    sides = reference.get("references") or {"inside": 0, "outside": 0}
    # a retrained model is not its own reference: it needs three others
    return f"needs {4 if sides['inside'] > sides['outside'] else 3} seeds"


def _svc(model: Numbers, _: Numbers) -> str:
    found = model["membership"]["svc"]["confidence"]
    return f"{percent(found['efficacy'])} (judge right in {percent(found['accuracy'])})"


def _cka(reference: str, part: str) -> Callable[[Numbers, Numbers], str]:
    def value(model: Numbers, _: Numbers) -> str:
        found = model["similarity"][reference]["cka"][part]
        return "undefined" if found["cka"] is None else f"{found['cka']:.2f}"

    return value


def _predictions(what: str, part: str) -> Callable[[Numbers, Numbers], str]:
    def value(model: Numbers, _: Numbers) -> str:
        found = model["similarity"]["retrained"]["predictions"][part][what]
        return percent(found) if what == "agreement" else f"{found:.3f}"

    return value


def _gap(model: Numbers, retrained: Numbers) -> str:
    efficacies = tuple(m["membership"]["svc"]["confidence"]["efficacy"] for m in (model, retrained))
    found = average_gap(model["accuracy"], retrained["accuracy"], mia=efficacies)
    return f"{found['average_gap']:.2f} points over {', '.join(found['over'])}"


def _tug(model: Numbers, retrained: Numbers) -> str:
    return f"{tug_of_war(model['accuracy'], retrained['accuracy'])['tow']:.3f}"


def _relearnt(variant: str) -> Callable[[Numbers, Numbers], str]:
    def value(model: Numbers, _: Numbers) -> str:
        variants = model["relearning"]["variants"]
        if variant not in variants:  # another setting, or an older version
            return "not measured"
        found = variants[variant]["forget_train"]
        half = found["steps_to_half"]
        reached = "half not reached" if half is None else f"half after {half} steps"
        return f"{found['area']:.2f}, {reached}"

    return value


def _probe(name: str) -> Callable[[Numbers, Numbers], str]:
    return lambda model, _: percent(model["blocks"][-1]["probes"][name]["forget_accuracy"])


ROWS = (
    Row(
        "Standing out",
        "separability, linear",
        "AUC of forget against retain features; 0.5 or less: alike",
        _separability("linear"),
        needs=("separability",),
    ),
    Row(
        "Standing out",
        "separability, 15-NN",
        "the same by neighbours",
        _separability("knn"),
        needs=("separability",),
    ),
    Row(
        "Standing out",
        "separability by logits, linear",
        "AUC of forget against retain logits; 0.5 or less: alike",
        lambda m, _: _of(m["membership"]["separability"]["logits"]["retain"], "linear"),
        needs=("membership", "separability", "logits", "retain"),
    ),
    Row(
        "Standing out",
        "outlier, energy",
        "AUROC forget test (or train, where samples are forgotten) against retain test; 0.5: no "
        "outlier",
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
        _threshold,
        needs=("membership", "thresholds", "loss"),
    ),
    Row(
        "Membership",
        "loss threshold, TPR at 1 % FPR",
        "members found where 1 % of unseen data are accused; guessing: 1 %",
        _threshold_rare,
        needs=("membership", "thresholds", "loss"),
    ),
    Row(
        "Membership",
        "separability from unseen, linear",
        "AUC of forget train features against unseen ones of their kind; 0.5 or less: alike",
        lambda m, _: _of(m["membership"]["separability"]["features"]["unseen"], "linear"),
        needs=("membership", "separability", "features", "unseen"),
    ),
    Row(
        "Membership",
        "LiRA, retrained models",
        "mean AUC against each retrained model (and range) on the forget data, TPR at 1 % FPR; "
        "0.5: alike",
        _likelihood,
        needs=(),
    ),
    Row(
        "Membership",
        "SVC on confidence",
        "forget data judged unseen (MIA-efficacy); a judge right in 50 % knows nothing",
        _svc,
        needs=("membership", "svc", "confidence"),
    ),
    Row(
        "Features",
        "CKA to original, forget",
        "1: the same up to rotation; undefined where features do not vary",
        _cka("original", "forget"),
        needs=("similarity", "original", "cka", "forget"),
    ),
    Row(
        "Features",
        "CKA to original, retain",
        "the same",
        _cka("original", "retain"),
        needs=("similarity", "original", "cka", "retain"),
    ),
    Row(
        "Features",
        "CKA to retrained, forget",
        "the same",
        _cka("retrained", "forget"),
        needs=("similarity", "retrained", "cka", "forget"),
    ),
    Row(
        "Features",
        "linear probe, last block",
        "forget accuracy on held-out data, cross-validated; constant: 1 ÷ forget classes",
        _probe("linear"),
        needs=("blocks",),
    ),
    Row(
        "Features",
        "k-NN probe, last block",
        "the same by neighbours",
        _probe("knn"),
        needs=("blocks",),
    ),
    Row(
        "Beside retraining",
        "agreement, forget",
        "same answers as the retrained model",
        _predictions("agreement", "forget_train"),
        needs=("similarity", "retrained", "predictions", "forget_train", "agreement"),
    ),
    Row(
        "Beside retraining",
        "JS divergence, forget",
        "nats; 0: the same answers, at most 0.69",
        _predictions("js", "forget_train"),
        needs=("similarity", "retrained", "predictions", "forget_train", "js"),
    ),
    Row(
        "Beside retraining",
        "average gap",
        "mean difference to the retrained model in UA, RA, TA and MIA",
        _gap,
        needs=("membership", "svc", "confidence", "efficacy"),
        compares=True,
    ),
    Row(
        "Beside retraining",
        "Tug-of-War",
        "1: the retrained model's accuracies",
        _tug,
        needs=("accuracy", "forget_train"),
        compares=True,
    ),
    Row(
        "Relearning",
        "from retained data",
        "area under the forget curve over the original's",
        _relearnt("retain"),
        needs=("relearning", "variants"),
    ),
    Row(
        "Relearning",
        "from ten a class",
        "the same with ten forget pictures a class",
        _relearnt("shots_10"),
        needs=("relearning", "variants"),
    ),
    Row(
        "Relearning",
        "from photographs",
        "the same with another data set and a head of its own",
        _relearnt("other"),
        needs=("relearning", "variants"),
    ),
)


def rows_of(shown: Sequence[Numbers], retrained: Mapping[int, Numbers]) -> list[list[str]]:
    """The table's texts: group, measure, a column a model, how to read it.

    Args:
        shown: the numbers of the models.
        retrained: the numbers of the retrained models by seed; each model is compared with its own.
    """
    return [
        [row.group, row.name, *(row.cell(m, retrained.get(m["seed"])) for m in shown), row.read]
        for row in ROWS
    ]


def table(study: StudyResult, shown: Sequence[Column]) -> None:
    """All measures of all models shown, each beside the retrained model of its own seed."""
    lines = rows_of([column.numbers for column in shown], retrained_of(study))
    names = ["", "Measure", *(column.label for column in shown), "How to read it"]
    previous, body = "", []
    for group, *rest in lines:
        body.append([f"**{group}**" if group != previous else "", *rest])
        previous = group
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    st.markdown(head + "\n".join(f"| {' | '.join(line)} |" for line in body))
