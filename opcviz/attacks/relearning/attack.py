"""Relearning: how soon does a little fine-tuning bring the forgotten back?

DiMRA (Yuan et al., arXiv 2512.03564) fine-tunes an unlearned diffusion model with its plain loss on
data without the concept, and the concept returns. This is the same for classifiers: somebody who
holds the unlearned model (not the original) goes on training it, in one of three ways:

* `retain`: cross-entropy on the retain data alone. No label of a forgotten class is seen; what
  returns was only covered up.
* `shots_n`: retain data plus n forget samples of each class, all of them in every step. Any model
  learns *something* from them: the retrained model's own curve under the same attack says how much.
* `other`: another data set's pictures with another data set's labels. Those labels have no place in
  the model's head, and forcing them into it would overwrite what is asked about. So the body learns
  them through a new linear head, and the model's own head, untouched, is scored on the drifted
  features. What returns was held down by the body.

A curve begins before the first step. It is scored on forget samples that the attack was not given.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice, pairwise

import torch
from torch import Tensor, nn

from ...common.progress import Event, Progress, Step
from ...common.records import Undefined, guard
from ...data import Data, Images, Split
from ...models import BodyHead
from ...results import RelearningResult
from ...tasks.classification import Classification, cross_entropy_of
from ...training import Batch, Batches, Objective, Training, train
from .curves import Curves
from .settings import Relearning

__all__ = ["BatchesBetweenEvaluations", "relearn"]


def relearn(
    model: BodyHead,
    images: Images,
    split: Split,
    config: Relearning | None = None,
    *,
    original_accuracy: float,
    other: Images | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> RelearningResult:
    """Fine-tune copies of a model in every way and follow its forget accuracy.

    Args:
        model: the unlearned model; it is copied.
        images, split: the data set and its forget scenario, on the model's device.
        config: settings; `other` is the caller's to follow, by what it passes below.
        original_accuracy: percent that the original model gets right of the forget part of the
            train set; curves are measured against it.
        other: pictures of the same shape for the variant `other`, with any number of classes.
        seed: of the samples given, the samples scored and the order; two models attacked with one
            seed get the same.
        progress: told each step, asked whether to stop.

    Raises:
        ValueError: for an accuracy that is no percentage, or other pictures of another shape.
        Cancelled: from `progress`.
    """
    config, progress = config or Relearning(), progress or Progress()
    if not 0 <= original_accuracy <= 100:
        raise ValueError(
            f"relearning: original_accuracy is {original_accuracy}, not a percentage (0 to 100)"
        )
    if other is not None and other.shape != images.shape:
        raise ValueError(
            f"relearning: {images.name} has pictures of shape {images.shape}, but {other.name} of "
            f"{other.shape}; bring them to one shape"
        )
    finite = all(bool(value.isfinite().all()) for value in model.state_dict().values())
    diverged = guard((not finite, "the unlearned model's weights are not finite: it diverged"))
    variants = list(_variants(images, split, other, config, seed))
    found = {}
    for i, variant in enumerate(variants):
        watch = Curves.of(
            images,
            split,
            variant.forget,
            config.steps,
            scored=config.scored,
            seed=seed,
            looks=config.looks,
        )
        why = diverged or _cannot_run(variant, split)
        if why is None:
            part = _part_of(progress, i * config.steps, len(variants) * config.steps)
            reason = _attack(model, variant, watch, config, seed, part)
            why = guard((reason, reason))
        found[variant.name] = watch.result(original_accuracy, len(variant.forget), why)
    return RelearningResult(original_accuracy, found)


@dataclass(frozen=True, eq=False)
class _Variant:
    """What one fine-tuning learns from.

    Attributes:
        name: its key in the result.
        images: where the pictures come from.
        retain, forget: positions in their train set; of the forget samples only those given.
        transfer: whether the labels are of another data set.
    """

    name: str
    images: Images
    retain: Tensor
    forget: Tensor
    transfer: bool = False


def _variants(
    images: Images, split: Split, other: Images | None, config: Relearning, seed: int
) -> Iterator[_Variant]:
    retain, none = split.retain_train, split.forget_train[:0]
    yield _Variant("retain", images, retain, none)
    order = torch.randperm(len(split.forget_train), generator=torch.Generator().manual_seed(seed))
    shuffled = split.forget_train[order.to(none.device)]
    labels = images.y_train[shuffled]
    for shots in dict.fromkeys(config.shots):  # more shots hold all of fewer shots
        given = [shuffled[labels == c][:shots] for c in labels.unique()]
        yield _Variant(f"shots_{shots}", images, retain, torch.cat([none, *given]))
    if other is not None:
        other = other.to(images.device)
        everything = torch.arange(len(other.y_train), device=images.device)
        yield _Variant("other", other, everything, none, transfer=True)


def _cannot_run(variant: _Variant, split: Split) -> Undefined | None:
    given = len(variant.forget)
    return guard(
        (
            not len(variant.retain),
            "nothing is retained, so there is nothing to go on training with",
        ),
        (not len(split.forget_train), "the forget set is empty"),
        (
            given == len(split.forget_train),
            f"all {given} forget samples were given: none is left to score",
        ),
    )


def _part_of(progress: Progress, before: int, steps: int) -> Progress:
    """Tells the steps of one variant as steps of the whole attack."""

    def tell(event: Event) -> None:
        if isinstance(event, Step):
            progress(Step(before + event.step, steps, event.loss))

    return Progress(tell)


def _attack(
    model: BodyHead,
    variant: _Variant,
    watch: Curves,
    config: Relearning,
    seed: int,
    progress: Progress,
) -> str:
    """Fine-tune a copy under the eyes of `watch`; says why the curve broke off, or nothing."""
    model = copy.deepcopy(model).requires_grad_(True)
    objective: Objective[BodyHead] = Classification().loss
    if variant.transfer:
        objective = _through_new_head(model, variant.images.classes)
    spec = Training(
        epochs=len(watch.steps) - 1,
        lr=config.lr,
        batch_size=config.batch_size,
        schedule="constant",
    )
    batches = BatchesBetweenEvaluations(
        variant.images, variant.retain, variant.forget, config.batch_size, watch.steps, seed
    )
    outcome = train(model, batches, objective, spec, seed=seed, progress=progress, watch=watch)
    return outcome.reason or ""


def _through_new_head(model: BodyHead, classes: int) -> Objective[BodyHead]:
    """The task's loss on labels of another data set; the new head starts at zero: no opinion."""
    head = nn.Linear(model.head.in_features, classes).to(model.head.weight)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    model.new_head = head  # a part of the model, so that the optimiser finds it

    def loss(model: BodyHead, batch: Batch) -> Tensor:
        return cross_entropy_of(head(model.features(batch.x)[0]), batch.y)

    return loss


class BatchesBetweenEvaluations(Batches):
    """Endless batches, cut where the model is to be looked at: an epoch is the way to that look.

    Args:
        images, retain, forget, batch_size: as of any `Batches`.
        steps: when the looks are, from 0.
        seed: of the order.
    """

    def __init__(
        self,
        images: Data,
        retain: Tensor,
        forget: Tensor,
        batch_size: int,
        steps: list[int],
        seed: int,
    ) -> None:
        super().__init__(images, retain, forget, batch_size)
        self.gaps = [b - a for a, b in pairwise(steps)]
        self._batches = _endless(Batches(images, retain, forget, batch_size), seed)

    def steps(self, epoch: int) -> int:
        """Steps from look number `epoch` to the next."""
        return self.gaps[epoch]

    def epoch(self, number: int, generator: torch.Generator) -> Iterator[Batch]:
        """The batches up to the next look; passes over the data run on across looks."""
        return islice(self._batches, self.gaps[number])


def _endless(batches: Batches, seed: int) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(seed)
    for number in count():
        yield from batches.epoch(number, generator)
