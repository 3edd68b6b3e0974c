"""Instruments: every further measure of the models shown, with its baseline."""

import streamlit as st

from opcviz.ui import depth, instruments, library, verdicts
from opcviz.ui.header import head

study, view = head("Instruments")
shown = library.columns(study, view.models)

st.subheader("Verdicts", anchor=False)
verdicts.details(shown)
st.subheader("Measures", anchor=False)
instruments.table(study, shown)
st.subheader("Depth", anchor=False, help="The same attack at every block.")
depth.depth(shown)
st.subheader("Relearning", anchor=False, help="Fine-tuning as an attack.")
instruments.relearning(shown)
