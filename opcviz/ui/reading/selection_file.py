"""The selection as a file."""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from .selected import Chosen

__all__ = ["selection_csv"]


def selection_csv(chosen: Chosen, where: NDArray[np.int64]) -> str:
    """Samples as CSV: id, class, part, and of each model what is known of it.

    Columns of a model, by its key: `answer`, `share` (0 to 1), `restored` (the class that FM
    fitted on retained data gets), `restored all` (fitted on everything), `group` (−1: alone),
    `neighbours lost` (0 to 1, against the original's). What was not measured is left out.
    """
    samples = chosen.samples
    names = [str(name) for name in samples.class_names]

    def class_of(number: int) -> str:
        return names[number] if number >= 0 else ""

    columns: list[tuple[str, list[str]]] = [
        ("sample", [str(i) for i in samples.ids[where].tolist()]),
        ("class", [names[c] for c in samples.labels[where].tolist()]),
        ("part", ["forget" if f else "retain" for f in samples.forget[where].tolist()]),
    ]
    for model, original in zip(chosen.models, chosen.originals, strict=True):
        if model.answer is not None and model.share is not None:
            answers = [names[c] for c in model.answer[where].tolist()]
            columns.append((f"{model.key} answer", answers))
            shares = [f"{share / 100:.4f}" for share in model.share[where].tolist()]
            columns.append((f"{model.key} share", shares))
        for fit, word in (("retain", "restored"), ("all", "restored all")):
            if fit in model.restored:
                back = [class_of(c) for c in model.restored[fit][where].tolist()]
                columns.append((f"{model.key} {word}", back))
        if model.groups is not None:
            groups = [str(g) for g in model.groups[where].tolist()]
            columns.append((f"{model.key} group", groups))
        if (moved := model.moved(original)) is not None:
            lost = [f"{m / 100:.2f}" for m in moved[where].tolist()]
            columns.append((f"{model.key} neighbours lost", lost))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([name for name, _ in columns])
    writer.writerows(zip(*(values for _, values in columns), strict=True))
    return out.getvalue()
