"""Parts of the app on a page of their own: `test_NAME_browser.py` opens `NAME_app.py`."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def address(serve, request) -> str:
    """The address of this module's little app."""
    name = request.path.stem.removeprefix("test_").removesuffix("_browser")
    return serve(request.path.with_name(f"{name}_app.py"))


@pytest.fixture(scope="session", autouse=True)
def quick_start(one_scan) -> None:
    """For the headless runs of single pieces."""
