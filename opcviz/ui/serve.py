"""`opcviz app`: the app's server, which gets ready for its first visitor while it starts.

`streamlit run app.py` works as well; then the first visitor waits for the pages' imports and for
the first study to be read. Streamlit reads `.streamlit/config.toml` beside the script, wherever it
is started.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from streamlit.web import bootstrap, cli

from ..resources import app_file
from . import ahead

__all__ = ["main"]

SWITCH_SECONDS = 0.0005


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the app's server until it is stopped; exits with its status.

    Args:
        arguments: those of `streamlit run` without the script; by default the command line's.
    """
    # A page's files and messages pass from thread to thread, and at each turn they wait until
    # whatever computes lets go: five milliseconds, by default, and a hundred times a page.
    sys.setswitchinterval(SWITCH_SECONDS)
    ahead.begin()
    # Settings are read when the server starts. Streamlit looks five times a second whether one of
    # the two files that may hold them has changed, which keeps an idle processor awake.
    vars(bootstrap).update(watch_file=lambda *_, **__: False)
    given = sys.argv[1:] if arguments is None else arguments
    sys.argv = ["streamlit", "run", str(app_file()), *given]
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
