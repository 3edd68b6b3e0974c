"""Two studies to look through: the shipped one, and one made now by the code as it is."""

from __future__ import annotations

import pytest
import torch
from whose import Known, make, opened, shipped

from opcviz.artefacts.classification import live


@pytest.fixture(scope="session")
def shipped_digits() -> Known:
    return shipped("digits")


@pytest.fixture(scope="session")
def fresh(once) -> Known:
    """What is stored by this very code; a shipped number would stay whatever the code does.

    Nobody here looks at pictures that are rebuilt while a model trains.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(live, "too_large", lambda *_: "not in these tests")
            return opened(once("golden", make))
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(False)  # a laboratory flushes them for its whole process


@pytest.fixture(scope="session", params=["shipped", "fresh"])
def known(request: pytest.FixtureRequest) -> Known:
    return request.getfixturevalue({"shipped": "shipped_digits", "fresh": "fresh"}[request.param])
