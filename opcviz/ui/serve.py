"""`opcviz app`: the app's server, which gets ready for its first visitor while it starts.

`streamlit run app.py` works as well; then the first visitor waits for the pages' imports and for
the first study to be read. Streamlit reads `.streamlit/config.toml` beside the script, wherever it
is started.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib import import_module

from streamlit.web import cli

from ..resources import app_file

__all__ = ["main"]

FIRST_PAGE = (  # what `pages/first_sight.py` imports, and `pages/side_by_side.py` after it
    "opcviz.ui.reading.contrast",
    "opcviz.ui.reading.export",
    "opcviz.ui.sections.first_sight",
    "opcviz.ui.sections.comparison_rows",
    "opcviz.ui.sections.login",
    "opcviz.ui.sections.names",
    "opcviz.ui.sections.own_kinds",
    "opcviz.ui.sections.page_header",
    "opcviz.ui.sections.page_rows",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the app's server until it is stopped; exits with its status.

    Args:
        arguments: those of `streamlit run` without the script; by default the command line's.
    """
    threading.Thread(target=get_ready, daemon=True).start()
    given = sys.argv[1:] if arguments is None else arguments
    sys.argv = ["streamlit", "run", str(app_file()), *given]
    sys.exit(cli.main())


def get_ready() -> None:
    """Import what the first page needs and read the study that it opens on."""
    for name in FIRST_PAGE:
        import_module(name)
    from .reading import store_reader
    from .sections import first_sight

    store_reader.read_ahead()
    first_sight.read_ahead()


if __name__ == "__main__":
    main()
