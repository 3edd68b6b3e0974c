"""OPC: the forget data are contracted, to one point or onto the retain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.config import ConfigError, setting
from ...models import Activations, Classifier
from ...tasks.classification import cross_entropy_of
from ...training import Batch, Objective
from ..base import Iterative, Request, register
from .contraction import distance_to_point, random_directions, sliced_wasserstein

__all__ = ["OPC", "OPCLogits"]


@register(
    "opc",
    title="OPC on features",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="CE on retain data + λ·‖representation‖ on forget data",
    fidelity="ours",
    deviations=(
        "The features are contracted; the paper's text speaks of features, but its equation "
        "contracts the logits (opc_logits does).",
        "Weight, norm, point, blocks and the frozen head are options of ours.",
        "Epochs, rate, batch size and schedule are ours, for the paper's are not published.",
    ),
)
@dataclass(frozen=True)
class OPC(Iterative[Classifier]):
    """One-point contraction, of any representation.

        loss = CE(m(x_r), y_r) + λ · mean over targets t of D(t(x_f), point)

    with t the features f(x), the logits, or every block's output and the features. D is the mean
    distance to the origin, or to the mean of the batch's retain representations. With `retain_like`
    there is no point: D is the sliced-Wasserstein distance to the batch's (detached) retain
    representations, so that the forgotten lie spread among the retained.

    Published are the logits, the l2 norm, the origin and no λ, which is `opc_logits`; the rest is
    ours. Contracting the features empties the last features alone: an attacker who starts one block
    earlier, or trains the last stage anew, recovers what was forgotten. Epochs and rates are
    reconstructed from the field's usual practice.
    """

    epochs: int = 10
    lr: float = 0.02
    batch_size: int = 256
    target: str = setting(
        "features",
        "which representation is contracted; blocks reaches deepest",
        choices=("logits", "features", "blocks"),
    )
    norm: str = setting("l2", "length, or squared length", choices=("l2", "squared"))
    weight: float = setting(1.0, "λ, weight of the contraction", low=0, high=1000, log=True)
    point: str = setting(
        "origin",
        "where the forget data goes: one point, or spread like the retain data",
        choices=("origin", "retain_mean", "retain_like"),
    )
    directions: int = setting(
        64, "random lines of a retain-like step", low=1, high=4096, advanced=True
    )
    head_frozen: bool = setting(False, "whether the last layer stays as it is", advanced=True)

    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """CE on the retain part plus the distance of the forget part's representation.

        Raises:
            ConfigError: when the retain data sets the point and there is none.
        """
        if self.point != "origin" and not len(request.split.retain_train):
            raise ConfigError(f"OPC.point: {self.point} needs retain data, and none is retained")
        # of its own, so that nothing else that runs in this process can disturb the directions
        generator = torch.Generator()

        def loss(model: Classifier, batch: Batch) -> Tensor:
            generator.manual_seed(directions_seed(request.seed, batch.epochs_done))
            activations = model.activations(batch.x)
            keep = cross_entropy_of(activations.logits, batch.y, batch.retain)
            gaps = [self.distance(t, batch, generator) for t in self.targets(activations)]
            return keep + self.weight * torch.stack(gaps).mean()

        return loss

    def targets(self, activations: Activations) -> list[Tensor]:
        """The representations that are contracted."""
        if self.target == "blocks":
            return [*activations.blocks.values(), activations.features]
        return [activations.logits if self.target == "logits" else activations.features]

    def distance(self, target: Tensor, batch: Batch, generator: torch.Generator) -> Tensor:
        """How far one representation (B, ...) of the forget part is from where it should be."""
        forget, retain = target[batch.forget], target[batch.retain].detach().float()
        if self.point == "origin":
            return distance_to_point(forget, 0.0, self.norm)
        if self.point == "retain_mean":
            return distance_to_point(forget, retain.mean(0), self.norm)
        forget, retain = forget.flatten(1).float(), retain.flatten(1)
        lines = random_directions(self.directions, forget.shape[1], generator)
        return sliced_wasserstein(forget, retain, lines.to(forget.device), self.norm)

    def frozen(self, request: Request[Classifier], model: Classifier) -> Iterable[str]:
        """The head, if it is to stay."""
        names = (name for name, _ in model.named_parameters())
        return [n for n in names if self.head_frozen and n.startswith(f"net.{model.head_name}.")]


@register(
    "opc_logits",
    title="OPC",
    paper="Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="CE on retain data + ‖logits‖ on forget data",
    fidelity="faithful",
    deviations=(
        "Epochs, rate, batch size and schedule are ours, for the paper's are not published.",
        "Retain and forget batch pass the network together; the paper does not say how they do.",
    ),
)
@dataclass(frozen=True)
class OPCLogits(OPC):
    """One-point contraction as published: loss = CE(m(x_r), y_r) + mean ‖m(x_f)‖₂, without λ."""

    target: str = "logits"


def directions_seed(seed: int, epochs_done: float) -> int:
    """Seed of the random lines of one step; plain arithmetic, the same on every machine."""
    return (seed * 1_000_003 + round(epochs_done * 1_000_000) * 7_919 + 1) % 2**31
