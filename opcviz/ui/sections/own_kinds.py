"""Attacks without a section of their own, and answers to other settings than the study's.

A user's are read from the store alone: the files that made them need not be loaded here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from ...artefacts import columns_of, kinds
from ...common.json_types import Json
from ...study import StudyResult
from ..reading.store_reader import Column

__all__ = ["own_kinds", "own_table", "say_outdated"]

SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|$~:])")


def _plain(text: object) -> str:
    """A user's text on one line, none of it read as Markdown."""
    return SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def own_table(name: str, about: Json, shown: Sequence[tuple[str, Json]]) -> str:
    """The table of one attack as Markdown: a row a model, a column a number.

    Args:
        name: of the attack.
        about: its stored declaration.
        shown: label and numbers of each model.
    """
    columns = columns_of(about)
    lines = [["Model", *(_plain(column.name) for column in columns)]]
    for label, numbers in shown:
        values = [column.value(numbers) for column in columns]
        cells = [
            "–" if value is None else format(value, column.format)
            for value, column in zip(values, columns, strict=True)
        ]
        if (reason := numbers.get(name, {}).get("reason")) and cells:
            cells[0] = _plain(reason)
        lines.append([_plain(label), *cells])
    rule = ["---", *["---:"] * len(columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])


def own_kinds(study: StudyResult, shown: Sequence[Column]) -> None:
    """A section for each attack that has none of its own, and that some model has answers of."""
    for name, about in {**_generic(study, shown), **study.own_kinds}.items():
        st.subheader(_plain(about.get("title", name)), anchor=False)
        if summary := about.get("summary"):
            st.caption(_plain(summary))
        if columns_of(about):
            st.markdown(own_table(name, about, [(c.label, c.numbers) for c in shown]))
        else:
            st.json({c.label: c.numbers.get(name) for c in shown}, expanded=False)
        said = {**_said_of_columns(about), **about.get("fields", {})}
        st.caption("  \n".join(f"{_plain(path)}: {_plain(text)}" for path, text in said.items()))


def _generic(study: StudyResult, shown: Sequence[Column]) -> dict[str, Json]:
    """Declarations of built-in kinds that no section or table of measures shows."""
    found = (kind for kind in kinds(study.study.task) if kind.generic and not kind.own)
    return {
        kind.name: kind.about()
        for kind in found
        if any((c.numbers.get(kind.name) or {}).keys() - {"reason"} for c in shown)
    }


def _said_of_columns(about: Json) -> dict[str, Any]:
    return {column.name: column.help for column in columns_of(about) if column.help}


def say_outdated(shown: Sequence[Column]) -> None:
    """Name the models whose answers are to other settings than what the study asks now."""
    lines = [
        f"- {_plain(column.label)}, {_plain(kind)}: {_plain(settings)}"
        for column in shown
        for kind, settings in column.numbers.get("outdated", {}).items()
    ]
    if lines:
        st.warning(
            "Not all models are measured alike: some answers are to other settings than the study "
            "asks now. Run the study again to compare like with like.\n" + "\n".join(lines)
        )
