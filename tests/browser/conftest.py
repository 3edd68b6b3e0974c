"""The app on a store of its own: one server for all tests of a process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser_fixtures import ROOT
from visitor import App

from opcviz.engine import Run


@pytest.fixture(scope="session")
def app(serve, tmp_path_factory) -> App:
    store = tmp_path_factory.mktemp("opcviz") / "store"
    address = serve(ROOT / "app.py", OPCVIZ_STORE=str(store), OMP_NUM_THREADS="1")
    return App(address, store)


@pytest.fixture
def begun(app) -> Callable[[], list[Run]]:
    """The runs that were asked for since the test began."""
    before = {run.id for run in app.runs.list()}
    return lambda: [run for run in app.runs.list() if run.id not in before]
