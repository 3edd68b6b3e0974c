"""What is said of drawn pictures, and of real ones under a model."""

from __future__ import annotations

import torch
from torch import Tensor

from ...common.records import Undefined
from ...data import Data, Split
from ...models.diffusion import Generator, pictures
from ...results import DrawnPictures, HeldOutLoss, PictureQuality
from ...tasks.generation.observe import denoising_losses
from .frechet import frechet_distance
from .judge import Judged, Jury
from .manifold import precision_recall

__all__ = [
    "diversity",
    "drawn_pictures",
    "held_out_loss",
    "nearest_distance",
    "picture_quality",
]

PAIRS = 400  # pictures whose distances to each other are measured


def drawn_pictures(told: Judged, wanted: Tensor, classes: int) -> DrawnPictures:
    """Sum up what the jury says.

    Args:
        told: of each picture.
        wanted: (B,) the class that each was asked for, or (F,) classes any of which is meant.
        classes: how many there are; a greater label is none.
    """
    each = len(wanted) == len(told.labels)
    judged = told.labels == wanted if each else torch.isin(told.labels, wanted)
    counts = told.labels.bincount(minlength=classes + 1)
    shares = {str(c): 100 * int(n) / len(judged) for c, n in enumerate(counts[:classes]) if n}
    return DrawnPictures(
        judged=_percent(judged),
        genuine=_percent(judged & told.genuine),
        none=_percent(told.labels == classes),
        inside=_percent(told.genuine),
        entropy=told.entropy.mean().item(),
        shares=shares,
        pictures=len(judged),
    )


def picture_quality(
    jury: Jury, drawn: Tensor, asked: Tensor, data: Data, split: Split
) -> PictureQuality:
    """How good pictures of the retained classes are.

    Args:
        jury: judges them.
        drawn: (B, *shape) in [-1, 1].
        asked: (B,) the class that each was asked for, none of them forgotten.
        data, split: whose retained train pictures are the real ones.
    """
    real = pictures(data, split.retain_train)
    told, seen = jury.look(drawn), jury.look(real)
    right = told.labels == asked
    precision, recall = precision_recall(told.features, seen.features)
    unseen = pictures(data, split.retain_test, "test")
    few = Undefined("fewer than two test pictures are retained") if len(unseen) < 2 else None
    return PictureQuality(
        accuracy=_percent(right),
        recall_by_class={str(int(c)): _percent(right[asked == c]) for c in asked.unique()},
        frechet=frechet_distance(told.features, seen.features),
        frechet_unseen=few or frechet_distance(jury.look(unseen).features, seen.features),
        precision=precision,
        recall=recall,
        nearest=nearest_distance(drawn, real),
        nearest_unseen=few or nearest_distance(unseen, real),
        pictures=len(drawn),
    )


def nearest_distance(shown: Tensor, real: Tensor) -> float:
    """Mean Euclidean distance from a picture to the nearest real one, over all pixels."""
    return torch.cdist(shown.flatten(1), real.flatten(1)).amin(1).mean().item()


def diversity(drawn: Tensor) -> float:
    """Mean Euclidean distance between two different pictures, over all pixels; 0 of one alone."""
    flat = drawn[:PAIRS].flatten(1)
    pairs = len(flat) * (len(flat) - 1)
    return torch.cdist(flat, flat).sum().item() / max(pairs, 1)


@torch.no_grad()
def held_out_loss(model: Generator, data: Data, positions: Tensor) -> HeldOutLoss | Undefined:
    """Denoising loss of test pictures under their own address, and under the null one.

    Args:
        model: in eval mode.
        data: whose test pictures they are.
        positions: (n,) in the test set.
    """
    if not len(positions):
        return Undefined("no test picture is forgotten")
    x, own = pictures(data, positions, "test"), model.address(data.y_test[positions])
    under = (denoising_losses(model, x, e).mean().item() for e in (own, model.null(len(x))))
    return HeldOutLoss(next(under), next(under), len(x))


def _percent(which: Tensor) -> float:
    return 100 * which.double().mean().item()
