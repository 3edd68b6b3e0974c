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
        Row(
            "answers",
            lambda: cards.headlines(shown, References.of(study)),
            "What each network answers, and what the strongest attackers tried here get back. A "
            "network that no longer answers may still know: the coloured words say which.",
        ),
        Row(
            "maps",
            lambda: rows.maps(study, view, shown),
            "Each mark is one picture, placed by what the network computes of it; nearby marks "
            "look alike to the network. Forgotten classes are in strong colours.",
        ),
        Row(
            "recovery",
            lambda: recovery(shown, References.of(study)),
            "How many forgotten pictures are named rightly: by the network itself (before), and "
            "after an attacker put one linear map on its last features. Only what stands above "
            "the green retrained networks, which never saw these pictures, speaks of memory.",
        ),
        Row(
            "depth",
            lambda: folded(
                "How deep does it go? The same attack at every block",
                lambda: depth.depth(shown),
                key="rows.deep",
            ),
            "The same attack on every stage of the network, from the input to the output. Where a "
            "line stays up, the forgotten classes can still be told apart at that stage; so they "
            "can in a network that never saw them.",
        ),
        Row(
            "inversion",
            lambda: inversion(study, shown),
            "Someone who holds a forgotten picture tries to rebuild it from the gradient, the "
            "direction in which it would move the weights. A sharp picture shows that a gradient "
            "flows, not that the picture was remembered: the retrained network gives it back, too.",
        ),
    ]
)
st.divider()
export.downloads(study, view, shown)
