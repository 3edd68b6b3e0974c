"""A store in one file: all of it comes back, and nothing that is not as it was written goes in."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from one_study import PLACE, everything

from opcviz.common.progress import Cancelled, Progress
from opcviz.study import Store, StoreError
from opcviz.upkeep import archive, check, export, import_archive


@pytest.fixture
def packed(store: Store, tmp_path: Path) -> Path:
    file = tmp_path / "studies.zip"
    export(store, file)
    return file


def test_what_is_exported_comes_back_byte_for_byte(store: Store, packed: Path, tmp_path: Path):
    other = Store(tmp_path / "other")
    found = import_archive(other, packed)
    assert found.studies == (PLACE,)
    assert (found.added, found.known) == (check(store).answers, 0)
    assert everything(other.root) == everything(store.root)
    again = import_archive(other, packed)
    assert (again.added, again.known) == (0, found.added)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other", "store", "studies.zip"]


def test_a_damaged_answer_of_the_store_is_replaced_and_a_sound_one_stays(
    store: Store, packed: Path
) -> None:
    before = everything(store.root)
    victim = next(store.root.glob("studies/*/models/*/maps-*/maps.npz"))
    victim.write_bytes(b"")
    found = import_archive(store, packed)
    assert (found.added, found.known) == (1, check(store).answers - 1)
    after = everything(store.root)
    assert {name: after[name] for name in before} == before
    assert all("/.damaged-maps-" in name for name in set(after) - set(before))


def test_a_known_study_keeps_its_record(store: Store, packed: Path) -> None:
    path = store.root / "studies" / PLACE / "study.json"
    spec = {**json.loads(path.read_text()), "title": "mine"}
    path.write_text(json.dumps(spec))
    import_archive(store, packed)
    assert json.loads(path.read_text())["title"] == "mine"


def test_nothing_damaged_is_handed_on_and_no_file_is_overwritten(
    store: Store, packed: Path, tmp_path: Path
) -> None:
    data = packed.read_bytes()
    with pytest.raises(StoreError, match="is there already; name a new file"):
        export(store, packed)
    assert packed.read_bytes() == data
    next(store.root.glob("studies/*/models/*/maps-*/maps.npz")).write_bytes(b"")
    with pytest.raises(StoreError, match=r"maps-\w+ is damaged .* nothing was exported"):
        export(store, tmp_path / "more.zip")
    with pytest.raises(StoreError, match="there is no store"):
        export(Store(tmp_path / "none"), tmp_path / "more.zip")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["store", "studies.zip"]


def test_an_export_that_is_stopped_leaves_no_file(store: Store, tmp_path: Path) -> None:
    asked = iter(range(9))
    with pytest.raises(Cancelled):
        export(store, tmp_path / "a.zip", progress=Progress(stop=lambda: next(asked) > 3))
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


def rewritten(file: Path, change: Callable[[zipfile.ZipInfo, bytes], list[tuple[object, bytes]]]):
    """The same archive with some members changed, dropped or added."""
    with zipfile.ZipFile(file) as old:
        members = [(info, old.read(info)) for info in old.infolist()]
    file.unlink()
    with zipfile.ZipFile(file, "w") as new:
        for info, data in members:
            for name, content in change(info, data):
                new.writestr(name, content)  # type: ignore[arg-type]  # a name, or all about it


def link(info: zipfile.ZipInfo, data: bytes):
    if info.filename.endswith("maps.npz"):
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        data = b"/etc/passwd"
    return [(info, data)]


def adding(name: str):
    def change(info: zipfile.ZipInfo, data: bytes):
        return [(info, data), (name, b"{}")] if info.filename == archive.ABOUT else [(info, data)]

    return change


def without(end: str):
    return lambda info, data: [] if info.filename.endswith(end) else [(info, data)]


def changed(end: str, to: bytes):
    return lambda info, data: [(info, to if info.filename.endswith(end) else data)]


HOSTILE = {
    "up": (adding("studies/../../evil.json"), "is no place in a store"),
    "absolute": (adding("/evil.json"), "is no place in a store"),
    "hidden": (adding(f"studies/{PLACE}/.evil/study.json"), "is no place in a store"),
    "beside": (adding("engine/state.json"), "is no place in a store"),
    "loose": (adding(f"studies/{PLACE}/evil.py"), "is no place in a store"),
    "link": (link, "is no place in a store"),
    "not a study": (adding("studies/other-1/study.json"), "holds no table|describes|does not fit"),
    "lost record": (without("study.json"), "has answers and no study.json"),
    "no contents": (without(archive.ABOUT), "no archive of `opcviz store export`"),
    "another format": (changed(archive.ABOUT, b'{"format": 2}'), "no archive of"),
    "lost file": (without("maps.npz"), "maps.npz: No such file"),
    "more files": (
        adding(f"studies/{PLACE}/models/x/maps-0123456789ab/evil.npz"),
        "artefact.json: No such file",
    ),
    "forged": (changed("maps.npz", b"x"), "maps.npz has 1 of"),
    "a table": (changed("study.json", b"[]"), "holds no table of values"),
    "a file below a file": (
        lambda i, d: [(i, d), *([(i.filename + "/evil", b"")] if "maps.npz" in i.filename else [])],
        "it was not added",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_is_not_what_was_exported_is_refused(
    packed: Path, tmp_path: Path, name: str
) -> None:
    change, said = HOSTILE[name]
    rewritten(packed, change)
    other = Store(tmp_path / "other")
    with pytest.raises(StoreError, match=said):
        import_archive(other, packed)
    assert not other.root.exists() or not check(other).faults, "what was added before is sound"
    left = [p for p in tmp_path.rglob("*") if "evil" in p.name or p.name.startswith(".")]
    assert not left


def test_a_record_that_lies_takes_nothing_with_it(packed: Path, store: Store) -> None:
    """Answers without a record are what a stop in the wrong moment leaves."""
    (store.root / "studies" / PLACE / "study.json").unlink()
    before = everything(store.root)
    for lie in (b'{"name": "other"}', b'{"name": NaN}', b'{"title": "\\ud800"}', b'{"odd": 1}'):
        copy = packed.with_name("copy.zip")
        shutil.copy(packed, copy)
        rewritten(copy, changed("study.json", lie))
        with pytest.raises(StoreError):
            import_archive(store, copy)
        assert everything(store.root) == before
    import_archive(store, packed)
    assert not check(store).faults


def test_a_record_of_an_answer_names_files_of_its_folder_only(store: Store) -> None:
    folder = next(store.root.glob("studies/*/models/*/maps-*"))
    path = folder / "artefact.json"
    record = json.loads(path.read_text())
    empty = {"bytes": 0, "sha256": "0" * 64}
    for name in ("/dev/zero", "../x", "./maps.npz", "a/../maps.npz", "artefact.json"):
        path.write_text(json.dumps({**record, "files": {**record["files"], name: empty}}))
        (fault,) = check(store).faults
        assert "is no file of its folder" in fault.reason
    (folder / "link").symlink_to("/dev/zero")
    path.write_text(json.dumps({**record, "files": {**record["files"], "link": empty}}))
    assert any("link is no file of its own" in fault.reason for fault in check(store).faults)
    path.write_text(json.dumps({**record, "question": {"a": float("nan")}, "files": {}}))
    assert any("its question is none" in fault.reason for fault in check(store).faults)


def test_an_old_file_can_be_exported_and_what_is_named_twice_is_refused(
    store: Store, tmp_path: Path
) -> None:
    os.utime(next(store.root.glob("studies/*/models/*/maps-*/maps.npz")), (0, 0))
    export(store, tmp_path / "a.zip")
    for end in ("study.json", "maps.npz"):
        copy = tmp_path / f"{end}.zip"
        shutil.copy(tmp_path / "a.zip", copy)
        with zipfile.ZipFile(copy) as archive:
            name = next(n for n in archive.namelist() if n.endswith(end))
        with zipfile.ZipFile(copy, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(name, b"{}")
        with pytest.raises(StoreError, match="is in it twice"):
            import_archive(Store(tmp_path / "other"), copy)


def test_files_that_are_no_archives_are_refused(packed: Path, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    # what is cut off may end with an .npz, which is a zip archive, too
    for data in (b"", b"PK", packed.read_bytes()[:-200], packed.read_bytes()[:200]):
        (tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(StoreError, match=r"not a readable archive|no archive of"):
            import_archive(other, tmp_path / "x.zip")
    with pytest.raises(StoreError, match="not a readable archive"):
        import_archive(other, tmp_path / "none.zip")
    assert not other.root.exists()


def test_what_does_not_fit_on_the_disk_is_not_begun(packed: Path, tmp_path: Path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StoreError, match="1,000 are free"):
        import_archive(Store(tmp_path / "other"), packed)
    assert not (tmp_path / "other").exists()
