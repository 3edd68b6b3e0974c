"""The queue's rules, with workers that the test moves by hand."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from opcviz.engine import Runs, dispatcher
from opcviz.engine.dispatcher import Dispatcher
from opcviz.engine.execute import execute


class HandMoved:
    """Workers `a` and `b`; a launched run ends when the test says so."""

    def __init__(self, store, names):
        self.store, self.names = store, set(names)
        self.flights: dict[str, tuple[str, Future]] = {}
        self.launched: list[str] = []
        self.killed: list[str] = []

    def workers(self):
        return set(self.names)

    def launch(self, address, id, engine):
        assert address in self.names
        future = Future()
        self.flights[address] = (id, future)
        self.launched.append(id)
        return future

    def kill(self, address):
        self.killed.append(address)

    def finish(self, address):
        id, future = self.flights.pop(address)
        future.set_result(execute(self.store, id))


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)


def submit(runs, n):
    return [runs.submit({"n": 1}, runner="engine_runners:count") for _ in range(n)]


def test_oldest_first_and_one_run_a_worker(runs, monkeypatch):
    monkeypatch.setattr(dispatcher, "COUNT_SECONDS", 0.0)
    pool = HandMoved(runs.store, "ab")
    queue = Dispatcher(runs, pool, "e")
    ids = submit(runs, 5)
    for _ in range(3):
        queue.step()
    assert pool.launched == ids[:2] == queue.in_flight, "no more than one each"
    pool.finish("b")
    queue.step()
    assert pool.launched == ids[:3]
    runs.cancel(ids[3])
    pool.finish("a")
    queue.step()
    assert pool.launched == [*ids[:3], ids[4]], "a cancelled one is passed over"
    pool.finish("a")
    pool.finish("b")
    queue.step()
    assert queue.in_flight == []
    assert [runs.status(id).status for id in ids] == [
        *["finished"] * 3,
        "cancelled",
        "finished",
    ]


def test_a_worker_that_joins_later_is_used(runs, monkeypatch):
    monkeypatch.setattr(dispatcher, "COUNT_SECONDS", 0.0)
    pool = HandMoved(runs.store, "")
    queue = Dispatcher(runs, pool, "e")
    (id,) = submit(runs, 1)
    queue.step()
    assert pool.launched == []
    pool.names.add("a")
    queue.step()
    assert pool.launched == [id]


def test_a_worker_that_vanishes_before_it_began_gives_the_run_back(runs, monkeypatch):
    monkeypatch.setattr(dispatcher, "COUNT_SECONDS", 0.0)
    pool = HandMoved(runs.store, "a")
    queue = Dispatcher(runs, pool, "e")
    (id,) = submit(runs, 1)
    queue.step()
    pool.names = {"b"}
    queue.step()
    assert pool.launched == [id, id]
    pool.finish("b")
    queue.step()
    assert runs.status(id).status == "finished"


def test_a_task_that_cannot_start_fails_its_run(runs):
    pool = HandMoved(runs.store, "a")
    queue = Dispatcher(runs, pool, "e")
    (id,) = submit(runs, 1)
    queue.step()
    pool.flights["a"][1].set_exception(ImportError("no opcviz here"))
    queue.step()
    assert runs.status(id).status == "failed"
    assert runs.status(id).cause == "the worker could not start this: no opcviz here"


def test_a_run_that_is_resumed_before_its_worker_is_missed_runs_again(runs, monkeypatch):
    monkeypatch.setattr(dispatcher, "COUNT_SECONDS", 0.0)
    pool = HandMoved(runs.store, "a")
    queue = Dispatcher(runs, pool, "e")
    (id,) = submit(runs, 1)
    queue.step()
    with runs.claim(id):
        pass  # the worker dies here, and a reader is the first to notice
    assert runs.status(id).status == "failed"
    runs.resume(id)
    pool.flights["a"][1].set_exception(RuntimeError("worker killed"))
    queue.step()
    assert pool.launched == [id, id]
    pool.finish("a")
    queue.step()
    assert (runs.status(id).status, runs.status(id).attempt) == ("finished", 2)


def test_force_comes_after_the_grace_and_not_before(runs):
    now = [0.0]
    pool = HandMoved(runs.store, "a")
    queue = Dispatcher(runs, pool, "e", clock=lambda: now[0])
    (id,) = submit(runs, 1)
    queue.step()
    with runs.claim(id):
        runs.cancel(id)
        queue.step()
        now[0] = dispatcher.GRACE_SECONDS
        queue.step()
        assert pool.killed == []
        now[0] += 0.01
        queue.step()
        assert pool.killed == ["a"]
        queue.step()
        assert pool.killed == ["a"], "the next try has its own grace"
        now[0] += dispatcher.GRACE_SECONDS + 0.01
        queue.step()
        assert pool.killed == ["a", "a"]
    pool.flights["a"][1].set_exception(RuntimeError("worker killed"))
    queue.step()
    assert runs.status(id).status == "cancelled"


def test_idle_workers_are_counted_rarely_and_at_once_when_a_run_comes(runs):
    pool, clock, counts = HandMoved(runs.store, "a"), [0.0], []
    pool.workers = lambda: counts.append(clock[0]) or set(pool.names)
    queue = Dispatcher(runs, pool, "e", clock=lambda: clock[0])
    for clock[0] in (0.0, 0.5, 1.0, 4.5, 5.5):
        queue.step()
    assert counts == [0.0, 5.5]
    pool.names = {"b"}  # another worker in its place, unseen so far
    [id] = submit(runs, 1)
    clock[0] = 6.0
    queue.step()
    assert counts[-1] == 6.0
    assert pool.launched == [id]
