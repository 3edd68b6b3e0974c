"""A stored answer whose norm can be dragged to nothing, on a forgotten and on a kept picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ....study import StudyResult
from ...charts.norm_component import Answer, norm_dragger
from ...charts.pictures import png_url, to_rgb
from ...reading import store_reader as library
from ...reading.store_reader import Column
from .facts import Lacking

__all__ = ["clearest", "norm"]


def norm(study: StudyResult, shown: Sequence[Column]) -> None:
    """Two pictures' answers by the first model shown, with a slider for the norm of both.

    Raises:
        Lacking: when there are no answers whose logits can be told.
    """
    samples, about = library.samples(study)
    first = shown[0]
    shares = first.arrays("maps", "maps.npz").get("probabilities")
    if shares is None or len(shares) != len(samples.ids) or samples.pictures is None:
        raise Lacking("the answers to every picture", study.study.name)
    answers = []
    for part, name in ((samples.forget, "forgotten"), (~samples.forget, "kept")):
        at = clearest(shares.astype(float), samples.labels, part)
        if at is None:
            raise Lacking(f"a sure answer to a {name} picture", study.study.name)
        logits = np.log(shares[at].astype(float))
        answers.append(
            Answer(
                f"a {name} picture, class {about.class_names[samples.labels[at]]}",
                png_url(to_rgb(samples.pictures[at : at + 1])[0]),
                (logits - logits.mean()).tolist(),
            )
        )
    st.markdown(f"What **{first.label}** answers, with all its scores made smaller together")
    norm_dragger(answers, about.class_names, key=f"norm.{first.model.key}")
    st.caption(
        "pₖ = exp(s·zₖ) / Σⱼ exp(s·zⱼ), entropy H = −Σₖ pₖ·log pₖ, with s from 1 to 0. The logits "
        "z are the logarithms of the stored answers, moved so that their mean is 0, which changes "
        "no answer. When the features become smaller, the logits become smaller by the same "
        "factor, apart from the last layer's own constants."
    )


def clearest(
    shares: NDArray[np.float64], labels: NDArray[np.int64], part: NDArray[np.bool_]
) -> int | None:
    """The picture with a right answer whose least probable class was stored most precisely.

    Args:
        shares: (N, C) probabilities, stored with half precision: the smallest became 0.
        labels: (N,) true classes.
        part: (N,) where to look.

    Returns:
        Its position, or None where every right answer has a class with probability 0.
    """
    least = np.where(part & (shares.argmax(1) == labels), shares.min(1), 0.0)
    at = int(least.argmax()) if len(least) else 0
    return at if len(least) and least[at] > 0 else None
