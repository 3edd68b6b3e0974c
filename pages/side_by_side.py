"""Side by side: the same evidence for several models of one study, at a glance."""

import streamlit as st

from opcviz.ui.reading import export
from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections import comparison_rows, deepest, own_kinds
from opcviz.ui.sections.names import names
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import show_rows

study, view = head("Side by side")
shown = library.columns(study, view.models)

own_kinds.say_outdated(shown)
place = deepest.room(study, view)
names(shown)
show_rows(comparison_rows.rows(study, view, shown))
st.divider()
export.downloads(study, view, shown)
deepest.offer(place, study, view.models)
