"""Everything else that was measured, in one table: a row a measure, a column a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import streamlit as st

from ...artefacts import ModelResults, Row, kinds
from ...study import StudyResult
from ..reading.store_reader import Column
from ..reading.store_reader import retrained as retrained_of
from .sentences import no_retrained

__all__ = ["declared", "rows_of", "table"]


def declared(task: str = "classification", scenario: str = "") -> list[Row]:
    """The rows that the kinds of artefact declare; those of a group stand together.

    Args:
        task: of the study.
        scenario: kind of its forget scenario; rows about others are left out.
    """
    ours = (kind for kind in kinds(task) if not kind.own)
    asked = (kind for kind in ours if not kind.scenarios or scenario in kind.scenarios)
    grouped: dict[str, list[Row]] = {}
    for row in chain.from_iterable(kind.rows for kind in asked):
        grouped.setdefault(row.group, []).append(row)
    return list(chain.from_iterable(grouped.values()))


def _cell(row: Row, seed: int, model: ModelResults, retrained: ModelResults | None) -> str:
    """The text of one cell: the value, or why there is none."""
    if row.compares and retrained is None:
        return no_retrained(seed)
    return row.value(model, retrained or model) or "not computed"


def rows_of(
    shown: Sequence[tuple[int, ModelResults]],
    retrained: Mapping[int, ModelResults],
    task: str = "classification",
    scenario: str = "",
) -> list[list[str]]:
    """The table's texts: group, measure, a column a model, how to read it.

    Args:
        shown: seed and results of the models.
        retrained: the results of the retrained models by seed; each model is compared with its own.
        task, scenario: of the study, see `declared`.
    """
    return [
        [
            row.group,
            row.name,
            *(_cell(row, seed, model, retrained.get(seed)) for seed, model in shown),
            row.read,
        ]
        for row in declared(task, scenario)
    ]


def table(study: StudyResult, shown: Sequence[Column]) -> None:
    """All measures of all models shown, each beside the retrained model of its own seed."""
    models = [(column.model.seed, column.results) for column in shown]
    about = study.study
    lines = rows_of(models, retrained_of(study), about.task, about.forget.kind)
    names = ["", "Measure", *(column.label for column in shown), "How to read it"]
    previous, body = "", []
    for group, *rest in lines:
        body.append([f"**{group}**" if group != previous else "", *rest])
        previous = group
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n"
    st.markdown(head + "\n".join(f"| {' | '.join(line)} |" for line in body))
