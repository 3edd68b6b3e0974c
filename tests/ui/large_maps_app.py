"""Large maps of two models with their epochs, one of which ends earlier."""

import numpy as np
import streamlit as st

from opcviz.ui.charts.maps_component import Panel, Samples, linked_maps

st.set_page_config(layout="wide")
N = 200
rng = np.random.default_rng(0)
labels = np.arange(N) % 4
points = rng.uniform(-1, 1, (N, 2)).astype(np.float32)
answers = np.full((N, 4), 0.1)
answers[:, 3] = 0.7
samples = Samples(np.arange(N), labels, labels == 0, ["ant", "bee", "cat", "dog"])
shrinking = np.stack([points * (1 - e / 4) for e in range(5)])
panels = [
    Panel(
        "Long",
        shrinking[-1],
        answers,
        restored=labels.astype(np.int16),
        frames=shrinking,
        epochs=range(5),
    ),
    Panel("Short", points, answers, frames=np.stack([points] * 3), epochs=range(3)),
]


def left(epoch: int | None) -> None:
    st.session_state.epoch = epoch


linked_maps(
    panels,
    samples,
    key="large",
    extent=(-1, 1, -1, 1),
    tools=True,
    colour=st.query_params.get("colour", "class"),
    epoch=st.session_state.get("epoch"),
    on_epoch=left,
    file="both",
)
st.text(f"epoch {st.session_state.get('epoch')}")
