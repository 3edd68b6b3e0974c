"""What nobody reads: listed first, and never anything that is read."""

from __future__ import annotations

import os
import time
from pathlib import Path

from one_study import PLACE, everything

from opcviz.study import Store, open_study
from opcviz.upkeep import check, prune, spare

HOUR = 3600.0


def aged(path: Path, seconds: float) -> Path:
    when = time.time() - seconds
    for each in (*path.rglob("*"), path):
        os.utime(each, (when, when))
    return path


def test_a_store_in_use_has_nothing_to_spare(store: Store) -> None:
    assert spare(store) == []


def test_half_written_damaged_and_stopped_things_go_when_nobody_is_at_work(store: Store) -> None:
    place = store.root / "studies" / PLACE
    for name, age in (("old", 2 * HOUR), ("new", 0.0)):
        half = place / "models" / f".maps-{name}.0123abcd"
        half.mkdir()
        (half / "maps.npz").write_bytes(b"123")
        aged(half, age)
        work = store.root / "work" / name
        work.mkdir(parents=True)
        (work / "resume.safetensors").write_bytes(b"12345")
        aged(work, age * 24)
    (place / ".damaged-study.json-0a1b2c").write_bytes(b"1")
    found = {each.place: each.bytes for each in spare(store, days=1)}
    assert found == {
        f"studies/{PLACE}/.damaged-study.json-0a1b2c": 1,
        f"studies/{PLACE}/models/.maps-old.0123abcd": 3,
        "work/old": 5,
    }
    assert "work/old" not in {each.place for each in spare(store, [PLACE], days=1)}
    before = everything(store.root)
    assert prune(store, spare(store, days=1)) == 9
    left = everything(store.root)
    assert left == {
        name: before[name] for name in before if name not in found and "old" not in name
    }
    assert [p.name for p in (store.root / "work").iterdir()] == ["new"]


def test_answers_to_given_up_settings_go_once_the_present_ones_are_answered(store: Store) -> None:
    (model,) = open_study(store, PLACE).models
    known = model.artefact("maps")
    assert known is not None
    asked = {**known.question, "version": -1}
    with store.writing(model.place, "maps", asked) as folder:
        (folder / "result.json").write_text("{}")
    with store.writing(model.place, "own_attack", {"a": 1}) as folder:  # its file is not loaded
        (folder / "result.json").write_text("{}")
    (found,) = spare(store)
    assert "given up" in found.reason
    before = check(store).answers
    prune(store, [found])
    assert check(store).answers == before - 1
    assert model.artefact("maps") == known

    store.discard(model.place, "maps", known.question)
    with store.writing(model.place, "maps", asked) as folder:
        (folder / "result.json").write_text("{}")
    assert spare(store) == [], "an old answer is better than none"


def test_weights_always_stay(store: Store) -> None:
    (model,) = open_study(store, PLACE).models
    weights = model.artefact("model")
    assert weights is not None
    with store.writing(model.place, "model", {**weights.question, "version": -1}) as folder:
        (folder / "weights.safetensors").write_bytes(b"1")
    assert spare(store) == []
