"""The row of gradient inversion on Side by side: what was rebuilt, below each true picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ...common.records import Undefined, defined
from ...results import InversionSummary
from ...study import StudyResult
from ..charts.inversion_component import Track, picture_grid
from ..charts.theme import projected
from ..reading import state
from ..reading import store_reader as library
from ..reading.likeness import psnr, ssim
from ..reading.means import class_means
from ..reading.store_reader import Column
from .paint import paint
from .sentences import HOW_TO_READ, title

__all__ = ["CLASS_MEAN", "db", "inversion", "mean_track", "on_step", "step_shown"]

CLASS_MEAN = "Mean picture of the class"
Arrays = dict[str, NDArray[Any]]


@st.fragment
def inversion(study: StudyResult, shown: Sequence[Column]) -> None:
    """What inversion gets back of a few forget pictures, at any step of the search.

    Args:
        study: whose pictures they are.
        shown: the columns; rows here, so that each reconstruction stands below its target.
    """
    title("Gradient inversion", HOW_TO_READ["inversion"])
    made = {c.label: c.arrays("inversion", "inversion.npz") for c in shown}
    made = {
        label: arrays
        for label, arrays in made.items()
        if "pictures" in arrays and defined(_about(shown, label))
    }
    if not made:
        st.caption("No gradient inversion was made for these models yet.")
        return
    colors = paint(shown)
    for number, group in enumerate(_by_pictures(made)):
        first = made[group[0]]
        if number:
            st.caption(f"Made of other pictures: {', '.join(group)}.")
        labels = _labels(study, first["ids"])
        tracks = [
            _track(label, made[label], _about(shown, label), colors[label]) for label in group
        ]
        mean = mean_track(study, labels, first["pictures"])
        picture_grid(
            first["pictures"],
            _captions(study, labels),
            _for_the_room([*tracks, *([mean] if mean else [])]),
            key=f"rows.inversion.{number}" if number else "rows.inversion",
            at=step_shown(),
            on_step=on_step,
            title="The forget pictures",
        )
        if mean is None:
            st.caption(
                "The mean picture of each class was not kept in this study: a search on the page "
                "*Inversion* keeps it."
            )
    if projected():  # the grid has the means
        return
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        about = column.results.get(InversionSummary)
        told = [f"none: {about.reason}"] if isinstance(about, Undefined) else scores(about)
        if column.label not in made and not isinstance(about, Undefined):
            told.append("its pictures cannot be read")
        place.caption("  \n".join([f"**{column.label}**", *told]))


def _for_the_room(tracks: list[Track]) -> list[Track]:
    """In a hall one number a picture and few words, so that all rows are on the wall at once."""
    if not projected():
        return tracks
    return [replace(each, ssim=np.empty((0, 0)), told=[]) for each in tracks]


def step_shown() -> int | None:
    """The step of the search in the address; None: the last."""
    word = state.option("step")
    return int(word) if word else None


def on_step(step: int | None) -> None:
    """Keep the step at which a slider came to rest."""
    state.choose(step="" if step is None else str(step))


def mean_track(
    study: StudyResult, labels: Sequence[int | None], pictures: NDArray[np.uint8]
) -> Track | None:
    """The row of class-mean pictures; None where they were not kept.

    Args:
        study: whose training pictures.
        labels: class of each picture.
        pictures: (P, C, H, W) uint8, the true ones.
    """
    means = class_means(study)
    found = [means.get(label) if label is not None else None for label in labels]
    guesses = [each for each in found if each is not None and each.shape == pictures.shape[1:]]
    if len(guesses) != len(pictures):
        return None
    frames = np.stack(guesses)[None]
    told = ["needs no model"]
    return Track(CLASS_MEAN, frames, (), psnr(frames, pictures), ssim(frames, pictures), told=told)


def _about(shown: Sequence[Column], label: str) -> InversionSummary | Undefined:
    return next(c for c in shown if c.label == label).results.get(InversionSummary)


def _by_pictures(made: dict[str, Arrays]) -> list[list[str]]:
    """Labels of the models whose pictures are the same, together."""
    groups: list[list[str]] = []
    for label, arrays in made.items():
        same = (g for g in groups if np.array_equal(made[g[0]]["ids"], arrays["ids"]))
        home = next(same, None)
        if home is None:
            groups.append([label])
        else:
            home.append(label)
    return groups


def _labels(study: StudyResult, ids: NDArray[Any]) -> list[int | None]:
    """Class of each picture; None of one that is not in the probe set."""
    samples, _ = library.samples(study)
    known = dict(zip(samples.ids.tolist(), samples.labels.tolist(), strict=True))
    return [known.get(int(i)) for i in ids]


def _captions(study: StudyResult, labels: Sequence[int | None]) -> list[str]:
    names = library.samples(study)[0].class_names
    return ["" if label is None else str(names[label]) for label in labels]


def _track(label: str, arrays: Arrays, about: InversionSummary | Undefined, color: str) -> Track:
    """One model's search: its frames and how close each comes.

    The last frame is what was found, whose stored scores were measured before it was rounded to
    bytes.
    """
    true, last = arrays["pictures"], arrays["reconstructions"]
    steps = tuple(int(step) for step in arrays.get("steps", ()))
    frames = np.concatenate([arrays["frames"][:-1], last[None]]) if steps else last[None]
    reasons = _reasons(about, arrays["found"])
    close, alike = psnr(frames, true), ssim(frames, true)
    if defined(about):
        each = about.per_picture
        for measured, stored in ((close, each.psnr), (alike, each.ssim)):
            if len(stored) == len(last):
                measured[-1] = [np.nan if v is None else v for v in stored]
    void = np.array([bool(why) for why in reasons])
    close[:, void] = alike[:, void] = np.nan
    return Track(label, frames, steps, close, alike, reasons, color=color)


def _reasons(about: InversionSummary | Undefined, found: NDArray[Any]) -> list[str]:
    told = about.per_picture.reason if defined(about) else ()
    why = [each or "" for each in told] if len(told) == len(found) else [""] * len(found)
    return [w or ("" if ok else "nothing was found") for w, ok in zip(why, found, strict=True)]


def scores(about: InversionSummary) -> list[str]:
    """Scores of one model in the end, the gradient they rest on, and what rebuilds a masked
    picture: one idea a line."""
    lines = []
    if about.psnr is None or about.ssim is None:
        lines.append(f"no score: {about.reason}")
    else:
        lines.append(f"in the end PSNR **{db(about.psnr)}**, SSIM **{about.ssim:.2f}**")
        baseline = about.class_mean.psnr if about.class_mean else None
        lines.append(f"class mean {db(baseline)}")
    if about.random_gradient is not None:
        lines.append(f"the same search in a random gradient {db(about.random_gradient.psnr)}")
    if about.gradient_norm is not None:
        body = about.body_gradient_norm
        inside = "" if body is None else f", of which in the body {body:.2g}"
        lines.append(f"gradient norm {about.gradient_norm:.2g}{inside}")
    each = about.per_picture
    # a picture without a cost was not searched
    settled = [
        done for done, cost in zip(each.settled, each.cost, strict=False) if cost is not None
    ]
    if not all(settled):
        lines.append(
            f"{len(settled) - sum(settled)} of {len(settled)} searches stopped short: their scores "
            "are lower bounds"
        )
    if about.masked:
        lines.append("**gradient masked**: the pictures are rebuilt all the same")
    if defined(bent := about.surrogate) and bent.psnr is not None:
        lines.append(f"with slope {bent.slope:g} for dead units {db(bent.psnr)}")
    if about.activations:
        told = ", ".join(f"{each.block} {db(each.psnr)}" for each in about.activations)
        lines.append(f"from activations: {told}")
    return lines


def db(value: float | None) -> str:
    """Decibels for the screen."""
    return "–" if value is None else f"{value:.1f} dB"
