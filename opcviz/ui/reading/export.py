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
from .store_reader import Column

__all__ = ["downloads", "samples_csv"]


def downloads(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """Buttons for everything on the page."""
    name = f"{study.place}-{view.map}"
    one, two, hint = st.columns([1, 1, 3], vertical_alignment="center")
    one.download_button(
        "Samples (CSV)",
        lambda: samples_csv(study, view.map, shown),
        f"{name}.csv",
        "text/csv",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
    )
    two.download_button(
        "Numbers (JSON)",
        lambda: json.dumps(study.to_dict(), indent=1, ensure_ascii=False),
        f"{study.place}.json",
        "application/json",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
    )
    hint.caption(
        "Point at a chart and press its camera to save it. Whoever opens this page's address sees "
        "the same study, models, map and selection."
    )


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
