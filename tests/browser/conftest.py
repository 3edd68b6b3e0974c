"""The app on a store of its own: one server a module."""

from __future__ import annotations

import pytest
from browser_fixtures import ROOT
from visitor import App


@pytest.fixture(scope="module")
def app(serve, tmp_path_factory) -> App:
    store = tmp_path_factory.mktemp("opcviz") / "store"
    address = serve(ROOT / "app.py", OPCVIZ_STORE=str(store), OMP_NUM_THREADS="1")
    return App(address, store)
