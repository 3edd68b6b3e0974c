"""What clients hold: a panel each, a bar a class."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .drawing import apply_layout
from .theme import ink, text_size

__all__ = ["MOST", "shares_figure"]

MOST = 10  # panels side by side
LEFT, STAYS = ink.forget, ink.retain


def shares_figure(
    shares: Sequence[Sequence[int]], leavers: Sequence[bool], class_names: Sequence[str]
) -> go.Figure:
    """Pictures of each class, a panel a client, on one scale.

    Args:
        shares: by client, its pictures of each class.
        leavers: by client, whether it leaves.
        class_names: in label order.
    """
    titles = [
        f"<b>Client {client} leaves</b>" if leaves else f"Client {client}"
        for client, leaves in enumerate(leavers)
    ]
    figure = make_subplots(
        1, len(shares), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.012
    )
    for client, (counts, leaves) in enumerate(zip(shares, leavers, strict=True)):
        trace = go.Bar(
            x=list(class_names),
            y=list(counts),
            marker_color=LEFT if leaves else STAYS,
            hovertemplate="%{y} pictures of %{x}<extra>Client " + str(client) + "</extra>",
            name=f"Client {client}",
        )
        figure.add_trace(trace, row=1, col=client + 1)
    apply_layout(figure, 190, right=8)
    figure.update_annotations(font_size=text_size())
    figure.update_layout(showlegend=False, bargap=0.15, margin_t=34)
    figure.update_xaxes(type="category", tickangle=0)
    figure.update_yaxes(title_text="pictures", row=1, col=1)
    return figure
