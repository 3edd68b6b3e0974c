"""The resume file of a training run: model, optimiser and callback state, as safetensors."""

from __future__ import annotations

import copy
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..common.json_types import Json
from ..models.checkpoint import read_tensors, save_weights
from .updates import Updates

if TYPE_CHECKING:
    from .callbacks import Resumable

__all__ = ["ResumeFile"]


class ResumeFile:
    """Saves and restores a run between epochs; without a folder it does nothing.

    Args:
        folder: where the file lies, made when first needed.
        model, optimizer: saved and restored in place.
        watch, average: their states are saved and restored, too.
        every: least seconds between two saves; a run of seconds is cheaper to repeat than to save.
    """

    every: float = 10.0

    def __init__(
        self,
        folder: Path | None,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | Updates,
        watch: Resumable | None,
        average: Resumable | None = None,
    ) -> None:
        self.path = folder / "resume.safetensors" if folder else None
        self.model, self.optimizer = model, optimizer
        others = {"watch": watch, "average": average}
        self.others = {name: other for name, other in others.items() if other}
        self.saved_at = time.monotonic()

    def save(self, epoch: int, step: int, gradients: int, seconds: float, first: float) -> None:
        """Write the state after `epoch` epochs, beside the old file and then over it."""
        if self.path is None or time.monotonic() - self.saved_at < self.every:
            return
        tensors = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        for index, slots in self.optimizer.state_dict()["state"].items():
            for name, value in slots.items():
                if value is not None:
                    tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
        for name, other in self.others.items():
            tensors |= {f"{name}.{k}": v for k, v in other.state().items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(f".{os.getpid()}.part")
        about = {
            "epoch": epoch,
            "step": step,
            "gradients": gradients,
            "seconds": seconds,
            "first_loss": first,
        }
        try:
            save_weights(beside, tensors, about)
        except OSError:  # a full disk needs what was begun, too
            beside.unlink(missing_ok=True)
            raise
        beside.replace(self.path)
        self.saved_at = time.monotonic()

    def load(self) -> tuple[int, int, int, float, float]:
        """Restore if there is a file; what `save` was given, or zeros.

        A file that is damaged, or of another model, is set aside under another name and the run
        starts anew.
        """
        if self.path is None or not self.path.is_file():
            return 0, 0, 0, 0.0, 0.0
        begun = copy.deepcopy(self.model.state_dict())
        try:
            return self._restore(*read_tensors(self.path))
        except (ValueError, KeyError, RuntimeError):
            self.model.load_state_dict(begun)  # a state that does not fit is copied in part
            self.path.replace(self.path.with_suffix(".damaged"))
            return 0, 0, 0, 0.0, 0.0

    def _restore(
        self, tensors: dict[str, Tensor], spec: Json
    ) -> tuple[int, int, int, float, float]:
        names = ("epoch", "step", "gradients", "seconds", "first_loss")
        epoch, step, gradients, seconds, first = (spec[name] for name in names)
        self.model.load_state_dict(_part(tensors, "model."))
        for name, other in self.others.items():
            other.load(_part(tensors, f"{name}."))
        slots: dict[int, dict[str, Tensor]] = {}
        for name, value in _part(tensors, "optimizer.").items():
            index, _, slot = name.partition(".")
            slots.setdefault(int(index), {})[slot] = value
        if isinstance(self.optimizer, Updates):
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})
        else:
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})
        return epoch, step, gradients, seconds, first

    def clear(self) -> None:
        """Remove the file: the run has its result."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
