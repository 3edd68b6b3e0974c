"""The store: nothing half-written, nothing damaged is ever trusted."""

from __future__ import annotations

import json
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opcviz.common.config import fingerprint
from opcviz.study import Artefact, Store, StoreError, open_study, preset
from opcviz.study.store import write_json

PLACE = "s-1/models/m"
QUESTION = {"lr": 0.1, "seed": 0}


class Heard(list):
    """What a store warned of."""

    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def store(tmp_path: Path, heard: Heard) -> Store:
    return Store(tmp_path / "mine", (tmp_path / "shipped",), warn=heard)


@pytest.fixture
def shipped(tmp_path: Path) -> Store:
    return Store(tmp_path / "shipped")


def put(store: Store, value: Any = 1, question: dict = QUESTION, kind: str = "evidence") -> Path:
    with store.writing(PLACE, kind, question) as folder:
        write_json(folder / "result.json", {"value": value})
        np.savez_compressed(folder / "maps.npz", umap=np.arange(6.0).reshape(3, 2))
    return store.root / "studies" / PLACE / f"{kind}-{fingerprint(question)}"


def visible(store: Store) -> list[str]:
    folder = store.root / "studies" / PLACE
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


def test_what_was_written_is_found_by_its_question(store: Store, heard: Heard) -> None:
    assert store.find(PLACE, "evidence", QUESTION) is None
    folder = put(store)
    found = store.find(PLACE, "evidence", {"seed": 0, "lr": 0.1})
    assert found.folder == folder
    assert found.json() == {"value": 1}
    assert found.question == QUESTION
    assert np.array_equal(found.arrays("maps.npz")["umap"], np.arange(6.0).reshape(3, 2))
    assert store.find(PLACE, "evidence", {**QUESTION, "lr": 0.2}) is None
    assert store.find(PLACE, "model", QUESTION) is None
    assert store.find("s-1/models/n", "evidence", QUESTION) is None
    assert heard == []


def test_a_changed_question_leaves_the_old_answer(store: Store) -> None:
    put(store, 1)
    put(store, 2, {**QUESTION, "lr": 0.2})
    assert store.find(PLACE, "evidence", QUESTION).json() == {"value": 1}
    assert len(visible(store)) == 2


def test_a_half_written_artefact_is_never_seen(store: Store) -> None:
    with store.writing(PLACE, "evidence", QUESTION) as folder:
        write_json(folder / "result.json", {"value": 1})
        assert store.find(PLACE, "evidence", QUESTION) is None
        assert store.latest(PLACE, "evidence") is None
        assert store.places("s-1/models/m") == []
    assert store.find(PLACE, "evidence", QUESTION) is not None


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_work_that_fails_leaves_nothing(store: Store, error: type[BaseException]) -> None:
    def work() -> None:
        with store.writing(PLACE, "evidence", QUESTION) as folder:
            write_json(folder / "result.json", {"value": 1})
            raise error

    with pytest.raises(error):
        work()
    assert visible(store) == []


def test_what_a_killed_writer_left_is_not_seen(store: Store) -> None:
    folder = put(store)
    folder.rename(folder.with_name(f".{folder.name}.0123abcd"))
    assert store.find(PLACE, "evidence", QUESTION) is None
    assert store.latest(PLACE, "evidence") is None


def _truncate(folder: Path) -> None:
    path = folder / "maps.npz"
    path.write_bytes(path.read_bytes()[:-1])


def _flip_a_bit(folder: Path) -> None:
    path = folder / "maps.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _other_number(folder: Path) -> None:
    path = folder / "result.json"
    path.write_text(path.read_text().replace("1", "2"))


def _record(folder: Path, **changes: Any) -> None:
    path = folder / "artefact.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


DAMAGE = {
    "truncated": _truncate,
    "one bit": _flip_a_bit,
    "edited": _other_number,
    "file missing": lambda folder: (folder / "result.json").unlink(),
    "no record": lambda folder: (folder / "artefact.json").unlink(),
    "record cut": lambda folder: (folder / "artefact.json").write_text("{"),
    "record is no text": lambda folder: (folder / "artefact.json").write_bytes(b"\xff\xfe\x00"),
    "record is a list": lambda folder: (folder / "artefact.json").write_text("[1]"),
    "record without files": lambda folder: (folder / "artefact.json").write_text("{}"),
    "files are a list": lambda folder: _record(folder, files=["result.json"]),
    "a file is a number": lambda folder: _record(folder, files={"result.json": 3}),
    "question is a list": lambda folder: _record(folder, question=[1]),
    "created is a number": lambda folder: _record(folder, created=3),
    "about is a text": lambda folder: _record(folder, about="mine"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_artefact_is_reported_by_readers_and_set_aside_by_its_next_writer(
    store: Store, heard: Heard, damage
) -> None:
    folder = put(store)
    damage(folder)
    before = {p: p.read_bytes() for p in store.root.rglob("*") if p.is_file()}
    for _ in range(2):
        assert store.find(PLACE, "evidence", QUESTION) is None
        store.answers(PLACE, "evidence")
    assert len(heard) == 1  # said once, however often it is read
    assert str(folder) in heard[0]
    assert "is damaged" in heard[0]
    assert "`opcviz run`" in heard[0]
    assert before == {p: p.read_bytes() for p in store.root.rglob("*") if p.is_file()}
    put(store, 3)
    aside = [name for name in visible(store) if name.startswith(".damaged-evidence-")]
    assert len(aside) == 1
    assert aside[0] in heard[1]
    assert store.find(PLACE, "evidence", QUESTION).json() == {"value": 3}
    assert len(heard) == 2


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_shipped_artefact_is_ignored_and_left_where_it_is(
    store: Store, shipped: Store, heard: Heard, damage
) -> None:
    folder = put(shipped)
    damage(folder)
    before = {p: p.read_bytes() for p in shipped.root.rglob("*") if p.is_file()}
    assert store.find(PLACE, "evidence", QUESTION) is None
    assert "it is ignored" in heard[0]
    assert before == {p: p.read_bytes() for p in shipped.root.rglob("*") if p.is_file()}
    put(store, 5)
    assert store.find(PLACE, "evidence", QUESTION).json() == {"value": 5}


def _garbled(folder: Path) -> None:
    path = folder / "result.json"
    path.write_bytes(b"\xff" * path.stat().st_size)


CONTENTS = {
    "garbled": _garbled,
    "edited": _other_number,
    "gone": lambda folder: (folder / "result.json").unlink(),
}


@pytest.mark.parametrize("damage", CONTENTS.values(), ids=CONTENTS.keys())
def test_numbers_are_checked_when_they_are_read(store: Store, damage) -> None:
    """`answers` looks at sizes alone, for speed."""
    folder = put(store)
    (found,) = store.answers(PLACE, "evidence")
    damage(folder)
    with pytest.raises(StoreError, match=r"result\.json is damaged .* `opcviz run`") as error:
        found.json()
    assert str(folder / "result.json") in str(error.value)


def test_arrays_are_checked_when_they_are_read(store: Store) -> None:
    folder = put(store)
    (found,) = store.answers(PLACE, "evidence")
    path = folder / "maps.npz"
    for content in (b"\0" * path.stat().st_size, path.read_bytes()[:-30], b""):
        path.write_bytes(content)
        with pytest.raises(StoreError, match=r"maps\.npz is damaged .* `opcviz run`"):
            found.arrays("maps.npz")


def test_reading_never_writes_into_a_layer(store: Store, shipped: Store) -> None:
    put(shipped, 7)
    before = sorted(shipped.root.rglob("*"))
    assert store.find(PLACE, "evidence", QUESTION).json() == {"value": 7}
    put(store, 8, {**QUESTION, "seed": 1})
    assert sorted(shipped.root.rglob("*")) == before
    assert not (store.root / "studies" / PLACE / f"evidence-{fingerprint(QUESTION)}").exists()


def test_the_own_answer_comes_before_a_shipped_one(store: Store, shipped: Store) -> None:
    put(shipped, 7)
    put(store, 8)
    assert store.find(PLACE, "evidence", QUESTION).json() == {"value": 8}


def passed(stamp: str) -> None:
    """Wait until the clock shows a later millisecond than the one stamped on an artefact."""
    while datetime.now(UTC).isoformat(timespec="milliseconds") <= stamp:
        time.sleep(0.001)


def test_the_newest_of_a_kind_is_the_latest(store: Store, shipped: Store) -> None:
    put(store, 1, {"v": 1})
    passed(store.find(PLACE, "evidence", {"v": 1}).created)
    put(shipped, 2, {"v": 2})
    put(store, 3, {"v": 3}, kind="maps")
    assert store.latest(PLACE, "evidence").json() == {"value": 2}
    assert store.latest(PLACE, "maps").json() == {"value": 3}
    assert store.latest(PLACE, "model") is None
    assert store.places("s-1/models") == ["m"]
    assert store.places() == ["s-1"]


def test_of_two_writers_of_one_artefact_the_first_stands(store: Store) -> None:
    with store.writing(PLACE, "evidence", QUESTION) as slow:
        write_json(slow / "result.json", {"value": "slow"})
        put(store, "fast")
    assert store.find(PLACE, "evidence", QUESTION).json() == {"value": "fast"}
    assert len(visible(store)) == 1


def test_many_writers_and_readers_at_once(store: Store, heard: Heard) -> None:
    seen: list[Any] = []
    errors: list[BaseException] = []
    begin = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            begin.wait()
            put(store, number)
            seen.append(store.find(PLACE, "evidence", QUESTION).json()["value"])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(seen) == 8
    assert len(set(seen)) == 1  # whoever was first, all read that one
    assert len(visible(store)) == 1
    assert heard == []


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Bomb:
        def __reduce__(self):
            return (Path.touch, (ran,))

    np.savez(tmp_path / "bomb.npz", x=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        Artefact(tmp_path, {}, "").arrays("bomb.npz")
    assert not ran.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_that_is_none_is_not_written(tmp_path: Path, value: float) -> None:
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": value})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_json_is_utf8_everywhere(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"title": "größer × 愛"})
    assert "größer × 愛" in (tmp_path / "x.json").read_bytes().decode("utf-8")


# ---- the study's own record -----------------------------------------------------------------


def test_a_study_record_stays_as_it_was_first(store: Store) -> None:
    store.write_study("s-1", {"name": "first"})
    store.write_study("s-1", {"name": "second"})
    assert store.read_study("s-1") == {"name": "first"}


def test_a_shipped_record_is_taken_over(store: Store, shipped: Store) -> None:
    """Else new models of a shipped study could be made from other data unnoticed."""
    shipped.write_study("s-1", {"name": "s", "data_digest": "then"})
    store.write_study("s-1", {"name": "s", "data_digest": "now"})
    assert store.read_study("s-1")["data_digest"] == "then"
    shutil.rmtree(shipped.root)
    assert store.read_study("s-1")["data_digest"] == "then"


def test_an_unknown_study_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no study 'nothing'"):
        store.read_study("nothing")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{", "not readable as JSON"),
        (b"\xff\xfe", "not readable as JSON"),
        (b'["name"]', "holds no table of settings"),
        (b"{}", "holds no table of settings"),
    ],
)
def test_an_unreadable_record_is_named(
    store: Store, shipped: Store, heard: Heard, content: bytes, what: str
) -> None:
    store.write_study("s-1", {"name": "s"})
    path = store.root / "studies" / "s-1" / "study.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=what) as error:
        store.read_study("s-1")
    assert str(path) in str(error.value)
    assert "`opcviz run`" in str(error.value)
    assert path.read_bytes() == content  # reading changes nothing
    store.write_study("s-1", {"name": "anew"})
    assert store.read_study("s-1") == {"name": "anew"}
    assert "it was set aside as .damaged-study.json-" in heard[0]


def test_a_damaged_record_does_not_hide_the_shipped_one(store: Store, shipped: Store) -> None:
    shipped.write_study("s-1", {"name": "s", "data_digest": "then"})
    store.write_study("s-1", {"name": "s", "data_digest": "then"})
    (store.root / "studies" / "s-1" / "study.json").write_text("[")
    assert store.read_study("s-1")["data_digest"] == "then"


def test_the_probe_set_shown_is_of_the_size_that_was_asked_for(tmp_path):
    """Another one may be newer: the study was measured with another size in between."""
    study = preset("digits").study
    store = Store(tmp_path)
    store.write_study(study.place, study.to_dict())
    for size in (study.evidence.probe, 20):
        with store.writing(study.place, "probe", {"probe": size, "version": 1}) as folder:
            write_json(folder / "result.json", {"size": size})
    found = open_study(store, study.place).probe_artefact()
    assert found.json() == {"size": study.evidence.probe}
