"""Generators: what a model makes that was told to forget, and what brings it back."""

from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections.generators.places import places
from opcviz.ui.sections.generators.rows import rows
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import show_rows
from opcviz.ui.sections.waveforms.degrees import names
from opcviz.ui.sections.waveforms.rows import rows as rows_of_records

study, view = head("Generators", tasks=("generation", "waveforms"))
shown = library.columns(study, view.models)
if study.study.task == "waveforms":
    names(study, shown)
    show_rows(rows_of_records(study, shown))
else:
    places(study, shown)
    show_rows(rows(study, view, shown))
