"""Instruments: every further measure of the models shown, with its baseline."""

import streamlit as st

from opcviz.ui.reading import export
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.references import References
from opcviz.ui.sections import instrument_rows, own_kinds
from opcviz.ui.sections.names import names
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import show_rows

study, view = head("Instruments")
shown = library.columns(study, view.models)

own_kinds.say_outdated(shown)
names(shown)
show_rows(instrument_rows.rows(study, shown, References.of(study)))
st.divider()
export.downloads(study, view, shown)
