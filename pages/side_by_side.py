"""Side by side: the same evidence for several models of one study, at a glance."""

import streamlit as st

from opcviz.ui.reading import export
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.references import References
from opcviz.ui.sections import cards, depth, own_kinds
from opcviz.ui.sections import side_by_side as rows
from opcviz.ui.sections.folded import folded
from opcviz.ui.sections.inversion_row import inversion
from opcviz.ui.sections.names import names
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.recovery_row import recovery

study, view = head("Side by side")
shown = library.columns(study, view.models)

own_kinds.say_outdated(shown)
names(shown)
show_rows(
    [
        Row("answers", lambda: cards.headlines(shown, References.of(study))),
        Row("maps", lambda: rows.maps(study, view, shown)),
        Row("recovery", lambda: recovery(shown, References.of(study))),
        Row(
            "depth",
            lambda: folded(
                "How deep does it go? The same attack at every block",
                lambda: depth.depth(shown),
                key="rows.deep",
            ),
        ),
        Row("inversion", lambda: inversion(study, shown)),
    ]
)
st.divider()
export.downloads(study, view, shown)
