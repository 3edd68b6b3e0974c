"""Clients that leave: who held what, what each method does about it, and what comes back."""

from opcviz.ui.reading import store_reader as library
from opcviz.ui.sections.clients.rows import rows
from opcviz.ui.sections.names import names
from opcviz.ui.sections.page_header import head
from opcviz.ui.sections.page_rows import show_rows

study, view = head("Clients that leave", tasks=("client",))
shown = library.columns(study, view.models)
names(shown)
show_rows(rows(study, view, shown))
