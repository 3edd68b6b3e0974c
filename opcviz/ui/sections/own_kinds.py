"""Attacks without a section of their own, and answers to other settings than the study's.

A user's are read from the store alone: the files that made them need not be loaded here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from ...artefacts import KindAbout, ModelResults, columns_of, kinds
from ...common.records import Record, Undefined, defined
from ...results import PlainResult
from ...study import StudyResult
from ..reading.store_reader import Column

__all__ = ["own_kinds", "own_table", "say_outdated", "there_are"]

CHARTED = ("information",)  # kinds of ours with a section of their own, though in no table
SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|$~:])")


def _plain(text: object) -> str:
    """A user's text on one line, none of it read as Markdown."""
    return SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def own_table(name: str, about: KindAbout, shown: Sequence[tuple[str, ModelResults]]) -> str:
    """The table of one attack as Markdown: a row a model, a column a number.

    Args:
        name: of the attack.
        about: its stored declaration.
        shown: label and results of each model.
    """
    columns = columns_of(about)
    lines = [["Model", *(_plain(column.name) for column in columns)]]
    for label, results in shown:
        values = [column.value(results) for column in columns]
        cells = [
            "–" if value is None else format(value, column.format)
            for value, column in zip(values, columns, strict=True)
        ]
        if (reason := _reason(results.answer(name))) and cells:
            cells[0] = _plain(reason)
        lines.append([_plain(label), *cells])
    rule = ["---", *["---:"] * len(columns)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])


def _reason(answer: Record | Undefined) -> object:
    """Why there is no number, as far as the answer says so."""
    if isinstance(answer, Undefined):
        return answer.reason
    return answer.at("reason") if isinstance(answer, PlainResult) else None


def own_kinds(study: StudyResult, shown: Sequence[Column]) -> None:
    """A section for each attack that has none of its own, and that some model has answers of."""
    for name, about in {**_generic(study, shown), **study.own_kinds}.items():
        st.header(_plain(about.title), anchor=False)
        if about.summary:
            st.caption(_plain(about.summary))
        if columns_of(about):
            st.markdown(own_table(name, about, [(c.label, c.results) for c in shown]))
        else:
            st.json({c.label: _as_json(c.results.answer(name)) for c in shown}, expanded=False)
        said = {**_said_of_columns(about), **about.fields}
        st.caption("  \n".join(f"{_plain(path)}: {_plain(text)}" for path, text in said.items()))


def there_are(study: StudyResult, shown: Sequence[Column]) -> bool:
    """Whether there is such a section."""
    return bool(_generic(study, shown) or study.own_kinds)


def _generic(study: StudyResult, shown: Sequence[Column]) -> dict[str, KindAbout]:
    """Declarations of built-in kinds that no section or table of measures shows."""
    found = (kind for kind in kinds(study.study.task) if kind.generic and not kind.own)
    return {
        kind.name: kind.about()
        for kind in found
        if kind.name not in CHARTED and any(defined(c.results.answer(kind.name)) for c in shown)
    }


def _as_json(answer: Record | Undefined) -> Mapping[str, object]:
    return {"reason": answer.reason} if isinstance(answer, Undefined) else answer.to_dict()


def _said_of_columns(about: KindAbout) -> dict[str, str]:
    return {each.name: each.help for each in about.columns if each.help}


def say_outdated(shown: Sequence[Column]) -> None:
    """Name the models whose answers are to other settings than what the study asks now."""
    lines = [
        f"- {_plain(column.label)}, {_plain(kind)}: {_plain(settings)}"
        for column in shown
        for kind, settings in column.model.outdated_kinds.items()
    ]
    if lines:
        st.warning(
            "Not all models are measured alike: some answers are to other settings than the study "
            "asks now. Run the study again to compare like with like.\n" + "\n".join(lines)
        )
