"""Who is called between the epochs of a training."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

__all__ = ["EpochCallback"]


class EpochCallback(Protocol):
    """Called with the model between epochs; its state is kept in the run's resume file."""

    def __call__(self, model: Any, epoch: int) -> None:
        """Called before the first step (epoch 0) and after every epoch, in eval mode."""

    def state(self) -> dict[str, Tensor]:
        """Everything it needs to continue after a resume, as tensors."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""
