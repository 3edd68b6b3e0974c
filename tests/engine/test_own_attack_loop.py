"""A user's attack that does not end: Cancel ends its worker, and everything else is as before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import tiny_study
import torch

from opcviz.engine import DaskEngine
from opcviz.study import Job, Plan, Store, StudyRunner, run

pytestmark = pytest.mark.slow

PLAN = {**tiny_study.PLAN, "methods": ["original"]}
IN_MEASURE = """
from opcviz.artefacts import Kind, register_kind

@register_kind("mine", title="Mine", stage="trying", summary="does not end")
class Mine(Kind):
    def measure(self, context):
        while True:
            pass
"""
AT_IMPORT = "while True:\n    pass\n"


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something that is bound to happen."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def stored(store: Path) -> dict[str, str]:
    """Every file of the study but its record, which says what was asked last."""
    return {
        str(file.relative_to(store)): file.read_bytes().hex()
        for file in sorted((store / "studies").rglob("*"))
        if file.is_file() and file.name != "study.json"
    }


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskEngine]:
    """A real engine over a store with a finished study."""
    root = tmp_path_factory.mktemp("store")
    plan = Plan.from_dict(PLAN)
    run(plan, StudyRunner(plan.study, Store(root), torch.device("cpu")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        engine = DaskEngine(root, warm=("opcviz.study.pipeline",))
        assert engine.ensure(wait=120)
        yield engine
        engine.stop()


def submit(engine: DaskEngine, *files: Path, attacks: tuple[str, ...] = ()) -> str:
    evidence = {**PLAN["evidence"], "instruments": list(attacks)}
    plan = {**PLAN, "evidence": evidence}
    job = Job(plan, device="cpu", plugin_files=tuple(map(str, files)))
    return engine.submit(job.to_dict(), "loop")


def stages(engine: DaskEngine, run: str) -> list[str]:
    return [event["name"] for event in engine.events(run)[0] if event["kind"] == "stage"]


@pytest.mark.parametrize("where", ["measure", "import"])
def test_cancel_ends_a_loop_and_the_next_run_works(engine, tmp_path, where):
    before = stored(engine.store)
    file = tmp_path / "loop.py"
    file.write_text(IN_MEASURE if where == "measure" else AT_IMPORT)
    run = submit(engine, file, attacks=("mine",))
    if where == "measure":
        until(lambda: "mine" in stages(engine, run))
    else:
        until(lambda: engine.status(run).status == "running")
        assert engine.events(run)[0] == []  # nothing is said before all files are loaded
    worker = engine.status(run).worker["pid"]
    engine.cancel(run)
    until(lambda: not engine.status(run).active)
    assert engine.status(run).status == "cancelled"
    until(lambda: not psutil.pid_exists(worker))
    assert stored(engine.store) == before

    following = submit(engine)
    until(lambda: not engine.status(following).active, 120)
    assert engine.status(following).status == "finished"
    assert engine.status(following).result["made"] == 0
    assert stored(engine.store) == before
