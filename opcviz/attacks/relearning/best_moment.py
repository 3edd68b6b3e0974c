"""The moment of a training at which most of the forgotten pictures are answered right.

A moment counts only if retained pictures are not taken for forgotten ones then: an answer that is
always the same gets a single class back whole, and says nothing of what a model knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...data import Images, Split
from ...models import BlockNet
from ...tasks.classification import answers

__all__ = ["KEPT_SCORED", "MISTAKEN", "Best", "Kept", "Top"]

ONE_ANSWER = 0.9  # share of the forgotten pictures that get the same answer
MISTAKEN = 0.1
"""Most retained pictures that may be given a forgotten class's name."""
KEPT_SCORED = 128
"""Most retained pictures that this is asked of."""


@dataclass(frozen=True, eq=False)
class Kept:
    """Retained pictures that must not be taken for forgotten ones.

    Attributes:
        x: (n, C, H, W) uint8; n is 0 where no whole class is forgotten: then every name is used.
        classes: (k,) the forgotten ones.
    """

    x: Tensor
    classes: Tensor

    def mistaken(self, model: BlockNet) -> float:
        """Share of them that is given a forgotten class's name."""
        if not len(self.x):
            return 0.0
        told = answers(model, self.x).argmax(1)
        return float(torch.isin(told, self.classes).double().mean())

    @classmethod
    def of(cls, images: Images, split: Split, seed: int) -> Kept:
        """Unseen retained pictures at random, or seen ones where there are no others."""
        test = len(split.retain_test) > 0
        rows = split.retain_test if test else split.retain_train
        drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
        most = KEPT_SCORED if split.classes else 0
        rows = rows[drawn[:most].to(rows.device)]
        pictures = images.x_test if test else images.x_train
        return cls(pictures[rows], torch.tensor(split.classes, device=rows.device))


@dataclass(eq=False)
class Top:
    """The best moment of several trainings: percent answered right, and the weights then."""

    right: float = -1.0
    weights: dict[str, Tensor] = field(default_factory=dict)


@dataclass(eq=False)
class Best:
    """A watch that keeps the best moment of one training.

    Attributes:
        looks: steps after which the model is looked at, from 0.
        x, y: the forgotten pictures scored, and their labels.
        kept: retained pictures; a moment at which these are taken for forgotten ones counts not.
        way: optimiser and rate in words.
        top: the best of several trainings, kept if this one is.
        right: percent of the pictures answered right at the best moment; 0 if at no moment
            retained pictures were told from them, -1 if never anything finite was answered.
    """

    looks: Sequence[int]
    x: Tensor
    y: Tensor
    kept: Kept
    way: str
    top: Top
    right: float = -1.0
    moment: int = 0
    one_answer: bool = False

    def __call__(self, model: BlockNet, epoch: int) -> None:
        """Score the forgotten pictures."""
        logits = answers(model, self.x)
        if not bool(logits.isfinite().all()):
            return
        told = logits.argmax(1)
        right = 100 * (told == self.y).double().mean().item()
        if right > max(self.right, 0.0) and self.kept.mistaken(model) > MISTAKEN:
            right = 0.0
        if right <= self.right:
            return
        self.right, self.moment = right, self.looks[epoch]
        self.one_answer = bool((told == told.mode().values).double().mean() >= ONE_ANSWER)
        if right > self.top.right:
            self.top.right = right
            self.top.weights = {name: value.clone() for name, value in model.state_dict().items()}

    def state(self) -> dict[str, Tensor]:
        """Nothing: an attack of seconds is run anew, not resumed."""
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing to take up."""
