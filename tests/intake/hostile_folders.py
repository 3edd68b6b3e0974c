"""Forged folders of models and archives of them and of pictures, as cases for `test_hostile`."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import ones

__all__ = ["FOLDERS", "PICTURES"]

Make = Callable[[Path], Path]
TIMM: dict[str, Any] = {"architecture": "resnet18", "num_classes": 10}
TRANSFORMERS: dict[str, Any] = {"model_type": "vit", "architectures": ["ViTForImageClassification"]}
WEIGHTS = save({"fc.weight": ones(2, 4)})


def folder(config: dict[str, Any] | bytes, **files: bytes) -> Make:
    def make(place: Path) -> Path:
        made = place / "model"
        made.mkdir()
        told = config if isinstance(config, bytes) else json.dumps(config).encode()
        (made / "config.json").write_bytes(told)
        (made / "model.safetensors").write_bytes(WEIGHTS)
        for name, content in files.items():
            (made / name.replace("__", ".")).write_bytes(content)
        return made

    return make


def changed(base: Make, change: Callable[[Path], object]) -> Make:
    def make(place: Path) -> Path:
        made = base(place)
        change(made)
        return made

    return make


def linked(place: Path) -> None:
    (place / "model.safetensors").unlink()
    (place / "model.safetensors").symlink_to("/etc/passwd")


def gigabyte(place: Path) -> None:
    os.truncate(place / "config.json", 2**30)


def link_to_folder(place: Path) -> Path:
    made = folder(TIMM)(place)
    (place / "link").symlink_to(made)
    return place / "link"


def crowded(place: Path) -> None:
    for number in range(1500):
        (place / f"{number}.txt").touch()


def many_entries(name: str) -> Make:
    """An archive whose directory lists a million members, which a reader would make objects of."""

    def make(place: Path) -> Path:
        count = 10**6
        record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, 0, 0)
        locator = b"PK\x06\x07" + struct.pack("<LQL", 0, 0, 1)
        end = b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 65535, 65535, 0, 0, 0)
        path = place / name
        path.write_bytes(record + locator + end)
        return path

    return make


def zipped(
    name: str, members: dict[str, bytes], change: Callable[[Any], None] | None = None
) -> Make:
    def make(place: Path) -> Path:
        path = place / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for member, content in members.items():
                about = zipfile.ZipInfo(member)
                about.compress_type = zipfile.ZIP_DEFLATED
                if change:
                    change(about)
                archive.writestr(about, bytes(content))
        return path

    return make


def as_link(about: zipfile.ZipInfo) -> None:
    if not about.filename.endswith(".json"):
        about.external_attr = 0o120777 << 16


def timm(**changes: Any) -> Make:
    return folder(TIMM | changes)


def transformers(**changes: Any) -> Make:
    return folder(TRANSFORMERS | changes)


PLAIN = {"config.json": json.dumps(TIMM).encode(), "model.safetensors": WEIGHTS}
FOLDERS: dict[str, tuple[Make, str]] = {
    "10^9 layers": (timm(model_args={"depth": 10**9}), "'depth' of the network is 1000000000"),
    "10^9 layers in a list": (timm(model_args={"depths": [10**9] * 4}), "'depths'"),
    "a list without end": (timm(model_args={"depths": [1] * 100_000}), "lists 100000 values"),
    "lists in lists": (timm(model_args={"depths": [[[[[1]]]]]}), "lists deep"),
    "a negative size": (timm(model_args={"embed_dim": -1}), "'embed_dim' of the network is -1"),
    "a size that is no number": (timm(model_args={"embed_dim": 1e300}), "too large"),
    "a path for an architecture": (timm(architecture="/etc/passwd"), "no name"),
    "a path out for an architecture": (timm(architecture="../../up"), "no name"),
    "an address for an architecture": (timm(architecture="hf-hub:a/b"), "no name"),
    "a file for a setting": (timm(model_args={"checkpoint_path": "/etc/passwd"}), "unknown"),
    "an address for a setting": (timm(model_args={"act_layer": "http://a/b"}), "only plain words"),
    "petapixels": (timm(pretrained_cfg={"input_size": [3, 10**8, 10**8]}), "at most 1024"),
    "a language model": (transformers(model_type="gpt2"), "none of the classifiers"),
    "code of its own": (transformers(model_type="evil", auto_map={"AutoConfig": "e.E"}), "none of"),
    "a body from elsewhere": (transformers(model_type="timm_wrapper"), "none of the classifiers"),
    "petapixels of a preparation": (
        folder(TRANSFORMERS, preprocessor_config__json=b'{"size": 100000000}'),
        "at most 1024",
    ),
    "a preparation that is no table": (
        folder(TRANSFORMERS, preprocessor_config__json=b"[]"),
        "no table of settings",
    ),
    "a config of 1 GB": (changed(timm(), gigabyte), "has 1 GiB, and at most 8 MiB"),
    "a config of 0 bytes": (folder(b""), "is empty"),
    "a config of brackets": (folder(b"[" * 10**6), "is no JSON"),
    "a config of digits": (folder(b'{"architecture": ' + b"9" * 10**6 + b"}"), "is no JSON"),
    "weights that are a link": (changed(timm(), linked), "a symbolic link"),
    "a link to a folder": (link_to_folder, "a symbolic link"),
    "a pipe for a config": (
        changed(timm(), lambda p: [(p / "config.json").unlink(), os.mkfifo(p / "config.json")]),
        "a pipe or a socket",
    ),
    "a folder of many files": (changed(timm(), crowded), "holds more than 1000 files"),
    "an empty folder": (lambda place: place, "no such file"),
    "an archive of a million entries": (many_entries("m.zip"), "holds 1,000,000 files"),
    "an archive with a path out": (
        zipped("m.zip", PLAIN | {"../../up.bin": b"x"}),
        "leads out of the archive",
    ),
    "an archive of links": (zipped("m.zip", PLAIN, as_link), "a link or a device"),
    "an archive that is a bomb": (
        zipped("m.zip", PLAIN | {"pytorch_model.bin": 300 * 2**20}),
        "may be a zip bomb",
    ),
    "an archive without weights": (zipped("m.zip", {"config.json": b"{}"}), "no such file"),
    "an archive of something else": (
        zipped("m.zip", {"a.txt": b"x"}),
        "none that torch.save wrote",
    ),
    "an archive cut short": (
        changed(zipped("m.zip", PLAIN), lambda p: os.truncate(p, p.stat().st_size - 30)),
        "is damaged",
    ),
}
"""What it is, how it is made, and what is said of it by whoever reads weights."""


def picture(side: int = 6) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (side, side)).save(out, "PNG")
    return out.getvalue()


SOME = {f"{p}/{c}/{n}.png": picture() for p in ("train", "test") for c in "ab" for n in range(2)}
PICTURES: dict[str, tuple[Make, str]] = {
    "a million entries": (many_entries("p.zip"), "holds 1,000,000 files"),
    "a path out": (zipped("p.zip", SOME | {"../up.png": b"x"}), "leads out of the archive"),
    "links": (zipped("p.zip", SOME, as_link), "a link or a device"),
    "a bomb": (zipped("p.zip", SOME | {"train/a/9.png": 300 * 2**20}), "may be a zip bomb"),
    "no picture": (
        zipped("p.zip", SOME | {"train/a/9.png": b"x"}),
        "1 of 5 pictures cannot be read",
    ),
    "a class that test lacks": (
        zipped("p.zip", SOME | {"train/c/9.png": b"x"}),
        "no class folder c",
    ),
    "no train and test": (zipped("p.zip", {"a/1.png": picture()}), "no folder train/"),
    "0 bytes": (lambda place: (place / "p.zip").touch() or place / "p.zip", "is empty"),
    "text": (lambda place: (place / "p.zip").write_text("x" * 99) and place / "p.zip", "damaged"),
    "cut short": (
        changed(zipped("p.zip", SOME), lambda p: os.truncate(p, p.stat().st_size - 30)),
        "is damaged",
    ),
}
"""As `FOLDERS`, of archives of pictures."""
