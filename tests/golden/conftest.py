"""Two studies to look through: the shipped one, and one made now by the code as it is."""

from __future__ import annotations

import pytest
import torch
from whose import Known, make, opened, shipped


@pytest.fixture(scope="session")
def shipped_digits() -> Known:
    return shipped("digits")


@pytest.fixture(scope="session")
def fresh(once) -> Known:
    """What is stored by this very code; a shipped number would stay whatever the code does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return opened(once("golden", make))
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)  # a laboratory flushes them for its whole process


@pytest.fixture(scope="session", params=["shipped", "fresh"])
def known(request: pytest.FixtureRequest) -> Known:
    return request.getfixturevalue({"shipped": "shipped_digits", "fresh": "fresh"}[request.param])
