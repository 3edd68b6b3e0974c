"""Moving studies: whenever it is interrupted, each answer is whole in one of both stores."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_study import PLACE, everything

from opcviz.common.held import in_use
from opcviz.common.progress import Cancelled, Progress
from opcviz.study import Store, StoreError
from opcviz.upkeep import Spare, check, export, move, prune, relocation


def test_a_study_is_moved_whole(store: Store, tmp_path: Path) -> None:
    before, count = everything(store.root), check(store).answers
    moved = move(store, ["digits-one"], tmp_path / "other")
    assert (moved.studies, moved.answers, moved.left) == ((PLACE,), count, ())
    assert everything(tmp_path / "other") == before
    assert everything(store.root) == {}
    assert not (store.root / "studies" / PLACE).exists()


@pytest.mark.parametrize("after", [0, 3, 7])
def test_stopped_at_any_point_it_goes_on_and_nothing_is_lost(
    store: Store, tmp_path: Path, after: int
) -> None:
    before, asked = everything(store.root), iter(range(99))
    with pytest.raises(Cancelled):
        move(store, (), tmp_path / "other", Progress(stop=lambda: next(asked) >= after))
    here, there = everything(store.root), everything(tmp_path / "other")
    assert {**here, **there} == before
    answers = [{name for name in side if not name.endswith("study.json")} for side in (here, there)]
    assert not answers[0] & answers[1]
    assert not check(store).faults
    assert not check(Store(tmp_path / "other")).faults
    move(store, (), tmp_path / "other")
    assert everything(tmp_path / "other") == before


def test_what_is_there_already_is_not_copied_over(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "other"
    victim = next(store.root.glob("studies/*/models/*/maps-*"))
    same = other / victim.relative_to(store.root)
    same.parent.mkdir(parents=True)
    victim.rename(same)
    was = (same / "artefact.json").stat().st_mtime_ns
    move(store, (), other)
    assert (same / "artefact.json").stat().st_mtime_ns == was
    assert not check(Store(other)).faults


def test_a_damaged_answer_and_what_is_no_answer_stay(store: Store, tmp_path: Path) -> None:
    notes = store.root / "studies" / PLACE / "notes.txt"
    notes.write_text("mine")
    victim = next(store.root.glob("studies/*/models/*/strongest-*/result.json"))
    data = victim.read_bytes()
    victim.write_bytes(b"")
    with pytest.raises(StoreError, match=r"strongest-\w+ is damaged .* stay where they are"):
        move(store, (), tmp_path / "other")
    assert victim.exists()
    victim.write_bytes(data)
    assert move(store, (), tmp_path / "other").left == (f"studies/{PLACE}/notes.txt",)
    assert notes.read_text() == "mine"


def test_a_store_is_not_moved_into_itself(store: Store, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(store.root)
    for to in (store.root, tmp_path / "link"):
        with pytest.raises(StoreError, match="is the store that they are in"):
            move(store, (), to)
    assert not check(store).faults


def test_links_are_named_and_nothing_behind_them_is_lost(store: Store, tmp_path: Path) -> None:
    place = store.root / "studies" / PLACE / "models"
    (model,) = place.iterdir()
    model.rename(tmp_path / "elsewhere")
    model.symlink_to(tmp_path / "elsewhere")
    (fault,) = check(store).faults
    assert fault.place.endswith(model.name)
    for act in (lambda: move(store, (), tmp_path / "o"), lambda: export(store, tmp_path / "o.zip")):
        with pytest.raises(StoreError, match=r"a link to .*elsewhere; put what it points to"):
            act()
    assert model.is_symlink()
    assert not everything(tmp_path / "o")
    assert not (tmp_path / "o.zip").exists()


def test_a_damaged_record_there_does_not_take_the_place_of_a_sound_one(
    store: Store, tmp_path: Path
) -> None:
    record = tmp_path / "other" / "studies" / PLACE / "study.json"
    record.parent.mkdir(parents=True)
    record.write_text("{")
    before = everything(store.root)
    with pytest.raises(StoreError, match=r"study.json: not readable"):
        move(store, (), tmp_path / "other")
    assert everything(store.root) == before


def test_nothing_is_moved_or_removed_while_somebody_is_at_work(
    store: Store, tmp_path: Path
) -> None:
    other, before = Store(tmp_path / "other"), everything(store.root)
    half = store.root / "studies" / PLACE / ".maps-old.0123abcd"
    half.mkdir()
    for busy in (store, other):
        with in_use(busy.lock), pytest.raises(StoreError, match="somebody is at work in it"):
            move(store, (), other.root)
    with in_use(store.lock), pytest.raises(StoreError, match="somebody is at work in it"):
        prune(store, [Spare(str(half.relative_to(store.root)), "old", 0)])
    assert half.is_dir()
    assert everything(store.root) == before


def test_a_copy_that_is_not_as_it_was_written_does_not_replace_the_answer(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(store.root)
    monkeypatch.setattr(relocation.shutil, "copyfile", lambda _, to: to.write_bytes(b"{}"))
    with pytest.raises(StoreError):
        move(store, (), tmp_path / "other")
    assert everything(store.root) == before
