"""Requests in a row: what became of each when others followed, and what asking so costs."""

from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import show_rows
from opcviz.ui.sections.sequence.rows import rows

study, view = head("Requests in a row", tasks=("sequence",))
show_rows(rows(study, view, library.columns(study, view.models)))
