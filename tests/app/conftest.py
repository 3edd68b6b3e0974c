"""Pages run headless on the shipped study, with an engine that starts no program."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import torch
from drawn_study import DrawnStudy, write_drawn_study
from engines import Queue
from once import Once
from reading import fine
from scrambled import Scrambled, scramble
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest
from worst_study import Worst, make_worst

from opcviz.engine import Engine
from opcviz.study import Plan, Store, StudyRunner, run, shipped_root
from opcviz.ui.reading import kept
from opcviz.ui.reading import store_reader as library

ROOT = Path(__file__).parents[2]
BURST = {
    "name": "burst",
    "title": "A rate far too high",
    "forget": "classes:0,1",
    "methods": [
        "original",
        "retrain",
        {"method": "ga", "lr": 10.0, "epochs": 20, "momentum": 0.99, "weight_decay": 1.0},
    ],
    "data": {"name": "digits"},
    "architecture": {"name": "resnet8", "width": 0.1},
    "training": {"epochs": 2, "batch_size": 128},
    "evidence": {
        "probe": 40,
        "live": 60,
        "pictures": 2,
        "maps": ["pca"],
        "instruments": ["membership", "relearning", "similarity"],
        "recovery": {"ridges": [0.0, 1.0]},
        "inversion": {"iterations": 5, "restarts": 1},
        "relearning": {"steps": 4, "shots": [2]},
        "strongest": {"quick": True, "maps": ["affine"]},
    },
}


@pytest.fixture(scope="session")
def nobodys(tmp_path_factory) -> Path:
    """A store that stays empty: whoever reads there reads the shipped studies once for all."""
    return tmp_path_factory.mktemp("nobodys")


@pytest.fixture
def home(request, tmp_path, nobodys, monkeypatch) -> Iterator[Path]:
    """The visitor's store over the shipped studies; the engine only queues.

    It is the test's own if the test, or a fixture of it, asks for `store`. All others share one,
    which is emptied after each: what a process has read of a study it keeps by the store's folder.
    """
    root = tmp_path if "store" in request.fixturenames else nobodys
    monkeypatch.setenv("OPCVIZ_STORE", str(root))
    queue = Queue(root)
    monkeypatch.setattr(library, "engine", lambda: queue)
    yield root
    if root == nobodys:
        studies = (nobodys / "studies").exists()
        shutil.rmtree(nobodys)
        nobodys.mkdir()
        assert not studies, "whoever stores a study asks for a `store`"


@pytest.fixture
def store(home) -> Path:
    """The folder of a fresh store over the shipped studies, to write into."""
    return home


@pytest.fixture
def engine(home) -> Engine:
    return library.engine()


@pytest.fixture(scope="session")
def burst_once(once) -> Path:
    """A store with a study of three models one of which diverged."""
    plan = Plan.from_dict(BURST)
    return once(
        "burst", lambda root: run(plan, StudyRunner(plan.study, Store(root), torch.device("cpu")))
    )


@pytest.fixture
def burst(store, burst_once) -> str:
    """The place of that study, in the test's own store."""
    shutil.copytree(burst_once / "studies", store / "studies")
    return Plan.from_dict(BURST).study.place


@pytest.fixture(scope="session", autouse=True)
def one_look() -> Iterator[None]:
    """A page looks at every file of a study in each of its runs; at the shipped ones, which no test
    changes, once for all of them."""
    look, ours, found = kept._files, str(shipped_root()), {}

    def files(folder: Path | str) -> Iterator[tuple[str, int, int]]:
        path = os.readlink(folder) if os.path.islink(folder) else str(folder)
        if not path.startswith(ours):
            return look(folder)
        if path not in found:
            found[path] = tuple(look(path))
        return iter(found[path])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "_files", files)
        yield


@pytest.fixture(autouse=True)
def through_the_entry(monkeypatch, one_scan):
    """Every run goes through `app.py`, as in a browser.

    AppTest starts each run as if Streamlit had just found the folder `pages/`; the server's import
    of `app.py` tells it otherwise.
    """
    begin = PagesManager.__init__

    def entered(self, *args, **kwargs):
        begin(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", entered)


@pytest.fixture
def visit(home) -> Callable[..., AppTest]:
    """Open a page with query parameters; an exception on it fails the test.

    The page is Side by side unless another is named; an empty name is the page that the app opens.
    """

    def open_page(page: str = "side_by_side", **params: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        if page:
            app.switch_page(f"pages/{page}.py")
        for name, value in params.items():  # a change of page would clear them
            app.query_params[name] = value
        return fine(app.run())

    return open_page


Told = TypeVar("Told")


def written_once(once: Once, name: str, write: Callable[[Path], Told]) -> tuple[Path, Told]:
    """A store that one worker writes for all of them, and what that worker tells of it."""

    def fill(folder: Path) -> None:
        (folder / "told.pickle").write_bytes(pickle.dumps(write(folder)))

    root = once(name, fill)
    return root, pickle.loads((root / "told.pickle").read_bytes())


@pytest.fixture(scope="session")
def made_once(once) -> tuple[Path, Scrambled]:
    """A store with a study in which every number differs, and what it holds."""
    return written_once(once, "scrambled", scramble)


@pytest.fixture
def made(store, made_once) -> Scrambled:
    """What the test's own store holds."""
    root, made = made_once
    shutil.copytree(root / "studies", store / "studies")
    return made


@pytest.fixture(scope="session")
def worst_once(once, tmp_path_factory) -> tuple[Path, Worst]:
    """A store with a study of three seeds under the worst-case attacks, and what it holds."""
    return written_once(
        once, "worst", lambda root: make_worst(root, tmp_path_factory.mktemp("lender"))
    )


@pytest.fixture
def worst(store, worst_once) -> Worst:
    """What the test's own store holds."""
    root, worst = worst_once
    shutil.copytree(root / "studies", store / "studies")
    return worst


@pytest.fixture(scope="session")
def drawn_once(once) -> tuple[Path, DrawnStudy]:
    """A store with a study of generators, and what it holds."""
    return written_once(once, "drawn", write_drawn_study)


@pytest.fixture
def drawn(store, drawn_once) -> DrawnStudy:
    """What the test's own store holds."""
    root, drawn = drawn_once
    shutil.copytree(root / "studies", store / "studies")
    return drawn


@pytest.fixture(scope="module")
def opened() -> dict[tuple, AppTest]:
    """Pages that were drawn already: tests that only read share one."""
    return {}


@pytest.fixture
def page(visit, made, opened) -> Callable[..., AppTest]:
    """A page on models of that study, all of them if none is named."""

    def open_page(name: str = "", *chosen: tuple[str, int], **said: str) -> AppTest:
        asked = (name, chosen, *said.items())
        if asked not in opened:
            keys = [made.keys[model] for model in chosen or made.keys]
            opened[asked] = visit(
                name or "side_by_side", study=made.place, models=",".join(keys), **said
            )
        return opened[asked]

    return open_page
