"""Instruments: every further measure of the models shown, with its baseline."""

import streamlit as st

from opcviz.ui.reading import export
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.references import References
from opcviz.ui.sections import (
    depth,
    entropy_panels,
    instruments,
    measures_table,
    own_kinds,
    told_apart,
    verdicts,
)
from opcviz.ui.sections.folded import folded
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.recovery_detail import recovery_detail
from opcviz.ui.sections.relearned import relearned
from opcviz.ui.sections.worst_case import worst_case

study, view = head("Instruments")
shown = library.columns(study, view.models)
beside = References.of(study)

own_kinds.say_outdated(shown)
st.subheader("Verdicts", anchor=False)
verdicts.details(shown, words=True)
st.subheader("Worst case by block", anchor=False, help="The best of all declared attackers.")
worst_case(shown, beside)
st.subheader("Relearned", anchor=False, help="The best of many ways of training on.")
relearned(shown, beside)
st.subheader("Told apart", anchor=False, help="Does it show that something was unlearned?")
told_apart.told_apart(shown, beside)
st.subheader("Information in each block", anchor=False, help="In bits, and as IDI.")
told_apart.information(shown, beside)
st.subheader("Measures", anchor=False)
measures_table.table(study, shown)
folded(
    "Depth by one affine map of each block's pooled output",
    lambda: depth.depth(shown),
    key="instruments.depth",
)
folded(
    "Recovery in detail: by class, and by the attacker's samples",
    lambda: recovery_detail(study, shown),
    key="instruments.detail",
)
folded(
    "Relearning step by step, with the original's own recipe",
    lambda: instruments.relearning(shown),
    key="instruments.relearning",
)
st.subheader("Entropy and norm", anchor=False, help="Why small logits mean uncertainty.")
entropy_panels.entropy(shown)
st.subheader("Membership", anchor=False, help="Was a sample in the training set?")
instruments.membership(shown)
own_kinds.own_kinds(study, shown)
st.divider()
export.downloads(study, view, shown)
