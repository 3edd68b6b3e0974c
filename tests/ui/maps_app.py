"""The smallest app with linked maps: three models, an epoch slider, the selection in words."""

import numpy as np
import streamlit as st

from opcviz.ui.charts.maps_component import Panel, Samples, Selection, linked_maps

st.set_page_config(layout="wide")
N = 300
rng = np.random.default_rng(0)
labels = np.arange(N) % 5
points = rng.uniform(-1, 1, (N, 2))
points[:4] = [[-1, -1], [1, 1], [0, 0], [0.5, 0]]
near = np.linalg.norm(points - points[2], axis=1) < 0.12
points[near & (np.arange(N) != 2)] += 0.3  # sample 1002 stands alone in the middle
probabilities = np.full((N, 5), 0.02)
probabilities[np.arange(N), labels] = 0.92
samples = Samples(
    np.arange(N) + 1000,
    labels,
    np.isin(labels, [0, 2]),
    ["ant", "bee", "cat", "dog", "elk"],
    rng.integers(0, 256, (N, 8, 8), np.uint8),
)
epoch = st.slider("epoch", 0, 3, 0, key="epoch")
for column in st.columns(3):
    column.markdown("column")
panels = [
    Panel("Original", points, probabilities),
    Panel("OPC", points * (1 - 0.25 * epoch), probabilities[:, ::-1], origin=(0, 0)),
    Panel("GA", reason="no map: diverged at step 120"),
]
if st.button("select from Python"):
    st.session_state.chosen = Selection(sample=1001, classes=(3,))
shown = st.session_state.get("chosen")


def keep(selection: Selection) -> None:
    st.session_state.chosen = selection


got = linked_maps(
    panels,
    samples,
    key="maps",
    selected=shown or Selection(),
    on_select=keep,
    extent=(-1, 1, -1, 1),
)
st.text(f"epoch {epoch}")
st.text(f"pinned {got.sample} · set {len(got.samples)} · classes {list(got.classes)}")
