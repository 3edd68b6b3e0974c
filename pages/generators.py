"""Generators: what a model draws that was told to forget a class, and what brings it back."""

from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections.generators.places import places
from opcviz.ui.sections.generators.rows import rows
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import show_rows

study, view = head("Generators", tasks=("generation",))
shown = library.columns(study, view.models)
places(study, shown)
show_rows(rows(study, view, shown))
