"""Side by side: the same evidence for several models of one study, at a glance."""

import streamlit as st

from opcviz.ui.reading import export
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.references import References
from opcviz.ui.reading.selected import Chosen
from opcviz.ui.sections import cards, depth, followed, own_kinds
from opcviz.ui.sections import side_by_side as rows
from opcviz.ui.sections.folded import folded
from opcviz.ui.sections.inversion_row import inversion
from opcviz.ui.sections.names import names
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.recovery_row import recovery
from opcviz.ui.sections.selection_panel import panel, selection_row

study, view = head("Side by side")
shown = library.columns(study, view.models)
chosen = Chosen.of(study, library.samples(study)[0], shown, view.selection)
follow = followed.follows(view)

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
            "look alike to the network. What was to be forgotten is in strong colours.",
        ),
        Row(
            "selection",
            lambda: selection_row(view, chosen, lambda: panel(study, shown, key="rows.panel")),
            "What you pick on the maps, by a click, the lasso or a class of the legend, is listed "
            "here with what each network answers.",
        ),
        Row(
            "recovery",
            lambda: followed.recovery(chosen) if follow else recovery(shown, References.of(study)),
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
            lambda: followed.inversion(chosen, shown) if follow else inversion(study, shown),
            "Someone who holds a forgotten picture tries to rebuild it from the gradient, the "
            "direction in which it would move the weights. A sharp picture shows that a gradient "
            "flows, not that the picture was remembered: compare with the retrained network, which "
            "never saw it.",
        ),
    ]
)
st.divider()
export.downloads(study, view, shown)
