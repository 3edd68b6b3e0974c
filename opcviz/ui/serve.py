"""`python -m opcviz.ui.serve`: the app, with its slow imports made while the server starts.

`streamlit run app.py` works as well; then the first visitor waits for torch to be imported.
"""

from __future__ import annotations

import sys
import threading
from importlib import import_module
from pathlib import Path

from streamlit.web import cli

__all__ = ["main"]

APP = Path(__file__).parents[2] / "app.py"


def main() -> None:
    """Run the app's server; arguments are those of `streamlit run`, without the script."""
    threading.Thread(target=import_module, args=("opcviz.study",), daemon=True).start()
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    sys.exit(cli.main())


if __name__ == "__main__":
    main()
