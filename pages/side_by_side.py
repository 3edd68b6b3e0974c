"""Side by side: the same evidence for several models of one study, at a glance."""

import streamlit as st

from opcviz.ui import export, library, rows
from opcviz.ui.header import head

study, view = head("Side by side")
shown = library.columns(study, view.models)
retrained = next((m for m in study.models if m.method.info.name == "retrain"), None)

rows.headlines(shown)
rows.maps(study, view, shown)
rows.recovery(shown, retrained.to_dict() if retrained else None)
rows.reconstructions(shown)

st.divider()
export.downloads(study, view, shown)
