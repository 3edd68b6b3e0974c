"""The real engine program with real worker processes: what must hold when things die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from opcviz.engine import DaskEngine, EngineError, Run, Runs
from opcviz.engine.__main__ import BEAT_SECONDS
from opcviz.engine.__main__ import _engine_lock as engine_lock
from opcviz.engine.locks import engine_folder, engine_state, write_json

pytestmark = pytest.mark.slow

HERE = str(Path(__file__).parent)
CLIENT = """
import sys, time
from opcviz.engine import DaskEngine
engine = DaskEngine(sys.argv[1], runner="engine_runners:count", warm=())
assert engine.ensure(wait=60)
print(engine.health()["pid"], flush=True)
for name in sys.argv[2:]:
    print(engine.submit({"name": name, "seconds": 0.05}, name), flush=True)
sys.stdin.read()
"""


def until(true: Callable[[], object], seconds: float) -> float:
    """Wait for something; the time that it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - began


def looked(store: Path) -> None:
    """Wait until the engine has looked who still needs it: after the first beat, by the second."""
    for _ in range(2):
        said = engine_state(store)["time"]
        until(lambda said=said: engine_state(store)["time"] > said, 30)


def ended(engine: DaskEngine, id: str, seconds: float = 60.0) -> Run:
    until(lambda: not engine.status(id).active, seconds)
    return engine.status(id)


def submit(engine: DaskEngine, runner: str, **job: object) -> str:
    return DaskEngine(engine.store, runner=f"engine_runners:{runner}", warm=()).submit(job, runner)


def running(engine: DaskEngine, runner: str, **job: object) -> str:
    id = submit(engine, runner, **job)
    until(lambda: engine.status(id).status == "running" and engine.events(id)[0], 60)
    return id


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def all_gone(processes: list[psutil.Process], seconds: float = 3.0) -> None:
    gone = lambda p: not p.is_running() or p.status() == psutil.STATUS_ZOMBIE  # noqa: E731
    until(lambda: all(map(gone, processes)), seconds)


@pytest.fixture(scope="module")
def path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", HERE)
        patch.setenv("OMP_NUM_THREADS", "2")
        yield


@pytest.fixture(scope="module")
def engine(path, tmp_path_factory) -> Iterator[DaskEngine]:
    warm = ("there_is_no_such_module", "engine_runners:warm")
    engine = DaskEngine(tmp_path_factory.mktemp("store"), warm=warm)
    assert engine.ensure(wait=60)
    yield engine
    engine.stop()


def test_a_job_runs_there_at_once_with_the_threads_it_should_have(engine):
    assert ended(engine, submit(engine, "threads"), 30).result["threads"] == 2
    began = time.time()
    run = ended(engine, submit(engine, "count", n=3))
    assert (run.status, run.result["counted"]) == ("finished", 3)
    assert run.started - began < 0.3
    assert run.worker["pid"] not in (os.getpid(), engine.health()["pid"])
    assert engine.events(run.id)[0][0]["kind"] == "stage"


def test_an_idle_worker_warms_up_and_survives_what_cannot_be_warmed(engine):
    until(lambda: ended(engine, submit(engine, "warmth")).result["warm"], 10)
    assert (
        "warm-up there_is_no_such_module failed"
        in (engine.store / "engine" / "engine.log").read_text()
    )


def test_it_listens_on_the_loopback_only(engine):
    listening = [
        connection.laddr.ip
        for process in family(engine.health()["pid"])
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


def test_cancel_stops_a_polite_run_and_keeps_its_worker(engine):
    id = running(engine, "count", n=1000, seconds=0.02)
    pid = engine.status(id).worker["pid"]
    engine.cancel(id)
    until(lambda: not engine.status(id).active, 0.5)
    assert engine.status(id).cause == "cancelled on request"
    assert psutil.pid_exists(pid)


def test_cancel_stops_a_run_that_does_not_listen_within_two_seconds(engine):
    id, waiting = running(engine, "deaf"), submit(engine, "count")
    assert engine.position(waiting) == 0
    pid = engine.status(id).worker["pid"]
    engine.cancel(id)
    assert engine.status(id).cancelling
    until(lambda: not engine.status(id).active, 2.0)
    assert engine.status(id).status == "cancelled"
    until(lambda: not psutil.pid_exists(pid), 1.0)  # killed; its nanny collects it a moment later
    assert ended(engine, waiting).status == "finished"


def test_a_crash_is_reported_and_the_next_run_works(engine):
    id, waiting = submit(engine, "crash"), submit(engine, "count")
    run = ended(engine, id, 2.0)
    assert run.status == "failed"
    assert run.cause == (
        "the worker process died (killed or out of memory) at stage 'juggling knives'"
    )
    assert ended(engine, waiting).status == "finished"
    assert engine.status(id).attempt == 1, "it was not tried again"


def test_a_worker_killed_from_outside_fails_its_run_which_resumes(engine):
    id = running(engine, "count", n=40, seconds=0.02)
    os.kill(engine.status(id).worker["pid"], signal.SIGKILL)
    assert "at stage 'counting abacus'" in ended(engine, id, 2.0).cause
    engine.resume(id)
    run = ended(engine, id)
    assert (run.status, run.attempt, run.result["counted"]) == ("finished", 2, 40)


def test_two_clients_share_one_engine_and_one_queue(engine):
    blocker = running(engine, "count", n=1000, seconds=0.02)
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, engine.store, "b", "c"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    first = submit(engine, "count", name="a")
    assert int(client.stdout.readline()) == engine.health()["pid"]
    theirs = [client.stdout.readline().strip() for _ in "bc"]
    last = submit(engine, "count", name="d")
    order = [first, *theirs, last]
    assert [run.id for run in Runs(engine.store).queue()] == order
    assert [engine.position(id) for id in order] == [0, 1, 2, 3]
    engine.cancel(blocker)
    runs = [ended(engine, id) for id in order]
    assert [run.result["name"] for run in runs] == ["a", "b", "c", "d"]
    for before, after in pairwise(runs):
        assert before.ended <= after.started, "one at a time on one worker"
    client.communicate()


def test_a_dead_engines_last_word_is_not_the_next_ones(tmp_path):
    folder = engine_folder(tmp_path)
    folder.mkdir(parents=True)
    write_json(folder / "state.json", {"id": "old", "pid": os.getpid(), "state": "ready"})
    assert engine_state(tmp_path) is None
    with engine_lock(tmp_path) as mine:
        assert mine
        assert engine_state(tmp_path)["state"] == "starting"  # it has not spoken yet


def test_an_engine_that_dies_leaves_nothing_running_and_the_next_goes_on(engine):
    old = engine.health()["pid"]
    id, waiting = running(engine, "deaf", seconds=30), submit(engine, "count")
    processes = family(old)
    os.kill(old, signal.SIGKILL)
    all_gone(processes)
    run = engine.status(id)
    assert (run.status, run.cause) == (
        "failed",
        "the engine stopped while this ran at stage 'deaf'",
    )
    assert engine.status(waiting).status == "queued"
    assert engine.health() is None
    assert engine.ensure(wait=60)
    assert engine.health()["pid"] != old
    assert ended(engine, waiting).status == "finished"


def test_stopping_fails_the_run_in_flight_and_leaves_no_process(engine):
    id = running(engine, "deaf", seconds=30)
    processes = family(engine.health()["pid"])
    engine.stop()
    assert engine_state(engine.store) is None
    all_gone(processes)
    assert engine.status(id).cause == "the engine stopped while this ran at stage 'deaf'"
    assert engine.status(id).resumable


def test_apps_that_start_together_get_one_engine_that_ends_with_the_last(path, tmp_path):
    command = [sys.executable, "-c", CLIENT, tmp_path]
    apps = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    pids = {int(app.stdout.readline()) for app in apps}
    assert len(pids) == 1
    processes = family(pids.pop())
    apps[0].kill()
    apps[0].communicate()
    looked(tmp_path)
    assert engine_state(tmp_path)["state"] == "ready"
    apps[1].kill()
    apps[1].communicate()
    all_gone(processes, BEAT_SECONDS + 3)  # it looks for its apps once a beat


def test_by_hand_it_says_when_it_is_ready_and_ends_with_ctrl_c(path, tmp_path):
    command = [sys.executable, "-m", "opcviz.engine", "--store", tmp_path, "--workers", "2"]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    program = subprocess.Popen([*command, "--warm"], start_new_session=True, **options)
    assert program.stdout.readline().startswith("engine ready: tcp://127.0.0.1:")
    second = subprocess.run(command, **options, timeout=20)
    assert second.returncode == 0
    assert "serves" in second.stdout
    engine = DaskEngine(tmp_path)
    until(lambda: engine.health()["workers"] == 2, 10)
    ids = [running(engine, "deaf", seconds=30) for _ in range(2)]
    assert len({engine.status(id).worker["pid"] for id in ids}) == 2, "one run on each"
    processes = family(program.pid)
    os.killpg(program.pid, signal.SIGINT)  # what a terminal sends to the whole group
    assert program.wait(5) == 0
    all_gone(processes)
    assert {engine.status(id).status for id in ids} == {"failed"}
    assert "Traceback" not in program.stderr.read()


def test_an_engine_that_cannot_start_is_reported(path, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    engine = DaskEngine(tmp_path)
    id = engine.submit({})
    with pytest.raises(EngineError, match=r"status 1; see .*engine\.log"):
        engine.ensure(wait=5)
    assert engine.status(id).status == "queued"
    with pytest.raises(ValueError, match="at least 1"):
        DaskEngine(tmp_path, workers=0)


@pytest.fixture
def somebodys_cluster(path, tmp_path, monkeypatch):
    """One worker of dask's own making."""
    from distributed import LocalCluster

    # AppTest leaves its page as __main__, which a spawned process would run before anything else.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        dashboard_address=None,
        memory_limit=0,
        local_directory=tmp_path / "dask",
    ) as cluster:
        yield cluster


def test_a_cluster_elsewhere_serves_the_same_queue(somebodys_cluster, tmp_path):
    from opcviz.engine.cluster import Pool
    from opcviz.engine.dispatcher import Dispatcher

    assert somebodys_cluster.scheduler.allowed_failures > 0, "that cluster tries again; we must not"
    pool = Pool(tmp_path, scheduler=somebodys_cluster.scheduler_address)
    runs = Runs(tmp_path)
    dispatcher = Dispatcher(runs, pool, "elsewhere")

    def end(id: str) -> bool:
        dispatcher.step()
        return not runs.status(id).active

    ids = {n: runs.submit({}, runner=f"engine_runners:{n}") for n in ("crash", "deaf", "count")}
    until(lambda: end(ids["crash"]), 15)
    assert runs.status(ids["crash"]).attempt == 1
    until(lambda: end(ids["crash"]) and runs.status(ids["deaf"]).status == "running", 15)
    runs.cancel(ids["deaf"])
    until(lambda: end(ids["deaf"]), 2)
    until(lambda: end(ids["count"]), 15)
    pool.close()
    found = {name: runs.status(id).status for name, id in ids.items()}
    assert found == {"crash": "failed", "deaf": "cancelled", "count": "finished"}
