"""Files of weights that are hostile, broken or of another kind: each is refused with a sentence."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file
from torch import nn

from opcviz.common.untrusted import IntakeError, Limits
from opcviz.intake.weights import read_weights, shown_key

STATE = {"conv.weight": torch.rand(4, 3, 3, 3), "fc.weight": torch.rand(2, 4)}


class Shell:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (self.command,)


def saved(content: object, **options: bool) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def rewritten(raw: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """An archive with its members changed."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(into, "w") as new:
        for each in old.infolist():
            new.writestr(each.filename, change(each.filename, old.read(each)))
    return into.getvalue()


def with_pickle(content: object) -> bytes:
    """A checkpoint whose description is replaced."""
    raw = pickle.dumps(content, protocol=2)
    return rewritten(saved(STATE), lambda name, old: raw if name.endswith("data.pkl") else old)


def header(entries: dict[str, object], numbers: bytes = b"\0" * 16) -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def entry(dtype: str = "F32", shape: object = (4,), offsets: object = (0, 16)) -> dict[str, object]:
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


def forged_storage(old: bytes) -> bytes:
    """The pickle of a tensor with a shape that its numbers do not fill."""
    assert b"K\x02K\x04\x86" in old  # (2, 4) of fc.weight
    return old.replace(b"K\x02K\x04\x86", b"K\xf0K\x04\x86")


class Endless:
    """A tensor of a few numbers that claims petabytes, by steps of zero."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        size = (2**40, 2**10)
        return torch._utils._rebuild_tensor_v2, (Place(), 0, size, (0, 0), False, {})


class Place:
    pass


def endless() -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, thing: object) -> object:
            row = ("storage", torch.FloatStorage, "0", "cpu", 108)
            return row if isinstance(thing, Place) else None

    file = io.BytesIO()
    Pickler(file, protocol=2).dump({"w": Endless()})
    raw = file.getvalue()
    return rewritten(saved(STATE), lambda name, old: raw if name.endswith("data.pkl") else old)


def shown_often() -> bytes:
    """Gigabytes out of a small file: one number, shown half a billion times."""
    return saved({"w": torch.ones(1).expand(2**29)})


def read_often() -> bytes:
    """Two rows of numbers that a thousand tensors show in turn."""
    rows = torch.rand(200_000), torch.rand(200_000)
    return saved({f"w{i}": rows[i % 2][:1] for i in range(1000)})


def nested(depth: int) -> bytes:
    return b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."


def with_raw_pickle(raw: bytes) -> bytes:
    return rewritten(saved(STATE), lambda name, old: raw if name.endswith("data.pkl") else old)


def program() -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # it is deprecated, and still about
        torch.jit.save(torch.jit.trace(nn.Linear(2, 2), torch.rand(1, 2)), file)
    return file.getvalue()


def without_numbers(shape: list[int]) -> bytes:
    """A safetensors file of one tensor that takes no byte, whatever its shape."""
    entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}
    header = json.dumps({"a": entry}).encode()
    return len(header).to_bytes(8, "little") + header


NAN = {**STATE, "fc.weight": torch.tensor([[1.0, float("nan")], [float("inf"), 0]])}
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty|0 bytes"),
    "text": (lambda: b"hello, these are no weights", "no file of weights"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "no file of weights"),
    "shell in a zip": (lambda: saved({"w": Shell("touch owned")}), "system.*could run code"),
    "shell in an old file": (
        lambda: saved({"w": Shell("touch owned")}, _use_new_zipfile_serialization=False),
        "system.*could run code",
    ),
    "shell in a bare pickle": (lambda: pickle.dumps(Shell("touch owned")), "could run code"),
    "shell by protocol 4": (
        lambda: pickle.dumps(Shell("touch owned"), protocol=4),
        "could run code",
    ),
    "eval": (lambda: with_raw_pickle(b"c__builtin__\neval\n(S'1'\ntR."), "eval.*could run code"),
    "whole model": (lambda: saved(nn.Linear(2, 2)), "Linear.*state_dict"),
    "bare pickle": (lambda: pickle.dumps({"a": 1}), "torch.save did not write"),
    "TorchScript": (program, "TorchScript"),
    "another zip": (lambda: zipped({"a.txt": b"1"}), "none that torch.save wrote"),
    "cut zip": (lambda: saved(STATE)[:-100], "damaged|archive"),
    "cut old file": (lambda: saved(STATE, _use_new_zipfile_serialization=False)[:-20], "claims"),
    "cut safetensors": (lambda: save(STATE)[:-20], "claims the shape"),
    "damaged numbers": (lambda: saved(STATE).replace(b"data/0", b"data/9"), "."),
    "nothing": (lambda: saved({}), "no state dict"),
    "a list": (lambda: saved([1, 2]), "no state dict"),
    "only an epoch": (lambda: saved({"epoch": 3}), "no state dict; there is 'epoch'"),
    "optimiser alone": (
        lambda: saved({"optimizer": {"state": {"a": torch.ones(2)}}}),
        "no state dict",
    ),
    "NaN": (lambda: saved(NAN), r"'fc\.weight' has 2 of 4 numbers that are not finite"),
    "NaN in safetensors": (lambda: save(NAN), r"'fc\.weight' has 2 of 4"),
    "too large for float32": (
        lambda: saved({"w": torch.tensor([1e300], dtype=torch.float64)}),
        "not finite in float32",
    ),
    "negative variance": (lambda: saved({"bn.running_var": -torch.ones(2)}), "negative variances"),
    "complex numbers": (lambda: saved({"w": torch.ones(2, dtype=torch.cfloat)}), "."),
    "sparse": (lambda: saved({"w": torch.eye(3).to_sparse()}), "could run code"),
    **{
        f"no numbers of a vast shape, {name}": (make, "without numbers claims the shape")
        for name, make in {
            "strides": lambda: without_numbers([0, 2**62, 2**62]),
            "64 bits": lambda: without_numbers([0, 2**63]),
            "400 digits": lambda: without_numbers([0, 10**400]),
        }.items()
    },
    "forged shape": (
        lambda: rewritten(
            saved(STATE), lambda n, old: forged_storage(old) if n.endswith("data.pkl") else old
        ),
        "reaches beyond",
    ),
    "petabytes by steps of zero": (endless, "at most"),
    "gigabytes by steps of zero": (shown_often, "2147483648 bytes.*forged"),
    "the same rows again and again": (read_often, "views"),
    "number in place of a key": (lambda: saved({1: torch.ones(2)}), "."),
    "control characters in a key": (lambda: saved({"a\x1b[2J": torch.ones(2)}), r"\\x1b"),
    "long key": (lambda: saved({"a" * 1000: torch.ones(2)}), "at most 300"),
    "deep nest": (lambda: with_raw_pickle(nested(100_000)), "."),
    "no end": (lambda: with_raw_pickle(b"\x80\x02}"), "damaged"),
    "marks alone": (lambda: with_raw_pickle(b"\x80\x02t."), "damaged"),
    "memo of nothing": (lambda: with_raw_pickle(b"\x80\x02h\x05."), "damaged"),
    "extension registry": (lambda: with_raw_pickle(b"\x80\x02\x82\x01."), "instruction EXT1"),
    "string of petabytes": (
        lambda: (
            saved(STATE, _use_new_zipfile_serialization=False)[:17]
            + b"\x80\x04\x8e"
            + struct.pack("<Q", 2**50)
            + b"abc"
        ),
        "claims 1125899906842624 bytes",
    ),
    "class instance": (lambda: with_raw_pickle(b"(i__main__\nX\n."), "instruction INST"),
    "huge number": (lambda: with_raw_pickle(b"\x80\x02I" + b"9" * 5000 + b"\n."), "damaged"),
    "header of 4 GB": (lambda: struct.pack("<Q", 2**32) + b"{" + bytes(64), "header claims"),
    "header beyond the file": (lambda: struct.pack("<Q", 500) + b"{}" + bytes(20), "claims"),
    "header no JSON": (lambda: struct.pack("<Q", 8) + b"{nonsens" + bytes(8), "no JSON"),
    "header nested": (
        lambda: struct.pack("<Q", 200_005) + b'{"a":' + b"[" * 200_000 + bytes(16),
        "no JSON",
    ),
    "entry no table": (lambda: header({"w": 3}), "not described"),
    "unknown type": (lambda: header(entry("F8_E4M3")), "type 'F8_E4M3'"),
    "type no word": (lambda: header(entry(dtype=[])), "type"),  # type: ignore[arg-type]
    "shape of terabytes": (lambda: header(entry(shape=[2**40])), "claims the shape"),
    "shape below zero": (lambda: header(entry(shape=[-4])), "is none"),
    "shape no list": (lambda: header(entry(shape="4")), "is none"),
    "shape of fractions": (lambda: header(entry(shape=[4.0])), "is none"),
    "place beyond the file": (lambda: header(entry(offsets=[0, 2**40])), "claims the shape"),
    "place backwards": (lambda: header(entry(offsets=[16, 0])), "claims the shape"),
    "no tensors": (lambda: header({}), "no state dict"),
}


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_or_broken_is_refused_with_a_sentence(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, message = HOSTILE[case]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.pt"
    path.write_bytes(make())
    with pytest.raises(IntakeError, match=message) as error:
        read_weights(path)
    assert [each.name for each in tmp_path.iterdir()] == ["model.pt"]  # nothing ran, nothing left
    assert len(str(error.value)) < 700
    assert str(error.value).isprintable()


def test_what_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(IntakeError):
            read_weights(path)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(max_bytes=500), "500"),
        (Limits(max_tensors=1), "holds 2 tensors; at most 1"),
        (Limits(max_members=2), "at most 2"),
    ],
)
def test_limits_are_kept(limits: Limits, message: str, tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "model.pt")
    with pytest.raises(IntakeError, match=message):
        read_weights(tmp_path / "model.pt", limits)


@pytest.mark.parametrize("old", [False, True])
def test_views_come_back_as_they_were(old: bool, tmp_path: Path) -> None:
    base = torch.arange(24.0).view(2, 3, 4)
    state = {
        "turned": base.permute(2, 0, 1),
        "part": base[1, :, ::2],
        "shared": base,
        "scalar": torch.tensor(3.5),
        "none": torch.empty(0, 3),
        "count": torch.tensor(7),
        "parameter": nn.Parameter(torch.rand(3)),
    }
    torch.save(state, tmp_path / "model.pt", _use_new_zipfile_serialization=not old)
    back = read_weights(tmp_path / "model.pt").tensors
    assert back.keys() == state.keys()
    for key, each in state.items():
        assert torch.equal(back[key], each.detach()), key
    assert back["count"].dtype == torch.int64


def test_the_same_file_has_the_same_fingerprint(tmp_path: Path) -> None:
    import hashlib

    save_file(STATE, tmp_path / "model.safetensors")
    read = read_weights(tmp_path / "model.safetensors")
    raw = (tmp_path / "model.safetensors").read_bytes()
    assert read.sha256 == hashlib.sha256(raw).hexdigest()
    assert read.format == "safetensors"


def test_what_was_left_out_is_said(tmp_path: Path) -> None:
    content = {"epoch": 3, "ema": STATE, "state_dict": STATE}
    torch.save(content, tmp_path / "model.pt")
    notes = " ".join(read_weights(tmp_path / "model.pt").notes)
    assert "also holds 'ema', not used; 'state_dict' was taken" in notes


VALID = [saved(STATE), saved(STATE, _use_new_zipfile_serialization=False), save(STATE)]


@pytest.mark.slow
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.sampled_from(range(3)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
    kept=st.floats(0.2, 1),
)
def test_a_mutated_file_is_read_or_refused_and_never_breaks(
    which: int, changes: list[tuple[float, int]], kept: float, tmp_path: Path
) -> None:
    raw = bytearray(VALID[which])
    for place, value in changes:
        raw[min(len(raw) - 1, int(place * len(raw)))] = value
    path = tmp_path / "fuzzed.pt"
    path.write_bytes(raw if kept > 0.6 else raw[: int(kept * len(raw))])
    try:
        read = read_weights(path)
    except IntakeError:
        return
    assert all(each.isfinite().all() for each in read.tensors.values())


def _reduced(builder: str, arguments: bytes) -> bytes:
    """A pickle, protocol 2, that calls a builder with what the given instructions leave."""
    module, _, name = builder.rpartition(".")
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + arguments + b"R."


@pytest.mark.parametrize(
    "pickled",
    [
        # a shape whose text doubles with each level: 40 levels would be a terabyte
        _reduced(
            "torch._utils._rebuild_tensor_v2",
            b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
            b"X\x03\x00\x00\x00cpuK\x01tQK\x00)" + b"q\x00h\x00\x86" * 40 + b"\x85K\x01\x85t",
        ),
        b"\x80\x02]q\x00(" + b"K\x01" * 5000 + b"e0" + b"".join(
            b"ccollections\nOrderedDict\nh\x00\x85R0" for _ in range(2000)
        ) + b"}.",
    ],
    ids=["a nested shape", "one list made into many dicts"],
)  # fmt: skip
def test_a_small_pickle_asks_for_little_work(tmp_path, pickled):
    file = tmp_path / "weights.pt"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("weights/data.pkl", pickled)
        archive.writestr("weights/data/0", b"\0\0\0\0")
        archive.writestr("weights/version", "3")
    with pytest.raises(IntakeError, match="damaged"):
        read_weights(file)


def test_names_that_are_no_strings_are_shown_by_their_type():
    assert shown_key(10**20_000) == "<int>"
    assert shown_key("a\nb") == "a\\nb"
