"""Feature space: the maps large, every epoch of them, and what the selected samples are."""

from functools import partial

from opcviz.ui.charts.maps_component import Selection
from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections import deepest
from opcviz.ui.sections.large_maps import large_maps
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import Row, show_rows
from opcviz.ui.sections.presentation import presenting
from opcviz.ui.sections.selection_panel import panel, panel_slides, pinned_slot

study, view = head("Feature space")
shown = library.columns(study, view.models)
place = deepest.room(study, view)

slides = panel_slides(study, shown, key="panel") if presenting() else {}
deep = shown if view.option("scene") == "3d" else []  # a stack takes a screen

rows = [
    Row(
        "large-maps",
        lambda: large_maps(study, view, shown),
        "Each point is one picture, at the place where a network's last layer sees it; the "
        "same picture is marked in every map.",
        slides=[partial(large_maps, study, view, [column]) for column in deep],
    ),
    Row(
        "pinned",
        lambda: pinned_slot(study, view, shown),
        "The one picture you pinned, and what each network makes of it.",
    ),
    Row(
        "selection",
        lambda: panel(study, shown, key="panel"),
        "The pictures you selected, one a line, with what each network answers and what an "
        "attacker gets back of them.",
        slides=list(slides.values()),
        slides_explain=list(slides),
    ),
]
if presenting():  # nobody selects in a hall, and an empty panel is no screen
    empty = {"pinned": view.sample is None, "selection": view.selection == Selection()}
    rows = [row for row in rows if not empty.get(row.key)]
show_rows(rows)
deepest.offer(place, study, view.models)
