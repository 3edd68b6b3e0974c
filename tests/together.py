"""Which tests share a worker, and which begin: what one file has prepared serves another.

A worker has a file at a time (`--dist loadfile`). Files of one of these folders read the same
shipped studies, parse the same sources or look at the same models; on several workers each of them
would do so again. They begin, since what begins last is what the other workers wait for.
"""

from __future__ import annotations

import pytest

try:
    from xdist.scheduler import LoadFileScheduling
except ImportError:  # pytest alone runs them all the same
    LoadFileScheduling = None

FOLDERS = ("tests/app", "tests/golden", "tests/verdict", "tests/audit", "tests")
LONG = ("tests/browser/test_layout.py", "tests/browser/test_lab.py", "tests/wheel/test_wheel.py")
"""Files of minutes, which begin where no folder does."""


def folder_of(nodeid: str) -> str:
    """The folder of a test, as `tests/app`."""
    return nodeid.split("::")[0].rpartition("/")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those folders first, then those files, all else as it was."""
    first = (*FOLDERS, *LONG)
    place = {name: at for at, name in enumerate(first)}

    def turn(item: pytest.Item) -> int:
        file = item.nodeid.split("::")[0]
        return place.get(folder_of(item.nodeid), place.get(file, len(first)))

    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    """Each of those folders as if it were one file, where files are what is dealt out."""
    if LoadFileScheduling is None or config.getvalue("dist") != "loadfile":
        return None

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folder = folder_of(nodeid)
            return folder if folder in FOLDERS else super()._split_scope(nodeid)

    return Together(config, log)
