"""Weights that somebody brings: the tensors of a file by their names, and what was done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..common.untrusted import LIMITS, IntakeError, Limits, check_file, sha256
from ..models.exported import Program
from .containers import Container, open_container
from .described import Described
from .folders import found_in
from .stored import Stored

__all__ = ["Weights", "read_weights", "shown_key"]

WRAPPERS = (
    *("state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "module"),
    *("net_state_dict", "model_state", "state", "student", "teacher"),
    *("ema", "ema_state_dict", "state_dict_ema", "model_ema", "ema_model", "params_ema"),
)
"""Where others put the weights in a checkpoint, the most usual first."""
BESIDE = ("optimizer", "optim", "scheduler", "lr_scheduler", "scaler", "criterion", "loss")
"""What holds tensors, too, and is never the model."""
PARALLEL = ("module.", "_orig_mod.")
"""What `nn.DataParallel` and `torch.compile` put before every name."""
MAX_KEY = 300
MAX_GROWTH = 16
"""How much more memory weights may take as float32 than the file that they are in."""
MAX_DEPTH = 4
MAX_LOOKS = 2_000_000
"""Values of a checkpoint that are looked at: groups may contain each other many times."""


@dataclass(frozen=True)
class Weights:
    """The tensors of one file, and what lies beside it in its folder.

    Attributes:
        tensors: by name, without what wrappers put before it; floats as float32, on the CPU.
        format: `safetensors`, `torch.save` or `torch.export`.
        sha256: of the file; of a folder see `folders.Found`.
        notes: what was left out or converted, a sentence each.
        program: of an exported program.
        described: what a folder says of its weights.
        bytes: of the files.
    """

    tensors: dict[str, Tensor]
    format: str
    sha256: str
    notes: tuple[str, ...] = ()
    program: Program | None = None
    described: Described | None = None
    bytes: int = 0


def shown_key(key: object) -> str:
    """A name from outside, safe and short enough to be shown."""
    if not isinstance(key, str):  # a number of any length, or what holds more of itself
        return f"<{type(key).__name__}>"
    text = key.encode("unicode_escape").decode("ascii")
    return text if len(text) <= 80 else f"{text[:77]}..."


def read_weights(path: str | Path, limits: Limits = LIMITS) -> Weights:
    """The weights of a .safetensors, .pt, .pth or .pt2 file; nothing in it is run.

    A checkpoint may hold the weights themselves or keep them under one of `WRAPPERS`; `module.`
    and `_orig_mod.` are taken off the names. A folder as Hugging Face's libraries save it, or a
    .zip of one, also says of which network they are and how pictures are prepared for it.

    Args:
        path: the file or the folder.
        limits: of bytes, members and tensors.

    Raises:
        IntakeError: for a file that cannot be read, is no file of weights, is too large, damaged
            or forged, holds no weights, or holds numbers that are not finite (the tensor is named).
    """
    with found_in(Path(path), limits) as found:
        if found is None:
            return _read_file(Path(path), limits)
        read, described = _read_file(found.weights, limits), found.described
        whose = f"{read.format}, a folder of {described.library}" if described else read.format
        notes = (*read.notes, *(described.notes if described else ()))
        return replace(
            read,
            format=whose,
            sha256=found.sha256,
            notes=notes,
            described=described,
            bytes=found.bytes,
        )


def _read_file(path: Path, limits: Limits) -> Weights:
    path = check_file(path, limits)
    digest = sha256(path)
    opened = open_container(path, limits)
    notes: list[str] = []
    stored = _find(opened.content, path.name, notes)
    if opened.program is None:  # a program speaks of its weights by these names
        stored = _plain_names(stored, path.name, notes)
    _check_size(stored, path, limits)
    tensors = {key: _fetch(opened, key, each, path.name) for key, each in stored.items()}
    halves = sum(each.storage.dtype in (torch.float16, torch.bfloat16) for each in stored.values())
    if halves:
        notes.append(f"{halves} tensors in half precision were converted to float32")
    size = path.stat().st_size
    return Weights(tensors, opened.format, digest, tuple(notes), opened.program, bytes=size)


def _find(content: object, where: str, notes: list[str]) -> dict[str, Stored]:
    """The state dict inside a checkpoint."""
    said: list[str] = []
    budget = [MAX_LOOKS]
    for _ in range(MAX_DEPTH):
        if not isinstance(content, dict):
            break
        own = {key: each for key, each in content.items() if isinstance(each, Stored)}
        inner = {
            key: each
            for key, each in content.items()
            if isinstance(each, dict) and key not in BESIDE and _has_tensors(each, budget)
        }
        if own and len(own) >= max(map(len, inner.values()), default=0):
            if left := [key for key in content if key not in own]:
                notes.append(f"beside the weights, not used: {_listed(left)}")
            if said:
                notes.append(f"the weights are under {' → '.join(said)}")
            return _named(own, where)
        known = [key for key in WRAPPERS if key in inner] or list(inner)
        if not known:
            break
        if others := [key for key in inner if key != known[0]]:
            notes.append(f"also holds {_listed(others)}, not used; '{known[0]}' was taken")
        said.append(shown_key(known[0]))
        content = content[known[0]]
    top = _listed(list(content)) if isinstance(content, dict) and content else "nothing"
    raise IntakeError(
        f"{where}: holds no state dict; there is {top}, and weights are looked for at the top and "
        f"under {', '.join(WRAPPERS[:5])} and the like; save model.state_dict()"
    )


def _has_tensors(group: Mapping[Any, Any], budget: list[int]) -> bool:
    """Whether weights are in it, itself or in a dict inside; `budget` bounds all looks together."""
    waiting: list[tuple[Any, int]] = [(group, 0)]
    while waiting and budget[0] > 0:
        each, depth = waiting.pop()
        budget[0] -= 1
        if isinstance(each, Stored):
            return True
        if isinstance(each, dict) and depth < MAX_DEPTH:
            budget[0] -= len(each)
            waiting += [(inner, depth + 1) for inner in each.values()]
    return False


def _named(tensors: Mapping[Any, Stored], where: str) -> dict[str, Stored]:
    for key in tensors:
        if not isinstance(key, str) or not key or len(key) > MAX_KEY or not key.isprintable():
            raise IntakeError(
                f"{where}: a tensor has the name '{shown_key(key)}'; names are printable text of "
                f"at most {MAX_KEY} characters"
            )
    return dict(tensors)


def _listed(keys: list[Any]) -> str:
    shown = ", ".join(f"'{shown_key(key)}'" for key in keys[:6])
    return shown + (f" and {len(keys) - 6} more" if len(keys) > 6 else "")


def _plain_names(tensors: dict[str, Stored], where: str, notes: list[str]) -> dict[str, Stored]:
    """Names without what parallel training and compilation put before them."""
    tensors = {key: each for key, each in tensors.items() if key != "n_averaged"}
    for prefix in (*PARALLEL, *PARALLEL):
        if tensors and all(key.startswith(prefix) for key in tensors):
            tensors = {key.removeprefix(prefix): each for key, each in tensors.items()}
            notes.append(f"'{prefix}' was taken off the names")
    inside = {key: key.replace("._orig_mod.", ".") for key in tensors}
    if len(set(inside.values())) < len(tensors) or "" in tensors:
        raise IntakeError(f"{where}: two tensors have the same name; save the state dict again")
    return {inside[key]: each for key, each in tensors.items()}


def _check_size(tensors: Mapping[str, Stored], path: Path, limits: Limits) -> None:
    """Refuse tensors that are too many, or more numbers than the file can hold.

    A tensor may show one number many times (steps of zero), and many tensors one row of numbers, so
    a small file could ask for much memory, or for reading the same megabytes again and again.
    """
    where, size = path.name, path.stat().st_size
    if len(tensors) > limits.max_tensors:
        raise IntakeError(
            f"{where}: holds {len(tensors)} tensors; at most {limits.max_tensors} can be read"
        )
    total, reading, before = 0, 0, None
    for each in tensors.values():
        total += 4 * each.count
        if each.storage != before:
            reading += each.storage.count * each.storage.dtype.itemsize
        before = each.storage
    for asked in (total, reading):
        if asked > min(limits.max_bytes, MAX_GROWTH * size + 2**20):
            raise IntakeError(
                f"{where}: its tensors would take {asked} bytes, and the file has {size}; at most "
                f"{limits.max_bytes}, and {MAX_GROWTH} times the file, can be read: it is too "
                "large, or forged, or its tensors are views, which .clone() resolves"
            )


def _fetch(opened: Container, key: str, stored: Stored, where: str) -> Tensor:
    """One tensor, its floats as float32 and finite."""
    tensor = opened.fetch(stored)
    if not tensor.is_floating_point():
        return tensor.clone()
    tensor = tensor.to(torch.float32, copy=True).contiguous()
    if not bool(tensor.isfinite().all()):
        bad = int((~tensor.isfinite()).sum())
        raise IntakeError(
            f"{where}: tensor '{shown_key(key)}' has {bad} of {tensor.numel()} numbers that are "
            "not finite in float32 (NaN or infinite); training diverged or the file is damaged, "
            "and no figure of such a model means anything"
        )
    if key.rpartition(".")[2] == "running_var" and bool((tensor < 0).any()):
        raise IntakeError(
            f"{where}: tensor '{shown_key(key)}' holds negative variances; the file is damaged"
        )
    return tensor
