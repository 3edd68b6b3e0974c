"""Curves that grow when the button is pressed, for the browser's tests."""

import streamlit as st

from opcviz.ui.charts.curves_component import run_curves

epochs = st.session_state.setdefault("epochs", 0)
history = [
    {"epoch": i, "forget_accuracy": 100 / (i + 1), "retain_accuracy": 99.0, "norm_ratio": 10.0**-i}
    for i in range(epochs)
]
losses = [(i / 4, 2 / (1 + i)) for i in range(4 * epochs)]


def more():
    st.session_state["epochs"] += 1


run_curves(history, losses=losses, epochs=8, key="curves")
st.button("More", on_click=more)
