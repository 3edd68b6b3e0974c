"""A second process that takes items from the end of an audit's list."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from audited import apart, spec_of
from filelock import FileLock

from opcviz.audit import AuditSpec, audit
from opcviz.audit.helper import FRESH, LOCK, Helper, _claim, _sweep, _worth_it
from opcviz.common.progress import Event, Message, Progress
from opcviz.methods import create
from opcviz.study import Store
from opcviz.study.pipeline import Item

CPU = torch.device("cpu")


@pytest.fixture
def two_threads() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_an_item_is_claimed_once(tmp_path: Path) -> None:
    items = [Item("signs", create("original"), 0), Item("signs", create("retrain"), 0)]
    assert _claim(tmp_path, items[:1])
    assert not _claim(tmp_path, items)
    assert _claim(tmp_path, items[1:])
    assert not _claim(tmp_path / "gone", items)
    assert Helper(tmp_path).claim(items)  # nobody else is there


@pytest.mark.slow
def test_it_helps_where_a_core_is_free_and_nothing_is_trained(two_threads: None) -> None:
    assert _worth_it(spec_of(), CPU)
    assert not _worth_it(spec_of(retrained=[], retrain=1), CPU)
    assert not _worth_it(spec_of(), torch.device("meta"))
    assert not _worth_it(AuditSpec(unlearned="nowhere.pt"), CPU)
    torch.set_num_threads(1)
    assert not _worth_it(spec_of(), CPU)


WORKS = "import time\nwhile time.process_time() < 0.5: pass"
SLEEPS = "import time; time.sleep(600)"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no process can be stopped there")
@pytest.mark.parametrize(("code", "stopped"), [(WORKS, False), (SLEEPS, True)])
def test_a_stopped_process_is_not_waited_for(tmp_path: Path, code: str, stopped: bool) -> None:
    process = subprocess.Popen([sys.executable, "-c", code])
    told: list[Event] = []
    try:
        if stopped:
            process.send_signal(signal.SIGSTOP)
        Helper(tmp_path, process).wait(Progress(told.append), silence=0.5 if stopped else 60.0)
        assert process.poll() == (-signal.SIGTERM if stopped else 0)
    finally:
        process.kill()
        process.wait()
    said = [each.text for each in told if isinstance(each, Message)]
    assert len(said) == stopped
    assert all("what it left is made here" in text for text in said)


def test_folders_of_killed_audits_are_removed(tmp_path: Path) -> None:
    names = {"dead": True, "alive": True, "fresh": False, "old": False}
    for name, locked in names.items():
        folder = tmp_path / f"opcviz-claims-{name}"
        folder.mkdir()
        if locked:
            (folder / LOCK).touch()
    other = tmp_path / "somebody-elses"
    other.mkdir()
    with FileLock(tmp_path / "opcviz-claims-alive" / LOCK):
        for folder in tmp_path.iterdir():
            if "fresh" not in folder.name:
                os.utime(folder, (0, folder.stat().st_mtime - 2 * FRESH))
        _sweep(tmp_path)
    kept = {folder.name for folder in tmp_path.iterdir()}
    assert kept == {"opcviz-claims-alive", "opcviz-claims-fresh", "somebody-elses"}


@pytest.mark.slow
def test_every_pool_of_threads_is_limited() -> None:
    code = """
from opcviz.common.threads import limited_threads
from threadpoolctl import threadpool_info
with limited_threads(1):
    import scipy.linalg, sklearn.ensemble, sklearn.svm
    print(max(pool["num_threads"] for pool in threadpool_info()))
"""
    free = {name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", code], env=free, capture_output=True, text=True)
    assert done.stdout.strip() == "1", done.stderr


@pytest.mark.slow
def test_two_processes_find_what_one_finds(tmp_path: Path, two_threads: None) -> None:
    without = ["maps", "inversion", "relearned", "samples", "strongest", "masked", "few_shot"]
    spec = spec_of(without=without)
    helped = audit(spec, Store(tmp_path / "helped"), CPU)
    torch.set_num_threads(1)
    alone = audit(spec, Store(tmp_path / "alone"), CPU)
    assert not list(apart(helped.report.profile, alone.report.profile))
    assert not list(tmp_path.rglob(".*"))
