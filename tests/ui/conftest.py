"""Parts of the app on a page of their own: `test_NAME_browser.py` opens `NAME_app.py`."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def little_apps(serve) -> str:
    """The address of the server of all of them."""
    return serve(Path(__file__).with_name("all_apps.py"))


@pytest.fixture(scope="module")
def address(little_apps, request) -> str:
    """The address of this module's little app."""
    name = request.path.stem.removeprefix("test_").removesuffix("_browser")
    return f"{little_apps}/?app={name}"


@pytest.fixture(scope="session", autouse=True)
def quick_start(one_scan) -> None:
    """For the headless runs of single pieces."""
