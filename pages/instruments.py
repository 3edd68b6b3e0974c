"""Instruments: every further measure of the models shown, with its baseline."""

import streamlit as st

from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections import (
    depth,
    entropy_panels,
    instruments,
    measures_table,
    own_kinds,
    verdicts,
)
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.recovery_detail import recovery_detail

study, view = head("Instruments")
shown = library.columns(study, view.models)

own_kinds.say_outdated(shown)
st.subheader("Verdicts", anchor=False)
verdicts.details(shown, words=True)
st.subheader("Measures", anchor=False)
measures_table.table(study, shown)
st.subheader("Depth", anchor=False, help="The same attack at every block.")
depth.depth(shown)
with st.expander("Recovery in detail: by class, and by the attacker's samples"):
    recovery_detail(study, shown)
st.subheader("Relearning", anchor=False, help="Fine-tuning as an attack.")
instruments.relearning(shown)
st.subheader("Entropy and norm", anchor=False, help="Why small logits mean uncertainty.")
entropy_panels.entropy(shown)
st.subheader("Membership", anchor=False, help="Was a sample in the training set?")
instruments.membership(shown)
own_kinds.own_kinds(study, shown)
