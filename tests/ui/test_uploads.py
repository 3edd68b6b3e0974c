"""Where a visitor's files lie: under the server's names, within limits, and not for long."""

import io
import os
import stat
from pathlib import Path

import pytest

from opcviz.common.config import IntakeError
from opcviz.ui.reading.uploads import Area, sweep

NAME = "0123456789abcdef" * 2


@pytest.fixture
def area(tmp_path: Path) -> Area:
    return Area(tmp_path / "uploads", NAME, quota=100, total=150)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "name", ["../../x.npz", "/etc/cron.d/x.npz", "C:\\x.npz", "\0.npz", ".npz"]
)
def test_no_name_of_a_visitor_becomes_a_path(area: Area, name: str) -> None:
    path = area.keep(name, io.BytesIO(b"content"))
    assert path.parent == area.folder
    assert path.stem.isalnum()
    assert (path.suffix, path.read_bytes()) == (".npz", b"content")
    assert stat.S_IMODE(area.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.py", b"x", "of this kind are not read"),
        ("a.npz.exe", b"x", "of this kind are not read"),
        ("a.npz", b"", "empty"),
        ("a.npz", bytes(101), "remove some"),
    ],
)
def test_what_is_refused_leaves_nothing(area: Area, name: str, content: bytes, said: str) -> None:
    with pytest.raises(IntakeError, match=said):
        area.keep(name, io.BytesIO(content))
    assert files(area.root) == []


def several(*names: str) -> list[tuple[str, io.BytesIO]]:
    return [(name, io.BytesIO(name.encode())) for name in names]


def test_the_files_of_a_models_folder_lie_together_under_names_of_our_own(area: Area) -> None:
    given = several(
        "../x/config.json", "my net.SAFETENSORS", "C:\\preprocessor_config.json", "a.md"
    )
    folder = area.keep_model(given)
    assert folder.parent == area.folder
    assert {file.name: file.read_text() for file in folder.iterdir()} == {
        "config.json": "../x/config.json",
        "model.safetensors": "my net.SAFETENSORS",
        "preprocessor_config.json": "C:\\preprocessor_config.json",
    }
    area.drop(folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("config.json",), "0 files of weights"),
        (("config.json", "a.bin", "b.safetensors"), "2 files of weights"),
        (("a.safetensors", "b.safetensors"), "2 files of weights"),
        (("config.json", "x" * 90 + ".bin"), "remove some"),
    ],
)
def test_what_is_no_models_folder_leaves_nothing(
    area: Area, names: tuple[str, ...], said: str
) -> None:
    with pytest.raises(IntakeError, match=said):
        area.keep_model(several(*names))
    assert files(area.root) == []


def test_limits_of_a_visitor_and_of_all(area: Area) -> None:
    first = area.keep("a.npz", io.BytesIO(bytes(90)))
    with pytest.raises(IntakeError, match="remove some"):
        area.keep("b.npz", io.BytesIO(bytes(11)))
    other = Area(area.root, NAME[::-1], area.quota, area.total)
    with pytest.raises(IntakeError, match="come back later"):
        other.keep("a.npz", io.BytesIO(bytes(61)))
    other.drop(first)  # another's
    assert (area.used(), other.used()) == (90, 0)
    area.drop(first)
    assert other.keep("a.npz", io.BytesIO(bytes(61))).exists()


def test_areas_that_were_left_go(area: Area) -> None:
    kept = area.keep("a.npz", io.BytesIO(b"x"))
    other = Area(area.root, NAME[::-1], 100, 150)
    other.keep("a.npz", io.BytesIO(b"x"))
    (area.root / "secret").write_text("not an area")
    os.utime(other.folder, (0, 0))
    sweep(area.root, 3600)
    assert set(files(area.root)) == {
        kept,
        area.root / "secret",
    }
    area.clear()
    assert files(area.root) == [area.root / "secret"]


def test_an_area_is_never_named_from_outside(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="32 hex digits"):
        Area(tmp_path, "../" + NAME, 1, 1)
