"""Where the files that come with the package are: the app, its icon and the shipped studies.

In a checkout they are beside the package, where Streamlit and people look for them. A wheel can
carry nothing beside a package, so it has them inside, in `_project/`, in the same arrangement
(`pyproject.toml`, `force-include`).
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["app_file", "icon", "shipped_root"]

PACKAGE = Path(__file__).resolve().parent
INSTALLED = PACKAGE / "_project"


def app_file() -> Path:
    """The script that `streamlit run` takes; `pages/` and `.streamlit/` are beside it."""
    return _project() / "app.py"


def shipped_root() -> Path:
    """The store of the studies that come with the package; never written to."""
    return _project() / "checkpoints"


def icon() -> Path:
    """The picture in the browser's tab."""
    return PACKAGE / "ui" / "icon.png"


def _project() -> Path:
    # The installed copy first: what is beside an installed package belongs to other packages,
    # some of which do put an `app.py` or a `pages/` there. A checkout has no such folder.
    return INSTALLED if INSTALLED.is_dir() else PACKAGE.parent
