"""Workers are started by these tests' own process, too, and that changes what it starts later."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def as_before() -> Iterator[None]:
    """Shares of threads and dask's settings are the process's: the next file finds its own."""
    import distributed  # noqa: F401 - adds its settings to dask's
    from dask.config import config

    environ, settings = dict(os.environ), copy.deepcopy(config)
    yield
    for name in os.environ.keys() - environ.keys() - {"PYTEST_CURRENT_TEST"}:
        del os.environ[name]
    os.environ.update({k: v for k, v in environ.items() if k != "PYTEST_CURRENT_TEST"})
    config.clear()
    config.update(settings)
