"""The downstream pictures a model is probed with, and which of their classes are near.

Near the forgotten classes is what the original model takes for them: the share of a downstream
class's pictures that it answers with a forgotten class. Nobody's labels of what resembles what
are asked for, and all models of a seed are probed for the same classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...data import DataError, Images, adapted, identify
from ...models import BodyHead
from ...results import TransferRung
from ...tasks.classification import observe
from .settings import Transfer

__all__ = ["Downstream", "downstream_of", "nearest"]


@dataclass(frozen=True, eq=False)
class Downstream:
    """What every model of a seed is probed with.

    Attributes:
        images: labelled pictures as its train set, those of a class in the order in which they
            are drawn, and unseen ones as its test set; as the models take them.
        digest: of the whole data set as it was read.
        shares: (classes,) percent of the labelled pictures that the original answers with a
            forgotten class.
        near: numbers of the near classes, the nearest first.
        floors: rungs of the raw pixels, once somebody has made them.
    """

    images: Images
    digest: str
    shares: tuple[float, ...]
    near: tuple[int, ...]
    floors: list[TransferRung] = field(default_factory=list)

    def drawn(self, given: int, draw: int) -> Tensor:
        """Positions of `given` labelled pictures of each class; those of two draws are disjoint."""
        labels = self.images.y_train
        rows = [(labels == each).nonzero()[:, 0] for each in range(self.images.classes)]
        return torch.cat([some[draw * given : (draw + 1) * given] for some in rows])

    @property
    def fewest(self) -> int:
        """Labelled pictures of the scarcest class."""
        return int(self.images.y_train.bincount(minlength=self.images.classes).min())


def downstream_of(
    original: BodyHead,
    data: Images,
    forgotten: Sequence[int],
    found: Images,
    config: Transfer,
    progress: Progress | None = None,
) -> Downstream | Undefined:
    """Prepare a downstream data set, or say why models cannot be probed with it.

    Args:
        original: the model before unlearning, which decides what is near.
        data: what it was trained on.
        forgotten: numbers of the forgotten classes.
        found: the downstream set as it was read.
        config: how many pictures, and how many near classes.
        progress: asked between batches whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    trained_on = found.name == data.name if data.planted else identify(found) == identify(data)
    near = config.near or len(forgotten)
    none = guard(
        (
            not forgotten,
            "samples were forgotten and not whole classes: no downstream class lies nearer to "
            "them than to those that were kept",
        ),
        (
            trained_on,
            f"the models were trained on {found.name}: name a data set that they were not",
        ),
        (
            2 * config.crop >= min(found.shape[1:], default=1),
            f"{found.name}: of samples of shape {found.shape} nothing is left when "
            f"{config.crop} pixels are cut off each side",
        ),
        (
            near >= found.classes,
            f"{found.name} has {found.classes} classes: with {near} near ones none is far",
        ),
    )
    if none:
        return none
    try:
        images = adapted(_thinned(found, config), data.shape)
    except DataError as error:
        return Undefined(str(error))
    if data.x_train.dtype != torch.uint8:
        return Undefined(f"{data.name} has samples on a scale of their own, which bytes have not")
    images = images.to(data.device)
    answers = observe(original, images.x_train, images.y_train, progress=progress).logits.argmax(1)
    taken = torch.isin(answers, torch.tensor(forgotten, device=answers.device)).cpu()
    labels = images.y_train.cpu()
    shares = [100 * taken[labels == each].double().mean().item() for each in range(images.classes)]
    if not max(shares):
        return Undefined(
            f"the original answers no picture of {found.name} with a forgotten class: none of its "
            "classes is near"
        )
    return Downstream(images, identify(found).digest, tuple(shares), nearest(shares, near))


def nearest(shares: Sequence[float], count: int) -> tuple[int, ...]:
    """Numbers of the classes of the greatest shares, the greatest first; of equals the first.

    A class of which nothing is taken for a forgotten one is not near.
    """
    some = [each for each, share in enumerate(shares) if share > 0]
    return tuple(sorted(some, key=lambda each: -shares[each])[:count])


def _thinned(images: Images, config: Transfer) -> Images:
    """As many pictures of each class as are ever used, cropped, in the order of the draws."""
    pool = max(max(config.samples), config.draws * min(config.samples))
    train = _rows(images.y_train, images.classes, pool, config.seed)
    test = _rows(images.y_test, images.classes, config.scored, config.seed)
    return replace(
        images,
        x_train=_cropped(images.x_train[train], config.crop),
        y_train=images.y_train[train],
        x_test=_cropped(images.x_test[test], config.crop),
        y_test=images.y_test[test],
        planted=None,
    )


def _rows(labels: Tensor, classes: int, count: int, seed: int) -> Tensor:
    """Positions of at most `count` samples of each class, drawn without repetition."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return torch.cat([order[labels[order] == each][:count] for each in range(classes)])


def _cropped(x: Tensor, crop: int) -> Tensor:
    """(N, C, ...) samples without so many of the first and of the last along every further axis."""
    for axis in range(2, x.dim()):
        x = x.narrow(axis, crop, x.shape[axis] - 2 * crop)
    return x
