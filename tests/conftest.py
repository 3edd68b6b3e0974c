"""A study small enough for every test: four classes of 8×8 pictures and a net of 5,000 weights."""

from __future__ import annotations

import atexit
import copy
import gc
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import settings
from once import Once

from opcviz.common.plugins import Loader, loader
from opcviz.data import Images, Scenario, Split, assemble
from opcviz.methods import Request, create
from opcviz.models import Architecture, Classifier, build_classifier
from opcviz.tasks import get_task
from opcviz.training import Training

pytest_plugins = ["browser_fixtures", "together"]


# While modules are imported nothing is thrown away, yet the garbage collector looks through all of
# torch, scikit-learn and Streamlit again and again (2 s of 10); afterwards these are left out.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Workers share the machine: threads of one operator would wait for each other, ten times as
    long as it works. Set where the workers are started, since libraries read it when they load."""
    if config.getoption("numprocesses", None):
        os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_finish() -> None:
    """What was imported stays, and what stands for long is looked through less often.

    Stored results are read as thousands of lists and tables, none of which is part of a cycle: at
    its usual thresholds the collector takes a tenth of a page's time.
    """
    gc.freeze()
    # At the end all of it goes, or else what is left over is reported as a leak: not before, since
    # pytest looks through everything twice when it ends.
    atexit.register(gc.unfreeze)
    gc.set_threshold(20_000, 50, 100)
    gc.enable()


# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("opcviz", deadline=None)
settings.load_profile("opcviz")

NET = Architecture(width=0.25)
RECIPE = Training(epochs=6, lr=0.1, batch_size=16)


def make_images(classes: int = 4, per_class: int = 12, seed: int = 0) -> Images:
    """A random 8×8 prototype a class under noise: learnt within seconds, not within one step."""
    rng = np.random.default_rng(seed)
    prototypes = rng.integers(40, 216, (classes, 1, 8, 8))

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.repeat(np.arange(classes), count)
        x = prototypes[y] + rng.normal(0, 30, (len(y), 1, 8, 8))
        return x.clip(0, 255).astype(np.uint8), y

    return assemble("tiny", part(per_class), part(per_class // 2))


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Folders that are filled once for all workers."""
    return Once(tmp_path_factory)


@pytest.fixture(scope="session")
def tiny_images() -> Images:
    return make_images()


@pytest.fixture(scope="session")
def tiny_split(tiny_images: Images) -> Split:
    return Scenario.parse("classes:0,1").split(tiny_images)


@pytest.fixture(scope="session")
def tiny_original_once(tiny_images: Images, tiny_split: Split) -> Classifier:
    request = Request(
        task=get_task("classification"),
        data=tiny_images,
        split=tiny_split,
        original=None,
        fresh=lambda: build_classifier(NET, tiny_images, 0),
        training=RECIPE,
    )
    return create("original").unlearn(request)[0]


@pytest.fixture
def tiny_original(tiny_original_once: Classifier) -> Classifier:
    """A trained model that the test may do with as it likes."""
    return copy.deepcopy(tiny_original_once)


@pytest.fixture(scope="session", autouse=True)
def short_searches() -> Iterator[dict[str, object]]:
    """Pictures that are rebuilt during every training are sought in a few steps only.

    Yields:
        How it is otherwise, for tests that compare with other programs.
    """
    from opcviz.attacks.inversion import live

    otherwise = {"FIRST": live.FIRST, "NEXT": live.NEXT}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "FIRST", live.FIRST.replace(iterations=2))
        patch.setattr(live, "NEXT", live.NEXT.replace(iterations=1))
        yield otherwise


@pytest.fixture(scope="module")
def brief_attacks() -> Iterator[dict[str, dict[str, object]]]:
    """The quick suite is quicker still: affine maps alone, and a few steps of relearning.

    For tests of what stands around the attacks, which run on each model of every verdict.

    Yields:
        The tables, for a full suite that is to be as brief.
    """
    from opcviz.artefacts import get_kind

    little: dict[str, dict[str, object]] = {
        "strongest": {"quick": True, "maps": ["affine"]},
        "relearned": {"steps": 6, "anew": [0], "shots": [1], "relative": [], "draws": 1},
    }
    with pytest.MonkeyPatch.context() as patch:
        for kind, table in (("masked", "strongest"), ("relearned", "relearned")):
            patch.setattr(get_kind(kind), "quick", {table: little[table]})
        yield little


@pytest.fixture
def nothing_rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """No picture is sought while a model trains, of which it would take half the time."""
    from opcviz.artefacts.classification import live

    monkeypatch.setattr(live, "too_large", lambda *_: "not in this test")


@pytest.fixture(scope="session")
def one_scan() -> Iterator[None]:
    """Headless runs that do no work but the page's.

    `AppTest` looks through all installed packages at each start; here once for all of them. While
    a script runs it looks a thousand times a second whether that has ended, and takes the
    interpreter from it each time; here it waits for the script's thread.
    """
    from streamlit.components.v2 import manifest_scanner as scanner
    from streamlit.testing.v1 import local_script_runner as runs

    look = runs.require_widgets_deltas

    def wait(runner: runs.LocalScriptRunner, timeout: float = 3) -> None:
        runner._script_thread.join(timeout)
        look(runner, timeout)  # that it has ended, or else what went wrong

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "scan_component_manifests", cache(scanner.scan_component_manifests))
        patch.setattr(runs, "require_widgets_deltas", wait)
        yield


@pytest.fixture(autouse=True)
def normal_floats() -> Iterator[None]:
    """A laboratory flushes denormals for good; other tests (hypothesis) need IEEE numbers."""
    yield
    torch.set_flush_denormal(False)


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loader]:
    """The loader of users' files; what a test loads is forgotten after it."""
    for variable in ("OPCVIZ_PLUGINS", "OPCVIZ_METHODS"):
        monkeypatch.setenv(variable, "")
    registries = [registry for registry, _ in loader._registries]
    before = [registry.snapshot() for registry in registries]
    yield loader
    for registry, entries in zip(registries, before, strict=True):
        registry.restore(entries)
    loader._files.clear()
    loader._entries.clear()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """For nets so small that threads only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny_request(
    tiny_images: Images, tiny_split: Split, tiny_original: Classifier, one_thread: None
) -> Callable[..., Request]:
    """Makes a request on the tiny study; keywords replace its fields."""

    def make(**changes: Any) -> Request:
        return Request(
            **{
                "task": get_task("classification"),
                "data": tiny_images,
                "split": tiny_split,
                "original": tiny_original,
                "fresh": lambda: build_classifier(NET, tiny_images, 7),
                "training": RECIPE,
                **changes,
            }
        )

    return make


def same_weights(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    """Every parameter and buffer equal, bit for bit."""
    left, right = a.state_dict(), b.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[k], right[k]) for k in left)


@pytest.fixture(name="same_weights")
def same_weights_fixture() -> Callable[[torch.nn.Module, torch.nn.Module], bool]:
    return same_weights
