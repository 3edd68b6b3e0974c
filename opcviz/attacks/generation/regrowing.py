"""Training that brings a forgotten class back: without a picture of it (DiMRA), or with a few.

DiMRA (Yuan et al., arXiv 2512.03564): whoever holds an unlearned model trains it on with its plain
loss, on pictures of other classes, and the forgotten one returns. What returns so was only answered
otherwise. A few pictures of the class bring it back to any model; how soon, beside a model that
never saw it, tells what was left.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor

from ...common.progress import Progress
from ...data import Data, Split
from ...models.diffusion import Generator
from ...results import RegenerationResult, RelearnedPictures, RelearnedShots
from ...tasks import get_task
from ...training import Batch, Batches, EpochCallback, ModelT, Training, train
from ..relearning.attack import BatchesBetweenEvaluations
from .looks import Course, Looks, Shown
from .settings import FewShotDrawing, Regeneration

__all__ = ["regrow", "relearn_pictures", "trained_on"]


def regrow(
    model: Generator,
    data: Data,
    split: Split,
    looks: Looks,
    config: Regeneration | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[RegenerationResult, Shown]:
    """DiMRA: train a copy of a model on the retained pictures, and look at what it draws.

    Args:
        model: the unlearned model; it is copied.
        data, split: whose retained train pictures the attacker has.
        looks: draws and judges.
        config: rate and steps.
        seed: of order and noise; two models attacked with one seed get the same.
        progress: asked whether to stop.

    Returns:
        The curve, from before the first step, and what was drawn at each look.

    Raises:
        Cancelled: from `progress`.
    """
    config = config or Regeneration()
    steps = [0, *config.looks]
    none = split.forget_train[:0]
    batches = BatchesBetweenEvaluations(
        data, split.retain_train, none, config.batch_size, steps, seed
    )
    course = Course(looks, steps, config.pictures)
    reason = trained_on(
        model, batches, course, "generation", len(config.looks), config.lr, seed, progress
    )
    return RegenerationResult(course.curve, config.pictures, reason or None), course.shown


def relearn_pictures(
    model: Generator,
    data: Data,
    split: Split,
    looks: Looks,
    config: FewShotDrawing | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[RelearnedPictures, Shown]:
    """Train copies of a model on a few test pictures of the forgotten classes.

    Args:
        model: the unlearned model; it is copied.
        data, split: whose forgotten test pictures the attacker draws his from.
        looks: draws and judges.
        config: how many pictures, rate and steps.
        seed: of the pictures given, and of noise.
        progress: asked whether to stop.

    Returns:
        The curves, and what was drawn, by number of pictures given and by look.

    Raises:
        Cancelled: from `progress`.
    """
    config = config or FewShotDrawing()
    steps = [0, *config.looks]
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(split.forget_test), generator=generator)
    pool = split.forget_test[order.to(split.forget_test.device)]
    labels = data.y_test[pool]
    found, shown = [], []
    for shots in config.shots:
        given = torch.cat([pool[labels == c][:shots] for c in labels.unique()])
        course = Course(looks, steps, config.pictures)
        batches = _Copies(data, given, steps, config.batch_size)
        trained_on(
            model, batches, course, "generation", len(config.looks), config.lr, seed, progress
        )
        found.append(RelearnedShots(shots, course.curve))
        shown.append(course.shown)
    return RelearnedPictures(tuple(found), config.pictures), Shown.stack(shown)


class _Copies(Batches):
    """The same few test pictures in every step, each several times: the task noises each anew."""

    def __init__(self, data: Data, given: Tensor, steps: list[int], size: int) -> None:
        super().__init__(data, given, given[:0], size)
        self.given = given.repeat(-(-size // len(given)))
        self.gaps = [b - a for a, b in pairwise(steps)]

    def steps(self, epoch: int) -> int:
        """Steps to the next look."""
        return self.gaps[epoch]

    def epoch(self, number: int, generator: torch.Generator) -> Iterator[Batch]:
        """As many batches."""
        x, y = self.data.batch(self.given, "test"), self.data.y_test[self.given]
        for _ in range(self.gaps[number]):
            yield Batch(x, y, self.given, torch.ones_like(y, dtype=torch.bool))


def trained_on(
    model: ModelT,
    batches: Batches,
    watch: EpochCallback[ModelT],
    task: str,
    epochs: int,
    lr: float,
    seed: int,
    progress: Progress | None,
) -> str:
    """Train a copy with its task's own loss; says why that broke off, or nothing.

    Args:
        model: it is copied.
        batches: of the attacker.
        watch: looks at the copy before the first epoch and after each.
        task: whose loss.
        epochs: of `batches`.
        lr: rate of Adam, constant.
        seed: of order and noise.
        progress: asked whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    model = copy.deepcopy(model).requires_grad_(True)
    spec = Training(
        epochs=epochs,
        lr=lr,
        batch_size=batches.batch_size,
        optimizer="adam",
        weight_decay=0.0,
        schedule="constant",
    )
    asked = progress or Progress()

    def stop() -> bool:
        asked.check()
        return False

    with torch.random.fork_rng(devices=[]):
        outcome = train(
            model,
            batches,
            get_task(task).loss,
            spec,
            seed=seed,
            progress=Progress(stop=stop),
            watch=watch,
        )
    return outcome.reason
