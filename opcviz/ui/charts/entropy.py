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
COUNT_LARGER = 2  # pixels, than other text
WIDE = 3  # models: with more, panels are too narrow for words beside the count
MIN_NORM = 0.1  # norms below are drawn here: the bound is within 0.003 nats of log C already
ONE_SPOT = 0.01  # of the panel's width and height


@dataclass(frozen=True, eq=False)
class Points:
    """Samples of one model.

    Attributes:
        norm: (k,) of the centred logits.
        entropy: (k,) of the predictions, nats.
        forget: (k,) bool, whether the sample is to be forgotten.
        together: whether forgotten samples coincide in the model's feature space: those that
            then lie at one place here, too, are drawn as one mark with their count.
    """

    norm: np.ndarray
    entropy: np.ndarray
    forget: np.ndarray
    together: bool = False

    def on_one_spot(self, norm_range: float, entropy_range: float) -> np.ndarray:
        """(k,) bool: forgotten samples within 1 % of the panel from their median, if any coincide.

        Args:
            norm_range: how many factors of e the axis of norms spans.
            entropy_range: how many nats the other axis spans.
        """
        if not self.together or not self.forget.any():
            return np.zeros(len(self.forget), bool)
        x, y = np.log(np.maximum(self.norm.astype(float), MIN_NORM)), self.entropy.astype(float)
        near = np.ones(len(x), bool)
        for values, span in ((x, norm_range), (y, entropy_range)):
            near &= np.abs(values - np.median(values[self.forget])) <= ONE_SPOT * span
        found: np.ndarray = near & self.forget
        return found if found.sum() > 1 else np.zeros(len(x), bool)


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
    log = np.log10([MIN_NORM * 0.8, norms[-1]])
    for col, points in enumerate(models.values(), 1):
        spot = points.on_one_spot(float(np.ptp(log) * np.log(10)), 1.12 * float(bound[0]))
        for name, part, color in (
            ("retain", ~points.forget, ink.retain),
            ("forget", points.forget & ~spot, ink.forget),
        ):
            figure.add_trace(_cloud(name, points, part, color), row=1, col=col)
        figure.add_scatter(
            x=norms, y=bound, mode="lines", line=DASHES, hoverinfo="skip", row=1, col=col
        )
        if spot.any():
            figure.add_trace(_one_mark(points, spot, wide=len(models) <= WIDE), row=1, col=col)
    apply_layout(figure, height, top=12 + 16 * max(title.count("<br>") + 1 for title in titles))
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


def _one_mark(points: Points, spot: np.ndarray, *, wide: bool) -> go.Scatter:
    """All samples on one spot as one mark with a ring and their count."""
    count = int(spot.sum())
    norm = float(np.median(points.norm[spot].astype(float)))
    entropy = float(np.median(points.entropy[spot].astype(float)))
    return go.Scatter(
        x=[max(norm, MIN_NORM)],
        y=[entropy],
        mode="markers+text",
        text=[f"<b>{count:,}{' on one spot' if wide else ''}</b>"],
        textposition="bottom right",
        textfont={"size": text_size() + COUNT_LARGER},
        marker={"size": 15, "color": ink.forget, "line": {"width": 2.5, "color": ink.reference}},
        cliponaxis=False,
        hovertemplate=f"{count:,} forgotten samples on one spot: norm {norm:.3g}, "
        f"{entropy:.3f} nats<extra></extra>",
    )


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
