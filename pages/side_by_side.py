"""Side by side: the same evidence for several models of one study, at a glance."""

import streamlit as st

from opcviz.ui.reading import export
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.references import References
from opcviz.ui.reading.selected import Chosen
from opcviz.ui.sections import depth, followed, own_kinds
from opcviz.ui.sections import side_by_side as rows
from opcviz.ui.sections.folded import folded
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.recovery_row import recovery
from opcviz.ui.sections.selection_panel import panel, selection_row

study, view = head("Side by side")
shown = library.columns(study, view.models)
chosen = Chosen.of(study, library.samples(study)[0], shown, view.selection)
follow = followed.follows(view)

own_kinds.say_outdated(shown)
show_rows(
    [
        Row("answers", lambda: rows.headlines(shown)),
        Row("maps", lambda: rows.maps(study, view, shown)),
        Row(
            "selection",
            lambda: selection_row(view, chosen, lambda: panel(study, shown, key="rows.panel")),
        ),
        Row(
            "recovery",
            lambda: followed.recovery(chosen) if follow else recovery(shown, References.of(study)),
        ),
        Row(
            "depth",
            lambda: folded(
                "How deep does it go? The same attack at every block",
                lambda: depth.depth(shown),
                key="rows.deep",
            ),
        ),
        Row(
            "inversion",
            lambda: followed.inversion(chosen, shown) if follow else rows.reconstructions(shown),
        ),
    ]
)
st.divider()
export.downloads(study, view, shown)
