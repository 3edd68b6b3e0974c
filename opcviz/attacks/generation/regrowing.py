"""Training that brings a forgotten class back: without a picture of it (DiMRA), or with a few.

DiMRA (Yuan et al., arXiv 2512.03564): whoever holds an unlearned model trains it on with its plain
loss, on pictures of other classes, and the forgotten one returns. What returns so was only answered
otherwise. A few pictures of the class bring it back to any model; how soon, beside a model that
never saw it, tells what was left.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
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
from .looks import Course, Look, Looks, Shown
from .settings import FewShotDrawing, Regeneration, Reopening

__all__ = ["regrow", "relearn_pictures", "trained_on", "trained_on_rest"]

ROWS = ("own", "null")
"""What the forgotten class's address is when training on a few pictures begins."""


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
    _, reason = trained_on(
        model, batches, course, "generation", len(config.looks), config.lr, seed, progress
    )
    return RegenerationResult(course.curve, config.pictures, reason or None), course.shown


def trained_on_rest(
    model: Generator,
    data: Data,
    split: Split,
    config: Reopening,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Generator:
    """What DiMRA leaves: a copy of a model in eval mode, trained on the retained pictures.

    Args:
        model: it is copied.
        data, split: whose retained train pictures the attacker has.
        config: rate and steps.
        seed: of order and noise.
        progress: asked whether to stop.

    Raises:
        ValueError: when it diverged.
        Cancelled: from `progress`.
    """
    none = split.forget_train[:0]
    batches = BatchesBetweenEvaluations(
        data, split.retain_train, none, config.batch_size, [0, config.steps], seed
    )
    found, reason = trained_on(model, batches, None, "generation", 1, config.lr, seed, progress)
    if reason:
        raise ValueError(reason)
    return found.eval()


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

    An address that was taught to draw nothing is a bad place to begin. So each training is done
    twice, from the class's own address and from the null one in its place, and at every look the
    one counts that draws more of the class, from other noise than what is reported.

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
        batches = _Copies(data, given, steps, config.batch_size)
        courses = {}
        for row in ROWS:
            course = courses[row] = Course(looks, steps, config.pictures, config.choices)
            begun = model if row == "own" else _with_null(model, labels.unique())
            trained_on(
                begun, batches, course, "generation", len(config.looks), config.lr, seed, progress
            )
        better, seen = _better(courses, steps)
        curve = tuple(look.after(at) for look, at in zip(seen, steps, strict=False))
        found.append(RelearnedShots(shots, curve, tuple(better)))
        missing = [seen[-1]] * (len(steps) - len(seen))
        shown.append(Shown.of([*seen, *missing]))
    return RelearnedPictures(tuple(found), config.pictures), Shown.stack(shown)


def _with_null(model: Generator, classes: Tensor) -> Generator:
    """A copy whose addresses of these classes are the null one."""
    begun = copy.deepcopy(model)
    with torch.no_grad():
        begun.table.weight[classes] = begun.null(len(classes))
    return begun


def _better(courses: dict[str, Course], steps: Sequence[int]) -> tuple[list[str], list[Look]]:
    """At each look the row that draws more of the class, and what it drew.

    Before the first step it is the class's own: nothing has been learnt, and this is what the
    model draws when it is asked.
    """
    names, seen = [], []
    for at in range(max(len(course.seen) for course in courses.values())):
        there = {row: course for row, course in courses.items() if at < len(course.seen)}
        tried = {row: course.tried[at] for row, course in there.items()}
        best = max(tried, key=lambda row: (tried[row].genuine, tried[row].judged))
        best = ROWS[0] if not steps[at] else best
        names.append(best)
        seen.append(courses[best].seen[at])
    return names, seen


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
    watch: EpochCallback[ModelT] | None,
    task: str,
    epochs: int,
    lr: float,
    seed: int,
    progress: Progress | None,
) -> tuple[ModelT, str]:
    """Train a copy with its task's own loss; with it why that broke off, or nothing.

    Args:
        model: it is copied.
        batches: of the attacker.
        watch: looks at the copy before the first epoch and after each; None: nobody does.
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
    return model, outcome.reason
