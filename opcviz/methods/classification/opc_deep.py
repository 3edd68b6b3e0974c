"""Deep OPC: every block is contracted, so that whoever replaces the last ones finds no more."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import ConfigError, setting
from ...data import POLICY_NAMES, augment
from ...models import Classifier
from ...tasks.classification import cross_entropy_of
from ...training import Batch, Objective
from ..base import Request, register
from .opc import OPC, directions_seed
from .rows import ROWS_ANEW, renew_rows

__all__ = ["DeepOPC", "DeepRetainLike"]

FEWEST = 4  # forget samples of a step, where there are so many
TEMPERATURE = 2.0  # of the original's answers

Teacher = Callable[[Tensor], Tensor]


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
    """Contraction of the blocks, long enough that new last blocks find little to learn from.

        loss = (1 − β)·CE(m(a(x_r)), y_r) + β·T²·KL(p_o(a(x_r)) ‖ p_m(a(x_r)))
             + λ · Σ over blocks k of w_k · D(t_k(x_f), point) / Σ w_k

    with D as in `opc`, on unpooled outputs, and p_o the original's answers at T = 2 among the
    retained classes (the forgotten ones' probabilities are 0: they would tell what resembled them).
    Against `opc` on blocks:

    * the first block sees little more than the pixels and may be left out, the next counts most
      (`block_weights`): whoever replaces the last blocks builds on it;
    * the retain pictures alone are varied (a), so that what stays alive is a region around them and
      not the pictures themselves. Forget pictures are not: shifted ones are harder to contract;
    * the last layer's rows of the forgotten classes begin as in a new model (`rows_anew`): what is
      done to features leaves the original's directions in them, and whoever brings features of his
      own need only ask that layer;
    * each step shows another number of forget samples, from `FEWEST` to all of the batch, evenly on
      a log scale. Batch norm uses the batch's statistics as long as somebody trains, and a
      contraction that holds at one share of forget data only is undone by the first relearner who
      brings another.

    One class that goes to a point is named by the point: see `DeepRetainLike`.
    """

    epochs: int = 80
    lr: float = 0.05
    batch_size: int = 64
    target: str = "blocks"
    block_weights: tuple[float, ...] = setting(
        (0.0, 3.0, 1.0),
        "w of the blocks from the input on and of the features; the last one is repeated, 0 leaves "
        "a block out",
        low=0,
        high=100,
    )
    vary: str = setting(
        "none", "how the retain pictures of a step are varied", choices=POLICY_NAMES
    )
    teacher: float = setting(
        0.0, "β, share of the original's answers in what retain data is trained on", low=0, high=1
    )
    shares: bool = setting(
        True, "whether each step has another number of forget samples", advanced=True
    )
    rows_anew: bool = setting(True, ROWS_ANEW, advanced=True)

    def start(self, request: Request[Classifier]) -> Classifier:
        """The original, but for the last layer's rows of the forgotten classes."""
        model = request.copy_of_original()
        if self.rows_anew:
            renew_rows(model, request)
        return model

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """What keeps the varied retain part plus the weighted distances of the forget part.

        Raises:
            ConfigError: when the retain data sets the point and there is none; when `vary` is for
                pictures and the samples are none; when every weight is 0.
        """
        self._check_settings(request)
        original = request.copy_of_original().eval().requires_grad_(False)
        retained = torch.ones(model.classes, dtype=torch.bool, device=model.head.weight.device)
        retained[list(request.split.classes)] = False
        generator = torch.Generator()

        def taught(x: Tensor) -> Tensor:
            with torch.no_grad():
                logits: Tensor = original(x).float() / TEMPERATURE
            return logits.masked_fill(~retained, -torch.inf).softmax(1)

        def loss(model: Classifier, batch: Batch) -> Tensor:
            generator.manual_seed(directions_seed(request.seed, batch.epochs_done))
            batch = self.prepared(batch, generator)
            activations = model.activations(batch.x)
            gaps = [self.distance(t, batch, generator) for t in self.targets(activations)]
            weights = torch.tensor(self._weights(len(gaps)), device=gaps[0].device)
            pull = weights @ torch.stack(gaps) / weights.sum()
            return self._keep(activations.logits, batch, taught) + self.weight * pull

        return loss

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

    def _weights(self, count: int) -> list[float]:
        given = list(self.block_weights[:count])
        return given + given[-1:] * (count - len(given))

    def _keep(self, logits: Tensor, batch: Batch, taught: Teacher) -> Tensor:
        """What is learnt from the retain part; 0, with a gradient, where a batch has none."""
        labels = cross_entropy_of(logits, batch.y, batch.retain)
        if not self.teacher or not bool(batch.retain.any()):
            return labels
        answers = (logits[batch.retain].float() / TEMPERATURE).log_softmax(1)
        apart = F.kl_div(answers, taught(batch.x[batch.retain]), reduction="batchmean")
        return (1 - self.teacher) * labels + self.teacher * TEMPERATURE**2 * apart

    def _check_settings(self, request: Request[Classifier]) -> None:
        name, data = type(self).__name__, request.data
        if self.point != "origin" and not len(request.split.retain_train):
            raise ConfigError(
                f"{name}.point: {self.point} needs retain data, and none is retained; set it to "
                "'origin'"
            )
        if self.vary != "none" and len(data.shape) != 3:
            raise ConfigError(
                f"{name}.vary: '{self.vary}' varies pictures (channels, H, W), and samples of "
                f"{data.name} are {data.shape}; set it to 'none'"
            )
        if not any(self.block_weights):
            raise ConfigError(
                f"{name}.block_weights: all are 0, so nothing is contracted; give one at least"
            )


@register(
    "opc_deep_retain_like",
    title="OPC, deep, retain-like",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="CE and the original's answers on varied retain data + λ·sliced Wasserstein distance "
    "of every block's forget outputs to its retain outputs",
)
@dataclass(frozen=True)
class DeepRetainLike(DeepOPC):
    """`opc_deep` for one class: its blocks' outputs are spread among those of the retain data.

    Every step shows all forget samples of its batch: a distance of two sets wants many of both.
    """

    lr: float = 0.1
    point: str = "retain_like"
    weight: float = 15.0
    weight_decay: float = 0.002
    directions: int = 256
    block_weights: tuple[float, ...] = (1.0, 3.0, 2.0, 1.0)
    teacher: float = 0.5
    shares: bool = False
