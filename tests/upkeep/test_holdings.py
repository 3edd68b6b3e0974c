"""What a store holds, and that anything that changed in it is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from one_study import PLACE, everything

from opcviz.study import Store, StoreError
from opcviz.upkeep import check, inventory


def one(store: Store, kind: str) -> Path:
    return next(store.root.glob(f"studies/{PLACE}/models/*/{kind}-*"))


def test_a_study_is_listed_with_its_size(store: Store) -> None:
    (held,) = inventory(store)
    answers = list(store.root.glob(f"studies/{PLACE}/models/*/*-*"))
    assert (held.study, held.models, held.answers) == (PLACE, 1, len(answers))
    assert held.title.startswith("Handwritten digits")
    assert held.bytes == sum(map(len, everything(store.root).values()))
    times = [json.loads((a / "artefact.json").read_text())["created"] for a in answers]
    assert held.changed == max(times)


def test_a_sound_store_has_no_faults(store: Store) -> None:
    found = check(store)
    assert (found.faults, found.answers) == ((), len(list(one(store, "maps").parent.iterdir())))


def flipped(store: Store) -> str:
    path = one(store, "model") / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    return "weights.safetensors does not have its recorded contents"


def cut(store: Store) -> str:
    path = one(store, "maps") / "maps.npz"
    path.write_bytes(path.read_bytes()[:-5])
    return "maps.npz has "


def gone(store: Store) -> str:
    (one(store, "maps") / "maps.npz").unlink()
    return "maps.npz: No such file"


def foreign(store: Store) -> str:
    (one(store, "maps") / "notes.txt").touch()
    return "notes.txt is not in its record"


def renamed(store: Store) -> str:
    folder = one(store, "maps")
    folder.rename(folder.with_name("maps-0123456789ab"))
    return "the question in it is not the one that 'maps-0123456789ab' stands for"


def unrecorded(store: Store) -> str:
    (one(store, "maps") / "artefact.json").write_text("{")
    return "not readable as JSON"


def other_study(store: Store) -> str:
    path = store.root / "studies" / PLACE / "study.json"
    spec = json.loads(path.read_text())
    path.write_text(json.dumps({**spec, "forget": "classes:4"}))
    return "study.json describes 'digits-one-"


@pytest.mark.parametrize("damage", [flipped, cut, gone, foreign, renamed, unrecorded, other_study])
def test_each_damage_is_one_fault_that_names_its_place(
    store: Store, damage: Callable[[Store], str]
) -> None:
    said = damage(store)
    (fault,) = check(store).faults
    assert said in fault.reason
    assert (store.root / fault.place).exists()


def test_studies_are_named_by_their_folder_or_their_own_name(store: Store) -> None:
    for name in (PLACE, "digits-one"):
        assert check(store, [name]).answers == check(store).answers
    with pytest.raises(StoreError, match="there is no study called 'digits'"):
        check(store, ["digits"])
    shutil.copytree(store.root / "studies" / PLACE, store.root / "studies" / "digits-one-0")
    with pytest.raises(StoreError, match="2 studies are called 'digits-one'"):
        check(store, ["digits-one"])
