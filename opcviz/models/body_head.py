"""What attacks ask of a model: a body that makes features and a linear head that answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn

__all__ = ["Activations", "BlockNet", "BodyHead", "as_body_head"]


class BodyHead(nn.Module, ABC):
    """A network m = g∘f whose last step g, the head, is linear; f(x) are the features.

    Nothing is said of what the outputs mean, so an attack that speaks of a `BodyHead` alone works
    on the models of any task that has such a head.
    """

    @property
    @abstractmethod
    def head(self) -> nn.Linear:
        """The last linear layer g, d -> C; a module of the network."""

    @property
    def head_weights(self) -> tuple[Tensor, Tensor]:
        """Weight (C, d) and bias (C,) of the head, without gradients; zeros where it has none."""
        weight, bias = self.head.weight.detach(), self.head.bias
        return weight, weight.new_zeros(len(weight)) if bias is None else bias.detach()

    @abstractmethod
    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """One pass: features (B, d), the input of the head, and outputs (B, C)."""


def as_body_head(model: nn.Module) -> BodyHead:
    """The model itself, known to have a body and a head.

    Raises:
        TypeError: for one that has none.
    """
    if not isinstance(model, BodyHead):
        raise TypeError(
            f"a {type(model).__name__} shows neither features nor a head: this wants a model as "
            "`opcviz.models.build_classifier` makes it, or one that `wrap_network` wraps"
        )
    return model


@dataclass
class Activations:
    """Everything one forward pass shows.

    Attributes:
        blocks: block name to its output, (B, C, ...) with channels on axis 1 and positions behind
            it, whatever the network's layout, from input to head.
        features: (B, d), the input of the head.
        logits: (B, C).
    """

    blocks: dict[str, Tensor]
    features: Tensor
    logits: Tensor


class BlockNet(BodyHead):
    """A `BodyHead` whose body is a row of named blocks, so that attacks can start at any of them.

    Attributes:
        net: the network itself; blocks and head are modules of it by their names.
        head_name: of the head.
    """

    net: nn.Module
    head_name: str

    @property
    @abstractmethod
    def block_names(self) -> tuple[str, ...]:
        """The blocks of the body, from input to head."""

    @abstractmethod
    def activations(self, x: Tensor) -> Activations:
        """One pass with every block's output kept."""
