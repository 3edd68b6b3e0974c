"""Side by side: the same evidence for several models of one study, at a glance."""

import streamlit as st

from opcviz.ui.reading import export
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.references import References
from opcviz.ui.sections import depth, own_kinds
from opcviz.ui.sections import side_by_side as rows
from opcviz.ui.sections.folded import folded
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.recovery_row import recovery

study, view = head("Side by side")
shown = library.columns(study, view.models)

own_kinds.say_outdated(shown)
show_rows(
    [
        Row(
            "answers",
            lambda: rows.headlines(shown),
            "What each network answers, and what the strongest attackers tried here get back. A "
            "network that no longer answers may still know: the coloured words say which.",
        ),
        Row(
            "maps",
            lambda: rows.maps(study, view, shown),
            "Each mark is one picture, placed by what the network computes of it; nearby marks "
            "look alike to the network. What was to be forgotten is in strong colours.",
        ),
        Row(
            "recovery",
            lambda: recovery(shown, References.of(study)),
            "How many forgotten pictures are named rightly: by the network itself (before), and "
            "after an attacker put one linear map on its last features. Only what stands above "
            "the green retrained networks, which never saw these pictures, and above the dotted "
            "pixels, which are no network at all, speaks of memory.",
        ),
        Row(
            "depth",
            lambda: folded(
                "How deep does it go? The same attack at every block",
                lambda: depth.depth(shown),
                key="rows.deep",
            ),
            "The same attack on every stage of the network, from the input to the output. Where a "
            "line stays up, the forgotten pictures can still be named at that stage; compare with "
            "the retrained network, which never saw them.",
        ),
        Row(
            "inversion",
            lambda: rows.reconstructions(shown),
            "Someone who holds a forgotten picture tries to rebuild it from the gradient, the "
            "direction in which it would move the weights. A sharp picture shows that a gradient "
            "flows, not that the picture was remembered: compare with the retrained network, which "
            "never saw it.",
        ),
    ]
)
st.divider()
export.downloads(study, view, shown)
