"""Everything else that was measured: one table over the models shown, and relearning curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from ..measures.similarity import average_gap, tug_of_war
from ..study import StudyResult
from .depth import LINES
from .drawing import finish, label_ends, number, trace
from .figures import chart_config
from .library import Column
from .sentences import percent
from .theme import ink

__all__ = ["Row", "relearning", "relearning_figure", "rows_of", "table"]

Numbers = dict[str, Any]
VARIANTS = {
    "retain": "retained data only",
    "shots_1": "one forget picture a class",
    "shots_10": "ten forget pictures a class",
}


@dataclass(frozen=True)
class Row:
    """One measure of the table.

    Attributes:
        group: what it belongs to.
        name: the measure.
        read: how to read it, with its baseline.
        value: from a model's numbers and the retrained model's to text; may raise KeyError or
            TypeError where something was not computed.
    """

    group: str
    name: str
    read: str
    value: Callable[[Numbers, Numbers], str]


def _auc(value: float | None, interval: Sequence[float] | None = None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")


def _threshold(model: Numbers, _: Numbers) -> str:
    found = model["membership"]["thresholds"]["loss"]
    return _auc(found["auc"], found["auc_interval"])


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
        found = model["relearning"]["variants"][variant]["forget_train"]
        half = found["steps_to_half"]
        return f"{found['area']:.2f}, half after {'–' if half is None else f'{half} steps'}"

    return value


def _probe(name: str) -> Callable[[Numbers, Numbers], str]:
    return lambda model, _: percent(model["blocks"][-1]["probes"][name]["forget_accuracy"])


ROWS = (
    Row(
        "Standing out",
        "separability, linear",
        "AUC of forget against retain features; 0.5: alike",
        lambda m, _: _auc(m["separability"]["linear"]),
    ),
    Row(
        "Standing out",
        "separability, 15-NN",
        "the same by neighbours",
        lambda m, _: _auc(m["separability"]["knn"]),
    ),
    Row(
        "Standing out",
        "outlier, energy",
        "AUROC forget test against retain test; 0.5: no outlier",
        lambda m, _: _auc(m["membership"]["outliers"]["forget_test"]["energy"]),
    ),
    Row(
        "Standing out",
        "outlier, feature norm",
        "the same by feature length",
        lambda m, _: _auc(m["membership"]["outliers"]["forget_test"]["feature_norm"]),
    ),
    Row(
        "Membership",
        "loss threshold",
        "AUC forget train against unseen, 95 % interval; 0.5: none",
        _threshold,
    ),
    Row(
        "Membership",
        "SVC on confidence",
        "forget data judged unseen (MIA-efficacy); a judge right in 50 % knows nothing",
        _svc,
    ),
    Row(
        "Features",
        "CKA to original, forget",
        "1: the same up to rotation; undefined where features do not vary",
        _cka("original", "forget"),
    ),
    Row("Features", "CKA to original, retain", "the same", _cka("original", "retain")),
    Row("Features", "CKA to retrained, forget", "the same", _cka("retrained", "forget")),
    Row(
        "Features",
        "linear probe, last block",
        "forget accuracy on held-out data, cross-validated; constant: 1 ÷ forget classes",
        _probe("linear"),
    ),
    Row("Features", "k-NN probe, last block", "the same by neighbours", _probe("knn")),
    Row(
        "Beside retraining",
        "agreement, forget",
        "same answers as the retrained model",
        _predictions("agreement", "forget_train"),
    ),
    Row(
        "Beside retraining",
        "JS divergence, forget",
        "nats; 0: the same answers, at most 0.69",
        _predictions("js", "forget_train"),
    ),
    Row(
        "Beside retraining",
        "average gap",
        "mean difference to the retrained model in UA, RA, TA and MIA",
        _gap,
    ),
    Row("Beside retraining", "Tug-of-War", "1: the retrained model's accuracies", _tug),
    Row(
        "Relearning",
        "from retained data",
        "area under the forget curve over the original's",
        _relearnt("retain"),
    ),
    Row(
        "Relearning",
        "from ten a class",
        "the same with ten forget pictures a class",
        _relearnt("shots_10"),
    ),
)


def rows_of(shown: Sequence[Numbers], retrained: Numbers | None) -> list[list[str]]:
    """The table's texts: group, measure, a column a model, how to read it."""
    lines = []
    for row in ROWS:
        cells = []
        for model in shown:
            try:
                cells.append(row.value(model, retrained or {}))
            except (KeyError, TypeError, IndexError):
                cells.append("not computed")
        lines.append([row.group, row.name, *cells, row.read])
    return lines


def table(study: StudyResult, shown: Sequence[Column]) -> None:
    """All measures of all models shown; the retrained model of the first one's seed compares."""
    seed = shown[0].numbers["seed"]
    same = (m for m in study.models if m.method.info.name == "retrain" and m.seed == seed)
    retrained = next(same, None)
    lines = rows_of(
        [column.numbers for column in shown], study.numbers(retrained) if retrained else None
    )
    names = ["", "Measure", *(column.label for column in shown), "How to read it"]
    previous, body = "", []
    for group, *rest in lines:
        body.append([f"**{group}**" if group != previous else "", *rest])
        previous = group
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    st.markdown(head + "\n".join(f"| {' | '.join(line)} |" for line in body))


def relearning_figure(
    curves: dict[str, tuple[Sequence[int], Sequence[float | None]]],
    *,
    constant: float | None = None,
    height: int = 290,
) -> go.Figure:
    """Forget accuracy against training steps, one line a model.

    Args:
        curves: steps and percentages by model.
        constant: percent that one constant answer scores (dashed).
        height: pixels.
    """
    figure, ends = go.Figure(), []
    for (name, (steps, values)), color in zip(curves.items(), LINES, strict=False):
        y = [number(value) for value in values]
        figure.add_trace(trace(name, color, steps, y))
        known = [value for value in y if value is not None]
        if known:
            ends.append((name, known[-1], color))
    if number(constant) is not None:
        figure.add_hline(y=constant, line={"color": ink.reference, "dash": "dash", "width": 1.5})
        ends.append(("constant", float(constant), ink.reference))
    label_ends(figure, ends, gap=7)
    finish(figure, height, right=120)
    figure.update_yaxes(range=[-3, 103], title="forget accuracy (%)", tickvals=[0, 25, 50, 75, 100])
    figure.update_xaxes(title="steps of further training")
    figure.update_layout(hovermode="x unified")
    return figure


def relearning(shown: Sequence[Column]) -> None:
    """How fast the forgotten data come back, for each thing that an attacker may train on."""
    known = {c.label: c.numbers["relearning"].get("variants") for c in shown}
    known = {label: variants for label, variants in known.items() if variants}
    if not known:
        st.caption("Relearning was not measured for these models.")
        return
    for place, (variant, title) in zip(st.columns(len(VARIANTS)), VARIANTS.items(), strict=True):
        found = {label: v[variant] for label, v in known.items() if variant in v}
        curves = {
            label: (one["steps"], one["forget_train"]["accuracy"]) for label, one in found.items()
        }
        constants = [one["forget_train"]["constant_predictor"] for one in found.values()]
        with place:
            st.markdown(f"Training on {title}")
            st.plotly_chart(
                relearning_figure(curves, constant=max(filter(None, constants), default=None)),
                config=chart_config(f"relearning-{variant}"),
                key=f"relearning.{variant}",
            )
    st.caption(
        "The original's own recipe goes on from each model. Given pictures are not scored. A line "
        "that rises sooner than the retrained model's had something left to rise from."
    )
