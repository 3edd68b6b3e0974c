"""Mutated files are read or refused with a sentence: two thousand of them end in no traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hostile import array_parts, encoded, npy, pictures, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from opcviz.common.config import ConfigError
from opcviz.data import DataError, DataSpec, load
from opcviz.intake.lists import listed_ids
from opcviz.intake.weights import read_weights

EXTREMES = [bytes(4), b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\xff" * 8, bytes(8)]
WORKER = Path(__file__).with_name("hostile_worker.py")

places = st.floats(0, 1, exclude_max=True)
mutations = st.lists(
    st.one_of(
        st.tuples(st.just("byte"), places, st.integers(0, 255)),
        st.tuples(st.just("number"), places, st.sampled_from(EXTREMES)),
        st.tuples(st.just("cut"), places, places),
        st.tuples(st.just("twice"), places, places),
        st.tuples(st.just("insert"), places, st.binary(min_size=1, max_size=20)),
    ),
    min_size=1,
    max_size=4,
)


def mutated(content: bytes, changes: list[tuple[str, float, object]]) -> bytes:
    """Some bytes changed, overwritten by extreme numbers, left out, doubled or inserted."""
    for how, place, with_what in changes:
        at = int(place * len(content))
        if how == "byte":
            content = content[:at] + bytes([with_what]) + content[at + 1 :]
        elif how == "number":
            content = content[:at] + with_what + content[at + len(with_what) :]
        elif how == "insert":
            content = content[:at] + with_what + content[at:]
        else:
            to = at + int(with_what * min(200, len(content) - at))
            content = content[:at] + content[to:] if how == "cut" else content[:to] + content[at:]
    return content


def cases(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator: so many examples, the same ones each time."""
    same = settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    return lambda test: same(test)


def refused_or_read(read: Callable[[], object]) -> None:
    said = "read"
    try:
        read()
    except (ConfigError, DataError) as error:
        said = str(error)
    assert 0 < len(said) < 1200


def archive(members: dict[str, bytes], pack: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", pack) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return out.getvalue()


MEMBERS = {name: npy(value) for name, value in array_parts().items()}
MEMBERS["class_names"] = npy(np.array(["ant", "bee", "cat"]))
PACKS = [archive(MEMBERS, pack) for pack in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]


@pytest.mark.slow
@cases(400)
@given(which=st.integers(0, 1), changes=mutations)
def test_archives(which: int, changes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(mutated(PACKS[which], changes))
    refused_or_read(lambda: load(DataSpec("arrays", str(tmp_path / "a.npz"))))


@pytest.mark.slow
@cases(400)
@given(name=st.sampled_from(sorted(MEMBERS)), changes=mutations)
def test_arrays_in_a_sound_archive(name: str, changes, tmp_path: Path) -> None:
    members = {**MEMBERS, name: mutated(MEMBERS[name], changes)}
    (tmp_path / "a.npz").write_bytes(archive(members, zipfile.ZIP_STORED))
    refused_or_read(lambda: load(DataSpec("arrays", str(tmp_path / "a.npz"))))


LISTS = {
    "a.txt": b"# asked\n1\n2\n30\n",
    "a.csv": b'why,id\nasked,4\n"so, too",5\n',
    "b.csv": b"file\nant/0.png\nbee/1.png\n",
    "a.npy": npy(np.array([1, 2, 3])),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataSpec:
    return DataSpec("folder", str(pictures(tmp_path_factory.mktemp("pictures"))), size=8)


@pytest.mark.slow
@cases(400)
@given(name=st.sampled_from(sorted(LISTS)), changes=mutations)
def test_lists(folder: DataSpec, name: str, changes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(mutated(LISTS[name], changes))
    refused_or_read(lambda: listed_ids(tmp_path / name, folder))


PICTURES = {kind: encoded(12, kind) for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")}


@pytest.mark.slow
@cases(300)
@given(kind=st.sampled_from(sorted(PICTURES)), changes=mutations)
def test_pictures(folder: DataSpec, kind: str, changes) -> None:
    (Path(folder.path) / "train/ant/0.png").write_bytes(mutated(PICTURES[kind], changes))
    refused_or_read(lambda: load(folder))


def saved(**options: bool) -> bytes:
    out = io.BytesIO()
    torch.save(STATE, out, **options)
    return out.getvalue()


STATE = {"conv.weight": torch.rand(4, 3, 3, 3), "fc.weight": torch.rand(2, 4)}
WEIGHTS = [saved(), saved(_use_new_zipfile_serialization=False), save(STATE)]


@pytest.mark.slow
@cases(400)
@given(which=st.integers(0, 2), changes=mutations)
def test_weights(which: int, changes, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(mutated(WEIGHTS[which], changes))
    refused_or_read(lambda: read_weights(tmp_path / "a.pt"))


@pytest.mark.slow
def test_tables(tmp_path: Path) -> None:
    """In a process of their own: Arrow is not written in Python, and could end it."""
    sound = table()(tmp_path).joinpath("train.parquet").read_bytes()
    made: list[bytes] = []

    @cases(100)
    @given(changes=mutations)
    def make(changes) -> None:
        made.append(mutated(sound, changes))

    make()
    asked = []
    for number, content in enumerate(made):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "train.parquet").write_bytes(content)
        (tmp_path / str(number) / "test.parquet").write_bytes(sound)
        asked.append([str(number), "table", str(tmp_path / str(number))])
    done = subprocess.run(
        [sys.executable, "-B", str(WORKER)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(made) >= 100
    assert {kind for _, kind, *_ in found} <= {"", "DataError", "IntakeError"}, found
