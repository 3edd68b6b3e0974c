"""What attacks ask of a model: a body that makes features and a linear head that answers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

__all__ = ["BodyHead"]


class BodyHead(nn.Module, ABC):
    """A network m = g∘f whose last step g, the head, is linear; f(x) are the features.

    Nothing is said of what the outputs mean, so an attack that speaks of a `BodyHead` alone works
    on the models of any task that has such a head.
    """

    @property
    @abstractmethod
    def head(self) -> nn.Linear:
        """The last linear layer g, d -> C; a module of the network."""

    @abstractmethod
    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """One pass: features (B, d), the input of the head, and outputs (B, C)."""
