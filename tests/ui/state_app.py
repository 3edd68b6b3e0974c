"""Two pages that show and change the one selection."""

import streamlit as st

from opcviz.ui.charts.maps_component import Selection
from opcviz.ui.reading import state

STUDIES = {"digits": state.Choices(["original", "retrain", "opc"], samples=range(9))}


def body(name: str) -> None:
    for sample in (4, 5):
        st.button(f"pin {sample}", on_click=state.update, kwargs={"selection": Selection(sample)})
    view = state.sync(STUDIES)
    if st.button("run"):  # a page appends what is its own
        st.query_params["run"] = "7"
    st.text(f"page {name} sample {view.sample}")


def one() -> None:
    body("one")


def two() -> None:
    body("two")


st.navigation([st.Page(one), st.Page(two)]).run()
