"""Hostile and broken inputs: how each is made, who reads it, and what must be said of it."""

from __future__ import annotations

import io
import json
import os
import struct
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from hostile_folders import FOLDERS, PICTURES
from PIL import Image
from test_weights import HOSTILE

__all__ = ["CASES", "Case", "array_parts", "npy", "npz", "pictures", "zipped"]

RNG = np.random.default_rng(0)
LABELS = np.arange(12) % 3
MARK = "ran"  # a file that appears in the case's folder if any code of the case ran


@dataclass(frozen=True)
class Case:
    """One input.

    Attributes:
        make: writes it into a folder and returns its path; None: it cannot be made here.
        reader: who reads it, of `hostile_worker.READERS`.
        said: what the sentence must hold.
    """

    make: Callable[[Path], Path | str]
    reader: str
    said: str


CASES: dict[str, Case] = {}


def case(reader: str, said: str, name: str = "") -> Callable[..., Callable[[Path], Path | str]]:
    def enter(make: Callable[[Path], Path | str]) -> Callable[[Path], Path | str]:
        CASES[name or f"{reader}: {make.__name__.strip('_').replace('_', ' ')}"] = Case(
            make, reader, said
        )
        return make

    return enter


def case_of(reader: str, name: str, said: str, make: Callable[[Path], Path | str]) -> None:
    CASES[f"{reader}: {name}"] = Case(make, reader, said)


# ---- files ------------------------------------------------------------------------------------


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def array_parts(**changes: np.ndarray) -> dict[str, np.ndarray]:
    x = RNG.integers(0, 256, (12, 6, 6), dtype=np.uint8)
    return {"x_train": x, "y_train": LABELS, "x_test": x[:6], "y_test": LABELS[:6], **changes}


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def forged(shape: tuple[int, ...], descr: str = "|u1", content: bytes = b"\0" * 36) -> bytes:
    """An array that claims a shape which its bytes do not fill."""
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    return raw_npy(header, content)


def raw_npy(header: str, content: bytes = b"") -> bytes:
    text = header.encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def npz(folder: Path, name: str = "a.npz", **members: np.ndarray | bytes) -> Path:
    """An archive of arrays; bytes stand for a member as it is."""
    with zipfile.ZipFile(folder / name, "w") as archive:
        for key, value in members.items():
            archive.writestr(f"{key}.npy", value if isinstance(value, bytes) else npy(value))
    return folder / name


def zipped(folder: Path, *members: tuple[str, bytes], pack: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(folder / "a.npz", "w", pack) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is meant
        for name, content in members:
            archive.writestr(name, content)
    return folder / "a.npz"


def patched(path: Path, change: Callable[[bytearray], None]) -> Path:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)
    return path


class Payload:
    """Pickled, it would write a file when read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.folder / MARK), "w")


def arrays(name: str, said: str, make: Callable[[Path], Path | str]) -> None:
    case_of("arrays", name, said, make)


# ---- arrays -----------------------------------------------------------------------------------

GOOD = array_parts()
arrays("0 bytes", "is empty (0 bytes)", lambda f: written(f, "a.npz", b""))
arrays("no file", "there is no file", lambda f: f / "a.npz")
arrays("a folder", "is a folder, not a file", lambda f: f)
arrays("wrong magic", "no zip archive", lambda f: written(f, "a.npz", b"\x7fELF" * 20))
arrays("a path with a zero byte", "names no file", lambda f: f"{f}/a\0.npz")
arrays("a path too long", "cannot be looked up", lambda f: f"{f}/{'a' * 5000}.npz")
arrays(
    "70 TiB in a forged header",
    "claims 76,965,813,944,320 bytes",
    lambda f: npz(f, **{**GOOD, "x_train": forged((70 * 2**20, 1024, 1024))}),
)
arrays(
    "a shape whose product overflows",
    "claims",
    lambda f: npz(f, **{**GOOD, "x_train": forged((2**40, 2**40, 2**40))}),
)
arrays(
    "a negative shape",
    "header is damaged",
    lambda f: npz(f, **{**GOOD, "x_train": forged((-1, 6, 6))}),
)
arrays(
    "samples without bytes",
    "samples, and at most",
    lambda f: npz(f, **{**GOOD, "x_train": forged((10**15, 0, 6), content=b"")}),
)
arrays(
    "strings without bytes",
    "class_names",
    lambda f: npz(f, **{**GOOD, "class_names": forged((10**15,), "<U0", b"")}),
)
arrays(
    "a header that is a program",
    "header is damaged",
    lambda f: npz(
        f, **{**GOOD, "x_train": raw_npy(f"__import__('pathlib').Path('{f}/{MARK}').touch()")}
    ),
)
arrays(
    "a header of nested brackets",
    "header is damaged",
    lambda f: npz(f, **{**GOOD, "x_train": raw_npy("(" * 3000)}),
)
arrays(
    "a header of 4 GiB",
    "a header that numpy does not write",
    lambda f: npz(f, **{**GOOD, "x_train": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{"}),
)
arrays(
    "an unknown type",
    "a type that numpy does not know",
    lambda f: npz(f, **{**GOOD, "x_train": forged((12, 6, 6), "<z9")}),
)
arrays(
    "a pickle in an array",
    "without object arrays",
    lambda f: npz(f, **{**GOOD, "class_names": np.array([Payload(f)], object)}),
)
arrays(
    "a bare pickle",
    "no zip archive",
    lambda f: written(f, "a.npz", __import__("pickle").dumps(Payload(f))),
)
arrays("one array", "holds one array", lambda f: written(f, "a.npz", npy(LABELS)))
arrays(
    "a member that is text",
    "no array of numpy's",
    lambda f: npz(f, **{**GOOD, "y_train": b"just some text"}),
)
arrays(
    "cut short",
    "is damaged",
    lambda f: patched(npz(f, **GOOD), lambda c: c.__delitem__(slice(200, None))),
)
arrays(
    "cut in the middle",
    "is damaged",
    lambda f: patched(npz(f, **GOOD), lambda c: c.__delitem__(slice(300, 900))),
)
arrays(
    "a changed byte",
    "cannot be read",
    lambda f: patched(npz(f, **GOOD), lambda c: c.__setitem__(200, c[200] ^ 255)),
)


def bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("x_train.npy", "w") as member:
            for _ in range(300):
                member.write(bytes(2**20))
    return folder / "a.npz"


arrays("a zip bomb", "may be a zip bomb", bomb)


def overlapping(folder: Path) -> Path:
    """Two entries of the directory share one member's bytes: a bomb without recursion."""
    path = zipped(folder, ("aaaa.npy", bytes(100)), ("bbbb.npy", bytes(100)))
    content = path.read_bytes()
    first, second = content.find(b"PK\x01\x02"), content.rfind(b"PK\x01\x02")
    entry = bytearray(content[second:])
    entry[42:46] = content[first + 42 : first + 46]  # both begin where the first does
    path.write_bytes(content[:second] + bytes(entry))
    return path


arrays("members that overlap", "overlaps what follows it", overlapping)
arrays(
    "a member twice",
    "occurs more than once",
    lambda f: zipped(f, ("x_train.npy", npy(LABELS)), ("x_train.npy", npy(LABELS))),
)
arrays(
    "an array with two names",
    "two arrays called 'x_train'",
    lambda f: zipped(f, ("x_train.npy", npy(LABELS)), ("x_train", npy(LABELS))),
)
for trick in (
    "../../up.npy",
    "/etc/up.npy",
    "..\\up.npy",
    "C:up.npy",
    "a/../../up.npy",
    "a\nb.npy",
):
    arrays(
        f"a member called {trick!r}",
        "leads out of the archive",
        lambda f, trick=trick: zipped(f, (trick, b"x")),
    )


def linked_member(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        info = zipfile.ZipInfo("x_train.npy")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return folder / "a.npz"


arrays("a member that is a link", "a link or a device", linked_member)
arrays(
    "an encrypted member",
    "encrypted",
    lambda f: patched(
        zipped(f, ("x.npy", b"x" * 9)), lambda c: c.__setitem__(c.find(b"PK\x01\x02") + 8, 1)
    ),
)
arrays(
    "another way of packing",
    "neither numpy nor torch",
    lambda f: zipped(f, ("x.npy", b"x" * 99), pack=zipfile.ZIP_LZMA),
)
arrays(
    "something before the archive",
    "directory does not lie at its end",
    lambda f: written(f, "a.npz", b"#!/bin/sh\n" + npz(f, "b.npz", **GOOD).read_bytes()),
)
arrays(
    "something behind the archive",
    "does not end with",
    lambda f: patched(npz(f, **GOOD), lambda c: c.extend(b"more")),
)
arrays(
    "a count that is not true",
    "is damaged",
    lambda f: patched(npz(f, **GOOD), lambda c: c.__setitem__(slice(-14, -10), b"\7\0\7\0")),
)


def sparse(folder: Path) -> Path:
    path = written(folder, "a.npz", b"PK\x03\x04")
    os.truncate(path, 5 * 2**30)
    return path


arrays("5 GiB", "has 5 GiB, and at most 4 GiB", sparse)


def link(folder: Path) -> Path:
    npz(folder, "b.npz", **GOOD)
    (folder / "a.npz").symlink_to(folder / "b.npz")
    return folder / "a.npz"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "a.npz")
    return folder / "a.npz"


arrays("a symbolic link", "a symbolic link, which is not followed", link)
arrays(
    "a link to a device",
    "a symbolic link",
    lambda f: (f / "a.npz").symlink_to("/dev/zero") or f / "a.npz",
)
arrays("a pipe that never ends", "a pipe or a socket", pipe)
arrays("a device", "a pipe or a socket", lambda f: "/dev/zero")
for name, said, changes in (
    ("NaN pixels", "NaN or infinite pixels", {"x_train": np.full((12, 6, 6), np.nan)}),
    ("pixels of 0 to 255 as floats", "must lie in 0..1", {"x_train": np.full((12, 6, 6), 9.0)}),
    ("a wrong type", "has type int64; wants uint8", {"x_train": np.zeros((12, 6, 6), int)}),
    ("complex pixels", "without object arrays", {"x_train": np.zeros((12, 6, 6), complex)}),
    ("wrong channels", "C of 1 or 3", {"x_train": np.zeros((12, 6, 6, 4), np.uint8)}),
    ("shapes that differ", "bring both to one shape", {"x_test": np.zeros((6, 5, 5), np.uint8)}),
    ("labels out of range", "gap", {"y_train": np.where(LABELS == 2, 10**9, LABELS)}),
    ("negative labels", "label -1", {"y_train": LABELS - 1}),
    ("labels as floats", "wants integers", {"y_train": LABELS.astype(float)}),
    ("fewer labels than pictures", "labels of shape (11,)", {"y_train": LABELS[:11]}),
    ("huge unsigned labels", "gap", {"y_train": np.where(LABELS == 2, 2**63, LABELS).astype("u8")}),
    ("too few class names", "outside 0 to 1", {"class_names": np.array(["a", "b"])}),
    ("class names that are no text", "not UTF-8", {"class_names": np.array([b"\xff", b"b", b"c"])}),
    ("no pictures", "0 pictures", {"x_test": np.zeros((0, 6, 6), np.uint8), "y_test": LABELS[:0]}),
):
    arrays(name, said, lambda f, changes=changes: npz(f, **{**GOOD, **changes}))


# ---- folders of pictures ----------------------------------------------------------------------


def encoded(side: int = 6, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(out, kind)
    return out.getvalue()


def pictures(folder: Path) -> Path:
    for part in ("train", "test"):
        for name in ("ant", "bee"):
            for number in range(2):
                written(folder, f"{part}/{name}/{number}.png", encoded())
    return folder


def picture(content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        written(pictures(folder), "train/ant/0.png", content)
        return folder

    return make


def png_claiming(width: int, height: int) -> bytes:
    """A picture whose header claims another size."""
    import zlib

    content = bytearray(encoded())
    content[16:24] = struct.pack(">2L", width, height)
    content[29:33] = struct.pack(">L", zlib.crc32(bytes(content[12:29])))
    return bytes(content)


def in_folder(name: str, said: str, change: Callable[[Path], object]) -> None:
    case_of("folder", name, said, lambda f: (change(pictures(f)), f)[1])


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(ran) (w) file closefile\n"
case_of("folder", "no folder", "no folder", lambda f: f / "none")
case_of("folder", "a picture of text", "1 of 4 pictures cannot be read", picture(b"no picture"))
case_of("folder", "a picture of 0 bytes", "cannot be read", picture(b""))
case_of("folder", "half a picture", "cannot be read", picture(encoded(64)[:2000]))
case_of("folder", "a picture of 10 gigapixels", "pixels", picture(png_claiming(100_000, 100_000)))
case_of(
    "folder",
    "a picture of 60 megapixels",
    "at most 50,000,000",
    picture(png_claiming(10_000, 6_000)),
)
case_of("folder", "a program for a printer", "cannot be read", picture(EPS))
in_folder(
    "a link to a file",
    "a symbolic link",
    lambda f: (f / "train/ant/l.png").symlink_to("/etc/passwd"),
)
in_folder("a link to a folder", "a symbolic link", lambda f: (f / "train/cat").symlink_to("/etc"))
in_folder(
    "a link to itself", "a symbolic link", lambda f: (f / "train/ant/l").symlink_to(f / "train")
)
in_folder("a pipe", "a pipe or a socket", lambda f: os.mkfifo(f / "train/ant/p.png"))
in_folder(
    "folders without end",
    "folders deep",
    lambda f: (f / "train/ant" / "/".join("d" * 60)).mkdir(parents=True),
)
in_folder(
    "a class that test lacks", "no class folder", lambda f: written(f, "train/cat/0.png", encoded())
)
in_folder(
    "a class without pictures",
    "no pictures of class",
    lambda f: [(f / p / "cat").mkdir() for p in ("train", "test")],
)


# ---- tables -----------------------------------------------------------------------------------


def table(**columns: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = {"image": [encoded() for _ in range(6)], "label": [0, 1] * 3, **columns}
        for part in ("train", "test"):
            pq.write_table(pa.table(rows), folder / f"{part}.parquet")
        return folder

    return make


def cut_table(folder: Path) -> Path:
    table()(folder)
    return patched(folder / "train.parquet", lambda c: c.__delitem__(slice(100, 300))).parent


case_of("table", "no table", "no table of the train split", lambda f: f)
case_of(
    "table",
    "text",
    "cannot be read as a table",
    lambda f: written(f, "train.parquet", "PAR1 PAR1").parent,
)
case_of("table", "cut", "cannot be read as a table", cut_table)
case_of(
    "table",
    "a path to be opened",
    "a path is not followed",
    table(image=[{"path": "/etc/passwd"}] * 6),
)
case_of(
    "table", "unreadable pictures", "row 0: the picture cannot be read", table(image=[b"x"] * 6)
)
case_of("table", "labels that are lists", "label '[0]' is no whole number", table(label=[[0]] * 6))


# ---- what to forget ---------------------------------------------------------------------------


def listed(name: str, said: str, content: bytes | str, file: str = "a.txt") -> None:
    case_of("forget", name, said, lambda f: written(f, file, content))


listed("an empty forget set", "holds no ids", "# nothing\n")
listed("0 bytes", "is empty", "")
listed("everything", "leaves no retain data", "\n".join(map(str, range(1437))))
listed("duplicate indices", "more than once", "1\n2\n1\n")
listed("an index out of range", "outside the train set", "5000\n")
listed("a negative index", "is negative", "-1\n")
listed("no numbers", "is no id", "cat\n")
listed("a number without end", "is no integer id", "9" * 100_000 + "\n")
listed("too large a number", "cannot be read", "99999999999999999999\n")
listed("bytes that are no text", "cannot be read as a list", b"\xff\xfe\x00 1\n")
listed("an open quote", "cannot be read as a list", 'file\n"a.png\n', "a.csv")
listed(
    "a field of 200,000 letters",
    "cannot be read as a list",
    "file\n" + "a" * 200_000 + "\n",
    "a.csv",
)
listed("a path instead of a name", "no file names", "file\n../../etc/passwd\n", "a.csv")
listed("another format", "not '.json'", json.dumps([1]), "a.json")
listed(
    "an array that claims 8 TiB", "claims 8,796,093,022,208 bytes", forged((2**40,), "<i8"), "a.npy"
)
listed("an array of objects", "object arrays", npy(np.array([None], object)), "a.npy")
listed("no array", "wrong first bytes", b"no array at all", "a.npy")
case_of(
    "forget",
    "a link",
    "a symbolic link",
    lambda f: (f / "a.txt").symlink_to("/etc/passwd") or f / "a.txt",
)
case_of("folder", "a path too long", "no folder", lambda f: f"{f}/{'a' * 5000}")
case_of("folder", "a path with a zero byte", "no folder", lambda f: f"{f}/a\0")
case_of("table", "a path too long", "no folder", lambda f: f"{f}/{'a' * 5000}")
case_of("forget", "a path with a zero byte", "names no file", lambda f: f"{f}/a\0.txt")


# ---- weights, and audits as a whole ----

case_of(
    "arrays",
    "a class whose name is no text",
    "no text",
    lambda f: npz(f, **{**GOOD, "class_names": np.array(["a", "b", "\udcff"])}),
)
for label, (content, _) in HOSTILE.items():
    case_of("weights", label, "", lambda f, content=content: written(f, "model.pt", content()))
for label, (make, said) in FOLDERS.items():
    case_of("weights", label, said, make)
for label, (make, said) in PICTURES.items():
    case_of("folder", f"an archive: {label}", said, make)
for trick in ("../../up", "/etc/up"):
    case_of(
        "weights",
        f"a member called {trick!r}",
        "leads out of the archive",
        lambda f, trick=trick: zipped(f, ("a/data.pkl", b"x"), (f"{trick}", b"x")),
    )
case_of("weights", "a bomb", "may be a zip bomb", bomb)
case_of("weights", "a link", "a symbolic link", link)
case_of("weights", "a pipe", "a pipe or a socket", pipe)
case_of("weights", "5 GiB", "has 5 GiB", sparse)


@cache
def sound() -> bytes:
    """Weights of a small net for the digits, as plain torch code saves them."""
    import torch
    from torchvision.models import resnet18

    net = resnet18(num_classes=10)
    net.conv1 = torch.nn.Conv2d(1, 64, 3, padding=1, bias=False)
    out = io.BytesIO()
    torch.save(net.half().state_dict(), out)
    return out.getvalue()


def audit(name: str, said: str, /, **spec: object) -> None:
    """An audit of the digits that has one thing wrong."""

    def make(folder: Path) -> str:
        path = str(written(folder, "model.pt", sound()))
        usual = {"original": path, "unlearned": path, "forget": "classes:0"}
        changed = {key: value(folder) if callable(value) else value for key, value in spec.items()}
        return json.dumps(usual | changed)

    case_of("audit", name, said, make)


def of_list(content: str) -> Callable[[Path], dict[str, str]]:
    return lambda f: {"kind": "indices", "path": str(written(f, "list.txt", content))}


def own_arrays(**changes: np.ndarray) -> Callable[[Path], dict[str, str]]:
    parts = array_parts(**changes)
    return lambda f: {"name": "arrays", "path": str(npz(f, "own.npz", **parts))}


COLOUR = RNG.integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
audit("no model", "name the weights", unlearned="")
audit("an unknown setting", "has no setting 'depth'", depth=3)
audit("a path that is a number", "wants str", original=3)
audit("a model that is not there", "there is no file", original="/none/model.pt")
audit("a program as a model", "no file of weights", unlearned=str(Path(__file__)))
audit("an unknown network", "nonsense", architecture="nonsense")
audit("another network", "does not fit", architecture="resnet8")
audit("wrong classes", "fits no known network", data=own_arrays())
audit(
    "wrong channels",
    "fits no known network",
    data=own_arrays(x_train=COLOUR, x_test=COLOUR[:6]),
)
audit("a mean without a deviation", "give both", mean=[0.5])
audit("a deviation of zero", "numbers from 1e-06 to 1e+06", mean=[0.5], std=[0.0])
audit("a deviation that is none in float32", "numbers from 1e-06", mean=[0.5], std=[1e-300])
audit("a mean that is none in float32", "numbers of at most 1e+06", mean=[1e300], std=[0.5])
audit("a network of a long name", "has 100,000 characters", architecture="x" * 100_000)
audit("a mean of three channels", "channel", mean=[0.5] * 3, std=[0.5] * 3)
audit("everything forgotten", "leave", forget=of_list("\n".join(map(str, range(1437)))))
audit("an empty forget set", "holds no ids", forget=of_list("# none\n"))
audit("duplicate indices", "more than once", forget=of_list("1\n1\n"))
audit("an index out of range", "outside the train set", forget=of_list("1437\n"))
audit("all classes", "forgets all 10 classes", forget="classes:0,1,2,3,4,5,6,7,8,9")
audit("a class that is not there", "no class 'cat'", forget="classes:cat")
audit("retrained models, and an order for more", "none need be trained", retrained=["a"], retrain=2)
