"""`opcviz app`: the app's server, with its slow imports made while it starts.

`streamlit run app.py` works as well; then the first visitor waits for torch to be imported.
Streamlit reads `.streamlit/config.toml` beside the script, wherever it is started.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib import import_module

from streamlit.web import cli

from ..resources import app_file

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the app's server until it is stopped; exits with its status.

    Args:
        arguments: those of `streamlit run` without the script; by default the command line's.
    """
    threading.Thread(target=import_module, args=("opcviz.study",), daemon=True).start()
    given = sys.argv[1:] if arguments is None else arguments
    sys.argv = ["streamlit", "run", str(app_file()), *given]
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
