"""The rows of the page Generators for models that make records of earthquakes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ....common.records import defined
from ....results import WaveformResult
from ....study import StudyResult
from ...charts.theme import projected
from ...reading.seismograms import asked_of
from ...reading.store_reader import Column
from ..measures_table import table
from ..page_rows import Row
from ..sentences import title
from .degrees import degrees
from .errors import residuals, where
from .made import HOW_RECORDS, PARTS, records, sections
from .returned import regrown

__all__ = ["rows"]

HOW_MEASURES = (
    "Every figure of what was to be forgotten has two references: the original, which knows it, "
    "and the retrained model, which never saw it. The goal is to err as the retrained model does."
)


def rows(study: StudyResult, shown: Sequence[Column]) -> list[Row]:
    """The rows of the page.

    Args:
        study: that is shown, of the task of waveforms.
        shown: its columns.
    """
    asked = asked_of(study, shown[0].model.seed if shown else 0)
    whose = " (simulated)" if _simulated(shown) else ""
    made = []
    if asked is None:
        made.append(Row("records", _no_records))
    else:
        made += [
            Row(
                "records",
                lambda: records(asked, shown),
                "Every model is asked for the same earthquake. Waves that come where the lines are "
                "were known; a model that forgot puts them where others of its size would be.",
                slides=[partial(records, asked, shown, [part]) for part in PARTS],
            ),
            Row(
                "sections",
                lambda: sections(asked, shown),
                "The farther the station, the later the waves. A forgotten place keeps the order "
                "and loses the time: see the retrained model, which is what the others should be.",
            ),
            Row(
                "where",
                lambda: where(asked, shown),
                "The map lights up where a model is wrong. The goal is the retrained model's map, "
                "neither a dark one nor one that burns.",
            ),
            Row(
                "residuals",
                lambda: residuals(asked, shown),
                "0 is as strong as it should be, −0.3 half as strong. A model that forgot may "
                "shake too weakly, as the retrained one does.",
            ),
        ]
    made += [
        Row(
            "degrees",
            lambda: degrees(shown, whose),
            "0 errs as the original, 1 as a model that never saw it; above 2 the error grew more "
            "than twice as much as by never seeing it.",
        ),
        Row(
            "regrown",
            lambda: regrown(study, shown, whose),
            "An attacker trains on with retained records. What goes towards F = 0 comes back: it "
            "was never gone. What stays where the retrained model is has gone.",
        ),
        Row(
            "measures",
            lambda: _measured(study, shown, whose),
            "Every figure of every model. A figure speaks only beside that of the retrained model.",
        ),
    ]
    return [row for row in made if not (projected() and row.key == "measures")]


def _simulated(shown: Sequence[Column]) -> bool:
    """Whether what was measured is of a simulator's records; also where none were kept."""
    found = (column.results.get(WaveformResult) for column in shown)
    return any(each.simulated for each in found if defined(each))


def _no_records() -> None:
    title("One earthquake, asked of every model", HOW_RECORDS)
    st.caption("The original's records were not kept: run the study again to see them.")


def _measured(study: StudyResult, shown: Sequence[Column], whose: str) -> None:
    title(f"In figures{whose}", HOW_MEASURES)
    table(study, shown)
