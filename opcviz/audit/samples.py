"""Every sample of an audit's probe set as one line of CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from ..study import ModelResult, StudyResult

__all__ = ["samples_csv"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a text may begin that a spreadsheet would take for a formula and run."""


def samples_csv(study: StudyResult) -> str:
    """One line a sample of the probe set: id, class, part, and what every model answers.

    Of each model there are its answer, the probability of it and of the true class, its membership
    score and the coordinates on each of its maps; empty where something was not computed. Models
    have the names that they have in the JSON.

    Raises:
        StoreError: when no model was made yet.
    """
    arrays, about = study.probe()
    names = about.class_names
    columns = [each for model in study.models for each in _columns(model, arrays, names)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["sample", "class", "part", *(head for head, _ in columns)])
    for i, sample in enumerate(arrays["ids"].tolist()):
        label, part = int(arrays["labels"][i]), "forget" if arrays["forget"][i] else "retain"
        cells = (values[i] for _, values in columns)
        writer.writerow([sample, _name(names, label), part, *cells])
    return out.getvalue()


def _columns(
    model: ModelResult, probe: dict[str, np.ndarray], names: Sequence[str]
) -> list[tuple[str, list[str]]]:
    """Heading and values of each thing known of one model's samples."""
    count, found = len(probe["ids"]), []
    maps, samples = model.arrays("maps", "maps.npz"), model.arrays("samples", "samples.npz")
    p = maps.get("probabilities")
    if p is not None and len(p) == count:
        p = p.astype(float)
        rows = np.arange(count)
        answers, right = p.argmax(1), np.asarray(probe["labels"])
        told = [_name(names, int(each)) for each in answers]
        found += [
            ("answer", told),
            ("probability", _numbers(p[rows, answers])),
            ("probability of its class", _numbers(p[rows, right])),
        ]
    if (member := samples.get("member")) is not None and len(member) == count:
        found.append(("membership score", _numbers(member)))
    for kind, points in maps.items():
        if kind != "probabilities" and points.shape == (count, 2):
            found += [(f"{kind} x", _numbers(points[:, 0])), (f"{kind} y", _numbers(points[:, 1]))]
    return [(f"{model.key} {head}", values) for head, values in found]


def _numbers(values: np.ndarray) -> list[str]:
    """Empty where a value is not finite."""
    return [f"{each:.6g}" if np.isfinite(each) else "" for each in values.tolist()]


def _name(names: Sequence[str], label: int) -> str:
    """A class's name, which comes from outside and must stay text in a spreadsheet."""
    name = names[label] if label < len(names) else str(label)
    return f"'{name}" if name.startswith(FORMULA) else name
