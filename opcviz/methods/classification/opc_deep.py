"""Deep OPC: every block but the first is contracted, so that the last ones may be torn out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.config import ConfigError, setting
from ...data import POLICY_NAMES, augment
from ...models import Activations, Classifier
from ...tasks.classification import cross_entropy_of
from ...training import Batch, Objective
from ..base import Request, register
from .opc import OPC, directions_seed

__all__ = ["DeepOPC"]

FEWEST = 4  # forget samples of a step, if there are so many: a distance of sets needs some


@register(
    "opc_deep",
    title="OPC, deep",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="CE on varied retain data + λ·weighted mean of every block's contraction",
)
@dataclass(frozen=True)
class DeepOPC(OPC):
    """Contraction of the blocks, long enough that new last blocks find nothing to learn from.

        loss = CE(m(a(x_r)), y_r) + λ · Σ over blocks k of w_k · D(t_k(x_f), point) / Σ w_k

    with D as in `opc`, on unpooled outputs. Three things make it deeper than `opc` on blocks and
    cheaper in retained accuracy:

    * the earliest contracted block counts most (w = `early`, every later one and the features 1):
      whoever replaces the last blocks builds on it;
    * the retain pictures alone are varied (a), so that what stays alive is a region around them and
      not the pictures themselves. Forget pictures are not: shifted ones are harder to contract;
    * each step shows another number of forget samples, from `FEWEST` to all of the batch, evenly on
      a log scale. Batch norm uses the batch's statistics as long as somebody trains, and a
      contraction that holds at one share of forget data only is undone by the first relearner who
      brings another.

    One class that goes to a point is named by the point: there, `point = "retain_like"`.
    """

    epochs: int = 80
    lr: float = 0.1
    batch_size: int = 64
    target: str = "blocks"
    early: float = setting(
        3.0, "weight of the earliest contracted block, later ones have 1", low=0, high=100
    )
    stem: bool = setting(
        False, "whether the first block is contracted, too: it sees little more than the pixels"
    )
    vary: str = setting(
        "none", "how the retain pictures of a step are varied", choices=POLICY_NAMES
    )
    shares: bool = setting(
        True, "whether each step has another number of forget samples", advanced=True
    )

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """CE on the varied retain part plus the weighted distances of the forget part.

        Raises:
            ConfigError: when the retain data sets the point and there is none, or `vary` is for
                pictures and the samples are none.
        """
        if self.point != "origin" and not len(request.split.retain_train):
            raise ConfigError(
                f"DeepOPC.point: {self.point} needs retain data, and none is retained; set it to "
                "'origin'"
            )
        if self.vary != "none" and len(request.data.shape) != 3:
            raise ConfigError(
                f"DeepOPC.vary: '{self.vary}' varies pictures (channels, H, W), and samples of "
                f"{request.data.name} are {request.data.shape}; set it to 'none'"
            )
        generator = torch.Generator()

        def loss(model: Classifier, batch: Batch) -> Tensor:
            generator.manual_seed(directions_seed(request.seed, batch.epochs_done))
            batch = self.prepared(batch, generator)
            activations = model.activations(batch.x)
            keep = cross_entropy_of(activations.logits, batch.y, batch.retain)
            gaps = [self.distance(t, batch, generator) for t in self.targets(activations)]
            weights = torch.ones(len(gaps), device=keep.device)
            weights[0] = self.early
            return keep + self.weight * (weights @ torch.stack(gaps)) / weights.sum()

        return loss

    def targets(self, activations: Activations) -> list[Tensor]:
        """What is contracted, from the input to the head; a body of one block has that one."""
        found = super().targets(activations)
        return found if self.stem or self.target != "blocks" or len(found) < 3 else found[1:]

    def prepared(self, batch: Batch, generator: torch.Generator) -> Batch:
        """The batch with its retain pictures varied and some of its forget samples left out."""
        x, keep = batch.x, torch.ones_like(batch.forget)
        if self.vary != "none":
            x = x.clone()
            x[batch.retain] = augment(x[batch.retain], self.vary, generator)
        count = int(batch.forget.sum())
        if self.shares and count > FEWEST:
            drawn = torch.rand(1, generator=generator).item()
            shown = int(FEWEST * math.exp(drawn * math.log(count / FEWEST)))
            keep[batch.forget.nonzero().flatten()[shown:]] = False
        return Batch(
            x[keep], batch.y[keep], batch.index[keep], batch.forget[keep], batch.epochs_done
        )
