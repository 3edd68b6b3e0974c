"""Weights on disk: safetensors with the spec in the file's own metadata; never pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ..common.json_types import Json, Plain

__all__ = ["CheckpointError", "load_weights", "read_tensors", "save_weights"]


class CheckpointError(ValueError):
    """A weights file that cannot be used; the message names the file and the reason."""


def save_weights(path: Path, tensors: dict[str, Tensor], spec: Mapping[str, Plain]) -> None:
    """Write tensors with a JSON-ready spec as the file's metadata.

    Raises:
        OSError: when the place takes no such file, as of a disk that is full.
    """
    ready = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    path.write_bytes(save(ready, metadata={"opcviz": json.dumps(spec)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], Json]:
    """Tensors and spec of a file that `save_weights` (or another safetensors writer) made.

    Raises:
        CheckpointError: when the file is missing, damaged or no safetensors file.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such weights file")
    try:
        with safe_open(str(path), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            spec = json.loads((file.metadata() or {}).get("opcviz", "{}"))
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise CheckpointError(f"{path}: not a readable safetensors file ({error})") from error
    return tensors, spec


def load_weights(model: nn.Module, path: Path) -> None:
    """Fill a model from a file.

    Raises:
        CheckpointError: when the file is unreadable or does not fit the model; the first tensor
            that is missing, left over or of another shape is named.
    """
    tensors, _ = read_tensors(path)
    wanted = model.state_dict()
    for name in [*wanted, *tensors]:
        if name not in tensors or name not in wanted:
            where = "the file" if name not in tensors else "the model"
            raise CheckpointError(f"{path}: tensor '{name}' is missing in {where}")
        if tensors[name].shape != wanted[name].shape:
            raise CheckpointError(
                f"{path}: tensor '{name}' is {tuple(tensors[name].shape)} in the file, "
                f"{tuple(wanted[name].shape)} in the model"
            )
    model.load_state_dict(tensors)
