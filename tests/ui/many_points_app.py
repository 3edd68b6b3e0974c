"""The page that `benchmarks.maps` measures: synthetic maps, as many as its address asks for."""

import numpy as np
import streamlit as st

from opcviz.ui.charts.maps_component import Panel, Samples, linked_maps

st.set_page_config(layout="wide")
N = int(st.query_params.get("points", 5000))
MODELS = int(st.query_params.get("models", 6))
EPOCHS = int(st.query_params.get("epochs", 0))
CLASSES = 10


@st.cache_data
def made(count: int, models: int, epochs: int) -> tuple[Samples, list[Panel]]:
    """Clouds of ten classes, three of them to be forgotten."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % CLASSES
    samples = Samples(np.arange(count), labels, labels < 3, [f"class {c}" for c in range(CLASSES)])
    panels = []
    for model in range(models):
        centres = rng.uniform(-10, 10, (CLASSES, 2))
        points = (centres[labels] + rng.normal(0, 1, (count, 2))).astype(np.float32)
        answers = rng.dirichlet(np.ones(CLASSES), count).astype(np.float32)
        frames = None
        if epochs:
            frames = np.stack([points * (1 - 0.9 * e / epochs) for e in range(epochs + 1)])
        steps = range(epochs + 1) if epochs else ()
        panels.append(Panel(f"Model {model}", points, answers, frames=frames, epochs=steps))
    return samples, panels


samples, panels = made(N, MODELS, EPOCHS)
linked_maps(
    panels,
    samples,
    key="maps",
    per_row=3 if MODELS > 4 else 2,
    tools=True,
    colour=st.query_params.get("colour", "class"),
)
