"""Entropy against logit norm: every sample of every model on the bound that ties them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ...common.entropy_bound import least_entropy
from .drawing import apply_layout
from .lines import DASHES
from .theme import TEXT_SIZE, ink, projected, text_size

__all__ = ["MIN_NORM", "Points", "entropy_figure"]

TITLE_LETTERS = 140  # of all titles in one row, at 1280 pixels
MIN_NORM = 0.1  # norms below are drawn here: the bound is within 0.003 nats of log C already


@dataclass(frozen=True, eq=False)
class Points:
    """Samples of one model.

    Attributes:
        norm: (k,) of the centred logits.
        entropy: (k,) of the predictions, nats.
        forget: (k,) bool, whether the sample is to be forgotten.
    """

    norm: np.ndarray
    entropy: np.ndarray
    forget: np.ndarray


def entropy_figure(
    models: Mapping[str, Points], classes: int, *, ceiling: float = 0.0, height: int = 300
) -> go.Figure:
    """One panel a model on shared axes, forget samples above retain samples, with the bound.

    Args:
        models: samples by model.
        classes: C of the predictions.
        ceiling: least norm that the axis reaches to.
        height: pixels.

    Raises:
        ValueError: for no model.
    """
    if not models:
        raise ValueError("entropy_figure: there is no model to draw")
    most = max([10.0, ceiling, *(float(p.norm.max(initial=0)) for p in models.values())])
    norms = np.geomspace(MIN_NORM, 1.15 * most, 120)
    bound = least_entropy(norms, classes)
    letters = TITLE_LETTERS * TEXT_SIZE // text_size() // len(models)
    titles = [_title(name, points, letters) for name, points in models.items()]
    figure = make_subplots(
        cols=len(models),
        shared_yaxes=True,
        horizontal_spacing=0.02,
        subplot_titles=titles,
    )
    figure.update_annotations(font_size=text_size() + 1)
    for col, points in enumerate(models.values(), 1):
        for name, part, color in (
            ("retain", ~points.forget, ink.retain),
            ("forget", points.forget, ink.forget),
        ):
            figure.add_trace(_cloud(name, points, part, color), row=1, col=col)
        figure.add_scatter(
            x=norms, y=bound, mode="lines", line=DASHES, hoverinfo="skip", row=1, col=col
        )
    apply_layout(figure, height, top=12 + 16 * max(title.count("<br>") + 1 for title in titles))
    log = np.log10([MIN_NORM * 0.8, norms[-1]])
    ticks = [MIN_NORM, 1, 10] + ([100] if most > 60 else [])
    figure.update_xaxes(
        type="log",
        range=log.tolist(),
        tickvals=ticks,
        title_text="logit norm",
        ticktext=[f"≤{MIN_NORM:g}", *(f"{tick:g}" for tick in ticks[1:])],
    )
    figure.update_yaxes(range=[-0.04 * bound[0], 1.08 * bound[0]], nticks=6)
    figure.update_yaxes(title_text="entropy (nats)", row=1, col=1)
    return figure


def _title(name: str, points: Points, letters: int) -> str:
    """The name, broken into lines of so many letters, and the forget data's medians."""
    lines = textwrap.wrap(name, letters)
    if points.forget.any():
        norm, nats = (
            np.median(v[points.forget].astype(float)) for v in (points.norm, points.entropy)
        )
        lines.append(f"norm {norm:.2g}, {nats:.2f} nats")
    return "<br>".join(lines)


def _cloud(name: str, points: Points, part: np.ndarray, color: str) -> go.Scattergl:
    norm = points.norm[part].astype(np.float32)
    return go.Scattergl(
        x=np.maximum(norm, np.float32(MIN_NORM)),
        y=points.entropy[part].astype(np.float32),
        customdata=norm,
        name=name,
        mode="markers",
        marker={"size": 4, "color": color, "opacity": 0.9 if projected() else 0.5},
        hovertemplate=f"{name}: norm %{{customdata:.3g}}, %{{y:.3f}} nats<extra></extra>",
    )
