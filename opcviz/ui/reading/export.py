"""Taking evidence away: numbers as JSON, samples with their coordinates and answers as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import streamlit as st

from ...study import StudyResult
from . import state
from . import store_reader as library
from .board import cell_name, declared_columns
from .store_reader import Column

__all__ = ["downloads", "numbers_csv", "numbers_json", "samples_csv"]


def downloads(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """Buttons for everything on the page: of the models shown, not of the whole study."""
    name = f"{study.place}-{len(shown)}-models"
    places = st.columns([1, 1, 1, 1.6], vertical_alignment="center")
    for place, label, ending, mime, make, told in (
        (
            places[0],
            "Samples (CSV)",
            "csv",
            "text/csv",
            lambda: samples_csv(study, view.map, shown),
            "The samples of the maps: class, part, and every model's coordinates and answer.",
        ),
        (
            places[1],
            "Numbers (CSV)",
            "numbers.csv",
            "text/csv",
            lambda: numbers_csv(study, shown),
            "A row a model shown, a column a measure of the Scoreboard.",
        ),
        (
            places[2],
            "Numbers (JSON)",
            "json",
            "application/json",
            lambda: numbers_json(study, shown),
            "Everything that was measured of the models shown, with their verdicts.",
        ),
    ):
        place.download_button(
            label,
            make,
            f"{name}.{ending}",
            mime,
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
            help=told,
        )
    st.caption("Point at a chart and press its camera to save it.")


def numbers_json(study: StudyResult, shown: Sequence[Column]) -> str:
    """What `opcviz show --json` says of the models shown."""
    keys = [column.model.key for column in shown]
    return json.dumps(study.to_dict(keys), indent=1, ensure_ascii=False)


def numbers_csv(study: StudyResult, shown: Sequence[Column]) -> str:
    """A row a model, with the number of each measure of the tables; empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    declared = declared_columns(study)
    writer.writerow(
        ["model", "method", "seed", "verdict", *(cell_name(*each) for each in declared)]
    )
    for column in shown:
        values = (each.value(column.results) for _, each in declared)
        numbers = ["" if value is None else value for value in values]
        told = "" if column.verdict.words == "none" else column.verdict.words
        writer.writerow([column.model.key, column.name, column.model.seed, told, *numbers])
    return out.getvalue()


def samples_csv(study: StudyResult, kind: str, shown: Sequence[Column]) -> str:
    """The probe set as CSV: id, class, part, and for each model coordinates and its answer."""
    samples, _ = library.samples(study)
    out = io.StringIO()
    writer = csv.writer(out)
    drawn = [(c, a) for c in shown if kind in (a := c.arrays("maps", "maps.npz"))]
    fields = ("x", "y", "answer", "probability")
    header = [f"{column.model.key} {field}" for column, _ in drawn for field in fields]
    writer.writerow(["sample", "class", "part", *header])
    for i, sample in enumerate(samples.ids):
        row = [
            int(sample),
            samples.class_names[samples.labels[i]],
            "forget" if samples.forget[i] else "retain",
        ]
        for _, arrays in drawn:
            p = arrays["probabilities"][i].astype(float)
            x, y = arrays[kind][i].tolist()
            answer = samples.class_names[int(p.argmax())]
            row += [f"{x:.5g}", f"{y:.5g}", answer, f"{p.max():.4f}"]
        writer.writerow(row)
    return out.getvalue()
