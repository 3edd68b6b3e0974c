"""A study over many workers: who takes what, what dies, and that the numbers are the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import tiny_study
import tomli_w
import torch

from opcviz import __version__
from opcviz.common.progress import Cancelled, Event, Message, Progress
from opcviz.engine import EngineError, distribute, worker
from opcviz.engine.distribute import MOST_DEATHS, Sharing
from opcviz.methods import create
from opcviz.study import Plan, Store, StudyRunner
from opcviz.study.job import Job
from opcviz.study.parcels import Parcel
from opcviz.study.pipeline import Item


def parcel(name: str, *after: str, items: int = 1) -> Parcel:
    made = tuple(Item("evidence", create("ft"), seed) for seed in range(items))
    return Parcel(name, "evidence", made, frozenset(after))


@dataclass
class Call:
    """A call on a worker that ends when the test says so."""

    answer: Any = None
    ended: bool = False
    given_up: bool = False

    def done(self) -> bool:
        return self.ended or self.given_up

    def cancelled(self) -> bool:
        return self.given_up

    def exception(self) -> BaseException | None:
        return self.answer if isinstance(self.answer, BaseException) else None

    def cancel(self) -> None:
        self.given_up = True

    def result(self) -> Any:
        return self.answer

    def end(self, lost: int = 0, failed: tuple[str, ...] = (), error: str = "") -> None:
        self.answer = {"lost": lost, "failed": list(failed), "error": error}
        self.ended = True

    def die(self) -> None:
        self.answer, self.ended = RuntimeError("killed"), True


@dataclass
class House:
    """Workers that do as a script says: what happens at each look at them, one step a look."""

    script: list[Any]
    there: set[str] = field(default_factory=lambda: {"a", "b"})
    calls: dict[str, Call] = field(default_factory=dict)
    given: list[tuple[str, str]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    parcels: dict[str, Parcel] = field(default_factory=dict)

    def workers(self) -> set[str]:
        if self.script:
            self.script.pop(0)(self)
        return set(self.there)

    def start(self, address: str, parcel: Parcel) -> Call:
        self.given.append((address, parcel.name))
        self.parcels[parcel.name] = parcel
        self.calls[parcel.name] = Call()
        return self.calls[parcel.name]

    def share(self, *parcels: Parcel) -> Any:
        return Sharing(list(parcels), self, self.start, Progress(self.events.append)).run()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribute, "POLL_SECONDS", 0.0)


def look(house: House) -> None:
    """Nothing happens."""


def test_each_worker_has_one_parcel_and_nothing_begins_too_early():
    house = House([
        look,
        lambda h: (h.calls["2"].end(), None),
        lambda h: (h.calls["1"].end(), None),
        lambda h: (h.calls["4"].end(lost=1, failed=("it broke",)), None),
        lambda h: (h.calls["3"].end(lost=1, failed=("it broke",)), None),
    ])  # fmt: skip
    done = house.share(parcel("1"), parcel("2"), parcel("3", "1"), parcel("4", items=3))
    assert house.given == [("a", "1"), ("b", "2"), ("b", "4"), ("a", "3")]
    assert (done.made, done.failures) == (6 - 2, ("it broke",))
    counts = [(e.name, e.index, e.count) for e in house.events]
    assert counts == [("1", 0, 6), ("2", 0, 6), ("4", 1, 6), ("3", 2, 6)]


def test_another_worker_goes_on_with_what_one_died_over():
    house = House([
        look,
        lambda h: h.calls["1"].die(),
        lambda h: h.there.remove("b"),
        lambda h: h.there.add("c"),
        lambda h: [call.end() for call in h.calls.values() if not call.done()],
    ])  # fmt: skip
    done = house.share(parcel("1"), parcel("2"))
    assert house.given == [("a", "1"), ("b", "2"), ("a", "1"), ("c", "2")]
    assert done.made == 2
    said = [event.text for event in house.events if isinstance(event, Message)]
    assert [text.split(";")[0] for text in said] == ["a died over 1", "b died over 2"]


def test_answers_that_kill_every_worker_are_named_and_given_up():
    house = House([look, *[lambda h: h.calls["1"].die()] * MOST_DEATHS], there={"a"})
    with pytest.raises(EngineError, match=r"^1: 3 workers died over it, the last at a \(killed\)"):
        house.share(parcel("1"), parcel("2"))
    assert house.given == [("a", "1")] * MOST_DEATHS


def test_what_a_worker_says_is_wrong_ends_the_run():
    house = House([look, lambda h: h.calls["1"].end(error="the file is damaged")])
    with pytest.raises(EngineError, match=r"^1: the file is damaged"):
        house.share(parcel("1"), parcel("2"), parcel("3"))


def test_a_model_that_could_not_be_made_is_tried_once_and_others_go_on_without_it():
    """Each parcel of a user's broken method would train it anew."""
    broken, sound = (Item("evidence", create(name), 0) for name in ("ft", "rl"))
    model = Parcel("model", "model", (replace(broken, kind="model"),))
    evidence = Parcel("evidence", "evidence", (broken,), frozenset({"model"}))
    both = Parcel("both", "together", (broken, sound), frozenset({"model"}))
    house = House([
        look,
        lambda h: h.calls["model"].end(lost=1, failed=("it raised",)),
        look,
        lambda h: h.calls["both"].end(),
    ], there={"a"})  # fmt: skip
    done = house.share(model, evidence, both)
    assert [name for _, name in house.given] == ["model", "both"]
    assert house.parcels["both"].items == (sound,)
    assert (done.made, done.failures) == (1, ("it raised",))


def test_without_workers_it_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(distribute, "WAIT_SECONDS", 0.01)
    with pytest.raises(EngineError, match=r"no worker for 0\.01 s; what was finished is kept"):
        House([], there=set()).share(parcel("1"))


def test_it_stops_when_asked_to():
    house = House([])
    stopped = Progress(stop=lambda: bool(house.given))
    with pytest.raises(Cancelled):
        Sharing([parcel("1")], house, house.start, stopped).run()


def test_a_worker_stops_when_nobody_touches_the_sign_any_more(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: now[0])
    sign = tmp_path / "distributed-1"
    assert worker._unwanted(sign)()  # it was never there
    sign.touch()
    stop = worker._unwanted(sign)
    for seconds in (0.5, worker.GONE_SECONDS - 1):
        now[0] += seconds
        assert not stop()
    os.utime(sign, ns=(5, 5))  # whatever a clock elsewhere says: it changed
    for seconds in (1.0, worker.GONE_SECONDS):
        now[0] += seconds
        assert not stop()
    now[0] += 1.0
    assert stop()

    stop = worker._unwanted(sign)
    sign.unlink()
    assert not stop()  # it has looked less than a second ago
    now[0] += 1.0
    assert stop()


def test_a_worker_gets_the_seeds_and_the_files_of_a_users_own_code(tmp_path, monkeypatch):
    """Reference models are of all the plan's seeds; an own method is none without its file."""
    given: list[Any] = []

    class Workers:
        address = "here"

        def workers(self) -> set[str]:
            return {"a"}

        def ask(self, *_: Any) -> dict[str, Any]:
            return {"a": {"version": __version__, "sees": True}}

        def listen(self, *_: Any) -> None: ...
        def close(self) -> None: ...

        def call(self, address: str, name: str, made: Any, job: Any, *_: Any) -> Call:
            given.append(job)
            raise Cancelled

    monkeypatch.setattr(distribute, "_pool", lambda *_: Workers())
    monkeypatch.setattr(distribute, "sources", lambda: ["own.py"])
    plan = Plan.from_dict({**tiny_study.PLAN, "seeds": [0, 7]})
    runner = StudyRunner(plan.study, Store(tmp_path), torch.device("cpu"), seeds=plan.seeds)
    with pytest.raises(Cancelled):
        distribute.distribute(plan, runner, device="cpu")
    loaded: list[Any] = []
    monkeypatch.setattr(worker.loader, "load", loaded.append)
    theirs = worker._runner(Job.from_dict(given[0]), tmp_path, layered=False)
    worker._at_hand.clear()
    assert theirs.reference_seeds == runner.reference_seeds
    assert 7 in theirs.reference_seeds
    assert loaded == [("own.py",)]


def numbers(store: Path) -> dict[str, Any]:
    """All that a store holds, but for what a clock says."""

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            told = ("seconds", "created", "peak_memory_mb", "sha256", "bytes")
            return {k: timeless(v) for k, v in value.items() if k not in told}
        return [timeless(v) for v in value] if isinstance(value, list) else value

    found: dict[str, Any] = {}
    for path in sorted(p for p in store.glob("studies/**/*") if p.is_file()):
        name = str(path.relative_to(store))
        if "/." in name:  # who is killed while writing leaves a hidden folder, which nobody reads
            continue
        if path.suffix == ".json":
            found[name] = timeless(json.loads(path.read_text()))
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                found[name] = {key: arrays[key].tobytes() for key in arrays.files}
        else:
            found[name] = path.read_bytes()
    return found


@pytest.fixture
def opcviz(tmp_path: Path, monkeypatch, capsys):
    """Runs `opcviz ARGUMENTS` in this process."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(tomli_w.dumps(tiny_study.PLAN))
    return tiny_study.asking(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", "2", "--scheduler", "tcp://a:1"), "name one"),
        (("--workers", "0"), "greater than or equal to 1"),
        (("--scheduler", "somewhere"), "is no address; as in tls://"),
        (("--scheduler", ""), "is no address; as in tls://"),
        (("--scheduler", "ucx://127.0.0.1:8786"), "is no address; as in tls://"),
        (("--scheduler", "tcp://127.0.0.1:0"), "is no address; as in tls://"),
        (("--workers", "2", "--device", "cuda:1"), "an accelerator of its own"),
    ],
)
def test_options_that_do_not_go_together_are_refused(opcviz, options, said):
    status, out, err = opcviz("run", "tiny.toml", *options)
    assert (status, out) == (2, "")
    assert said in err


def test_a_scheduler_that_wants_a_certificate_is_not_asked_without_one(opcviz):
    status, _, err = opcviz("run", "tiny.toml", "--scheduler", "tls://127.0.0.1:1")
    assert status == 2
    assert "this program has no certificate" in err


@pytest.fixture
def programs():
    """Starts programs that end with the test."""
    started: list[subprocess.Popen[bytes]] = []
    package = str(Path(worker.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": package, "OMP_NUM_THREADS": "1"}

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
        started.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    family = [each for p in started for each in _family(p.pid)]
    for process in family:
        process.kill()
    for program in started:
        program.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.slow
def test_a_scheduler_and_workers_started_elsewhere_give_the_same_numbers_though_one_is_killed(
    opcviz, programs, tmp_path
):
    place = tmp_path / "scheduler.json"
    programs("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
             "--scheduler-file", str(place))  # fmt: skip
    short = str(Path(__file__).with_name("short_searches.py"))  # as in this program
    pair = [
        programs("dask_worker", "--scheduler-file", str(place), "--nthreads", "1", "--no-nanny",
                 "--no-dashboard", "--local-directory", str(tmp_path / f"worker{n}"),
                 "--preload", short)
        for n in range(2)
    ]  # fmt: skip
    until = time.monotonic() + 60
    while not (place.is_file() and place.stat().st_size):
        assert time.monotonic() < until, "the scheduler does not start"
        time.sleep(0.05)
    kept: dict[Path, bytes] = {}

    def kill_one() -> None:
        """As soon as both have finished something."""
        while len(found := list(Path("many").glob("studies/*/models/*/*/artefact.json"))) < 3:
            time.sleep(0.02)
        pair[0].kill()
        kept.update({path: path.read_bytes() for path in found})

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    address = json.loads(place.read_text())["address"]
    status, out, err = opcviz("run", "tiny.toml", "--scheduler", address, "--store", "many")
    killer.join(5)
    assert (status, len(kept) >= 3) == (0, True), err
    assert "12 answers made" in out
    assert {path: path.read_bytes() for path in kept} == kept  # none of these was made again
    assert numbers(Path("many")) == numbers(tiny_study.make(tmp_path / "one"))
    assert not list(Path("many").glob("work/*"))
    assert "everything is there already" in opcviz("run", "tiny.toml", "--store", "many")[1]


@pytest.mark.slow
def test_two_processes_of_this_machine_do_it_and_a_stop_leaves_nothing_running(opcviz, monkeypatch):
    def at_work() -> list[psutil.Process]:
        """Workers are forked by a child of this process that stays."""
        return [p for child in psutil.Process().children() for p in child.children()]

    seen: list[psutil.Process] = []

    def interrupted(self: Sharing, address: str, count: int) -> None:
        seen.extend(at_work())
        raise KeyboardInterrupt

    monkeypatch.setattr(Sharing, "_give", interrupted)
    status, out, err = opcviz("run", "tiny.toml", "--workers", "2", "--store", "few")
    assert (status, out) == (130, "")
    assert err.splitlines()[-1].startswith("opcviz: stopped; what was finished is kept")
    assert len(seen) >= 2
    _, alive = psutil.wait_procs(seen, timeout=10)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]
    assert not list(Path("few").glob("work/*"))
