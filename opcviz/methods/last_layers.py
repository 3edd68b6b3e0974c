"""Unlearning in the last k layers alone (Goel et al. 2022): the rest stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from ..common.config import ConfigError, setting
from ..training import Objective
from .base import Iterative, Request, register

__all__ = ["CatastrophicForgettingK", "ExactUnlearningK", "last_layers"]

PAPER = "Goel et al. 2022, arXiv 2201.06640"


def last_layers(model: nn.Module, k: int, final: nn.Module | None = None) -> set[str]:
    """Names of the modules that make up the last `k` layers of a model.

    A layer is a module with a weight of two or more dimensions (convolution, linear map), together
    with what follows it up to the next one (norms). A convolution on a shortcut is a layer, too.
    Layers count in the order in which the network names them.

    Args:
        model: the network.
        k: how many layers.
        final: the layer that makes the answers, if it is known: it must be the last one named.

    Raises:
        ConfigError: when there are fewer than `k` layers, or `final` is not named last.
    """
    layers: list[list[str]] = []
    for name, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        if any(p.dim() > 1 for p in own):
            layers.append([])
        if own and layers:
            layers[-1].append(name)
    if k > len(layers):
        raise ConfigError(f"k: {k} layers are to be trained, and the network has {len(layers)}")
    if final is not None and model.get_submodule(layers[-1][0]) is not final:
        head = next((name for name, module in model.named_modules() if module is final), "?")
        raise ConfigError(
            f"the last layers cannot be found: the network names '{layers[-1][0]}' after its head "
            f"'{head}'; define its modules in the order in which they run"
        )
    return {name for layer in layers[-k:] for name in layer}


def _module_of(name: str) -> str:
    """The module that a parameter or buffer belongs to."""
    return name.rpartition(".")[0]


@register(
    "cf_k",
    title="CF-k",
    paper=PAPER,
    family="fine-tuning",
    needs="retain original",
    summary="CE on retain data in the last k layers, from the original",
    fidelity="corrected",
    deviations=(
        "Batch norms of frozen layers keep their running statistics, so that the frozen part is "
        "one and the same function before and after.",
    ),
)
@dataclass(frozen=True)
class CatastrophicForgettingK(Iterative[nn.Module]):
    """CF-k: loss = CE(m(x_r), y_r) over the weights of the last k layers; all others are frozen.

    Frozen layers keep the running statistics of their batch norms, too. The paper chooses k by
    network; 6 is ResNet-18's last stage (with its shortcut) and the head.
    """

    epochs: int = 30
    lr: float = 0.01
    batch_size: int = 256
    k: int = setting(6, "how many of the last layers are trained", low=1, high=1000)

    parts = "retain"

    def objective(self, request: Request[nn.Module], model: nn.Module) -> Objective[nn.Module]:
        """The task's own loss."""
        return request.task.loss

    def frozen(self, request: Request[nn.Module], model: nn.Module) -> Iterable[str]:
        """All parameters before the last k layers."""
        moving = last_layers(model, self.k, request.task.final_layer(model))
        return [name for name, _ in model.named_parameters() if _module_of(name) not in moving]


@register(
    "eu_k",
    title="EU-k",
    paper=PAPER,
    family="fine-tuning",
    needs="retain original",
    summary="the last k layers anew, trained with CE on retain data",
    fidelity="corrected",
    deviations=(
        "Batch norms of frozen layers keep their running statistics, so that the frozen part is "
        "one and the same function before and after.",
    ),
)
@dataclass(frozen=True)
class ExactUnlearningK(CatastrophicForgettingK):
    """EU-k: as CF-k, but the last k layers begin as in a new model: they never saw D_f."""

    epochs: int = 62

    def start(self, request: Request[nn.Module]) -> nn.Module:
        """The original with the last layers of a fresh model."""
        model = request.copy_of_original()
        moving = last_layers(model, self.k, request.task.final_layer(model))
        fresh = request.fresh().state_dict()
        new = {name: value for name, value in fresh.items() if _module_of(name) in moving}
        model.load_state_dict({**model.state_dict(), **new})
        return model
