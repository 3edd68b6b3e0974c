"""Who is called between the epochs of a training."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn
from typing_extensions import TypeVar

__all__ = ["EpochCallback", "Resumable"]

Watched = TypeVar("Watched", bound=nn.Module, default=nn.Module, contravariant=True)
"""The class of models that a callback can look at."""


class Resumable(Protocol):
    """What has a state that is kept in a run's resume file."""

    def state(self) -> dict[str, Tensor]:
        """Everything it needs to continue after a resume, as tensors."""

    def load(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state`."""


class EpochCallback(Resumable, Protocol[Watched]):
    """Called with the model between epochs; its state is kept in the run's resume file."""

    def __call__(self, model: Watched, epoch: int) -> None:
        """Called before the first step (epoch 0) and after every epoch, in eval mode."""
