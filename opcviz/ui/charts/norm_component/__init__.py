"""Answers whose logits shrink as a slider is dragged: certainty needs length.

A Streamlit component (version 2): dragging stays in the browser, so the bars follow the hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ..shared import MOUNT, script
from ..theme import ink, text_size

__all__ = ["Answer", "norm_dragger"]

_HERE = Path(__file__).parent
_HTML = """
<div class="dragger" data-testid="norm-dragger">
  <label>Norm of the logits
    <input type="range" min="0" max="100" step="1" value="100"
      aria-label="Norm of the logits, percent of the stored">
    <output></output>
  </label>
  <div class="panels"></div>
</div>
"""
_mount = st.components.v2.component(
    "opcviz_norm_dragger",
    html=_HTML,
    css=script(_HERE / "norm.css"),
    js=script(MOUNT, _HERE / "norm.js"),
)


@dataclass(frozen=True)
class Answer:
    """What a model answers on one picture.

    Attributes:
        title: what the picture is.
        picture: data URL.
        logits: (C,), their mean 0.
    """

    title: str
    picture: str
    logits: Sequence[float]


def norm_dragger(answers: Sequence[Answer], class_names: Sequence[str], *, key: str) -> None:
    """Draw bars of probabilities a picture, and the entropy of each against the norm.

    Args:
        answers: a forgotten and a kept picture's.
        class_names: of the C classes.
        key: names the component on its page.

    Raises:
        ValueError: when an answer has not one logit a class.
    """
    for answer in answers:
        if len(answer.logits) != len(class_names):
            raise ValueError(
                f"norm_dragger: '{answer.title}' has {len(answer.logits)} logits for "
                f"{len(class_names)} classes"
            )
    data = {
        "answers": [vars(answer) for answer in answers],
        "names": list(class_names),
        "colors": [ink.forget, ink.retain],
        "reference": ink.reference,
        "text": max(14, text_size()),
    }
    _mount(key=key, data=data)
