"""A .zip of a picture folder is read as the folder itself, and trusted no more than one file is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from opcviz.common.untrusted import Limits
from opcviz.data import DataError, DataSpec, load
from opcviz.data.archive import picture_names, read_pictures
from opcviz.intake.lists import listed_ids

RNG = np.random.default_rng(0)


def encoded(side: int = 6) -> bytes:
    out = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def members() -> dict[str, bytes]:
    return {
        f"{part}/{name}/{number}.png": encoded()
        for part in ("train", "test")
        for name in ("bee", "ant")
        for number in ("a/1", "b", "c")[: 3 if part == "train" else 1]
    }


def zipped(path: Path, files: dict[str, bytes], inside: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{inside}{name}", content)
    return path


@pytest.mark.parametrize("inside", ["", "my pictures/"])
def test_it_has_the_pictures_labels_and_ids_of_the_folder(inside: str, tmp_path: Path) -> None:
    files = members()
    for name, content in files.items():
        (tmp_path / "plain" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plain" / name).write_bytes(content)
    more = {"README.md": b"hello", "__MACOSX/train/ant/._b.png": b"x", "train/ant/.hidden": b"x"}
    packed = zipped(tmp_path / "p.zip", files | more, inside)
    ours = load(DataSpec("folder", str(packed), size=6))
    theirs = load(DataSpec("folder", str(tmp_path / "plain"), size=6))
    for part in ("x_train", "y_train", "x_test", "y_test"):
        assert torch.equal(getattr(ours, part), getattr(theirs, part))
    assert ours.class_names == theirs.class_names == ("ant", "bee")
    assert picture_names(packed) == picture_names(tmp_path / "plain")
    listed = tmp_path / "list.csv"
    listed.write_text("file\nbee/b.png\nant/a/1.png\n")
    ids = [listed_ids(listed, DataSpec("folder", str(p))) for p in (packed, tmp_path / "plain")]
    assert ids[0].tolist() == ids[1].tolist() == [0, 4]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"../../up.png": b"x"}, "leads out of the archive"),
        ({"train/ant/b.png": b"no picture"}, "p.zip|cannot be read"),
        ({"train/cat/0.png": b"x"}, "no class folder cat"),
        (None, "no folder train/"),
    ],
)
def test_what_cannot_be_read_is_said(
    change: dict[str, bytes] | None, said: str, tmp_path: Path
) -> None:
    files = {"ant/0.png": encoded()} if change is None else members() | change
    with pytest.raises(DataError, match=said):
        read_pictures(zipped(tmp_path / "p.zip", files), 6)
    assert [each.name for each in tmp_path.iterdir()] == ["p.zip"]


def test_a_bomb_and_a_picture_of_gigabytes_are_refused(tmp_path: Path) -> None:
    blank = members() | {"train/ant/0.png": bytes(70 * 2**20)}
    packed = zipped(tmp_path / "p.zip", blank)
    with pytest.raises(DataError, match="a picture may have"):
        read_pictures(packed, 6)
    with pytest.raises(DataError, match="zip bomb"):
        read_pictures(packed, 6, Limits(max_bytes=2**20))
