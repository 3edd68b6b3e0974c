"""A request that names a path of a shared server is refused by the job that would read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tiny_study
from inline_engine import InlineEngine

from opcviz.common import access
from opcviz.common.access import Access
from opcviz.study import Job, Plan, Store
from opcviz.study.bench_job import RUNNER, BenchJob

PLAN = {**tiny_study.PLAN, "methods": ["original"]}
REFUSED = "may not be named; upload the file"


@pytest.fixture
def asker() -> Iterator[list[Access | None]]:
    """What whoever asks may name: the last entry."""
    before, now = access._asked, [Access()]
    access.ask(lambda: now[-1])
    yield now
    access.ask(before)


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    path = tmp_path / "server" / "own.npz"
    path.parent.mkdir()
    x, y = np.zeros((12, 8, 8), np.uint8), np.arange(12) % 3
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    (path.parent / "ids.txt").write_text("1\n2\n")
    return path


def cause(store: Path, job: dict[str, object], runner: str = "") -> str:
    engine = InlineEngine(store)
    run = engine.status(engine.submit(job, runner=runner))
    assert run.status == "failed"
    assert not (store / "studies").exists()
    return run.cause


def planned(**changes: object) -> dict[str, object]:
    return {**PLAN, **changes}


def test_data_of_the_server(asker, arrays: Path, tmp_path: Path) -> None:
    plan = planned(data={"name": "arrays", "path": str(arrays)}, forget="classes:0")
    assert REFUSED in cause(tmp_path / "store", Job(plan).to_dict())


def test_data_by_a_relative_path(asker, arrays: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPCVIZ_DATA", str(arrays.parent))
    plan = planned(data={"name": "arrays", "path": "own.npz"}, forget="classes:0")
    said = cause(tmp_path / "store", Job(plan).to_dict())
    assert REFUSED in said
    assert str(arrays.parent) not in said


def test_ids_of_the_server(asker, arrays: Path, tmp_path: Path) -> None:
    digest = {"kind": "indices", "path": str(arrays.parent / "ids.txt"), "digest": "0" * 12}
    assert REFUSED in cause(tmp_path / "store", Job(planned(forget=digest)).to_dict())


def test_a_folder_of_data_sets(asker, arrays: Path, tmp_path: Path) -> None:
    job = Job(planned(), data_root=str(arrays.parent)).to_dict()
    assert REFUSED in cause(tmp_path / "store", job)


def test_a_python_file(asker, tmp_path: Path, plugins) -> None:
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    job = Job(planned(), plugin_files=(str(tmp_path / "mine.py"),)).to_dict()
    assert "a program that would run" in cause(tmp_path / "store", job)
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_visitors_own_area(asker, arrays: Path, tmp_path: Path) -> None:
    area = tmp_path / "area"
    area.mkdir()
    (area / "mine.npz").symlink_to(arrays)
    asker.append(Access((str(area),)))
    plan = planned(data={"name": "arrays", "path": str(area / "mine.npz")}, forget="classes:0")
    assert REFUSED in cause(tmp_path / "store", Job(plan).to_dict())


def test_a_bench_that_names_a_folder_of_data_sets(asker, tmp_path: Path) -> None:
    job = BenchJob("digits-86043b2a", ("original-x",), (0,), data_root="/etc").to_dict()
    assert REFUSED in cause(tmp_path / "store", job, RUNNER)


@pytest.mark.slow
def test_a_plan_that_the_operator_made_goes_on(asker, arrays: Path, tmp_path: Path) -> None:
    """Its paths are in the store; who may name none asks for another model of that study."""
    store = tmp_path / "store"
    plan = planned(data={"name": "arrays", "path": str(arrays)}, forget="classes:0")
    asker.append(None)
    engine = InlineEngine(store)
    assert engine.status(engine.submit(Job(plan, kinds=("model",)).to_dict())).status == "finished"
    asker.append(Access())
    more = {**plan, "methods": ["retrain"]}
    run = engine.status(engine.submit(Job(more, kinds=("model",)).to_dict()))
    assert (run.status, run.cause) == ("finished", "")
    study = Plan.from_dict(plan).study
    assert Store(store).read_study(study.place)["data"]["path"] == str(arrays)
    crafted = {**plan, "forget": {"kind": "indices", "path": "/etc/passwd", "digest": "0" * 12}}
    run = engine.status(engine.submit(Job(crafted).to_dict()))
    assert "may not be named" in run.cause


def test_memory_of_a_run_is_bounded(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPCVIZ_RUN_GB", "0.1")
    said = cause(tmp_path / "store", {}, "test_paths:take_memory")
    assert said.startswith("out of memory")
    monkeypatch.setenv("OPCVIZ_RUN_GB", "much")
    assert "OPCVIZ_RUN_GB is 'much'" in cause(tmp_path / "other", {}, "test_paths:take_memory")


def take_memory(job: object, store: Path, progress: object) -> None:
    np.empty(2**30, np.uint8)


AUDIT = {"unlearned": {"name": "a.pt", "path": "/etc/hostname"}, "data": {"name": "digits"}}


def test_a_model_of_the_server(asker, tmp_path: Path) -> None:
    job = {**AUDIT, "forget": "classes:0"}
    assert REFUSED in cause(tmp_path / "store", job, "opcviz.audit.page_run:execute")


def test_a_list_of_the_server(asker, tmp_path: Path) -> None:
    own = {"name": "a.pt", "path": "/nowhere/a.pt"}
    listed = {"name": "list.txt", "path": "/etc/hostname"}
    job = {"unlearned": own, "data": {"name": "digits"}, "forget_list": listed}
    assert REFUSED in cause(tmp_path / "store", job, "opcviz.audit.page_run:execute")


def test_data_of_the_server_for_an_audit(asker, tmp_path: Path) -> None:
    job = {**AUDIT, "data": {"name": "folder", "path": "/etc"}, "forget": "classes:0"}
    assert REFUSED in cause(tmp_path / "store", job, "opcviz.audit.page_run:execute")
    job = {**AUDIT, "forget": "classes:0", "data_root": "/etc"}
    assert REFUSED in cause(tmp_path / "store", job, "opcviz.audit.page_run:execute")
