"""Relearning curves: forget accuracy against optimiser steps, and what is read off them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from ...common.parts import Part, side_of
from ...common.records import Undefined, guard
from ...data import Images, Split
from ...models import BodyHead
from ...results import RelearningCurve, RelearningVariant, RetainAccuracy
from ...tasks.classification import answers

__all__ = ["Curves", "evaluation_steps"]

EVERY_STEP_UNTIL, GROWTH = 8, 1.25
"""Looks: one after each of so many steps, then each a quarter further than the one before."""


def evaluation_steps(steps: int, chosen: Sequence[int] = ()) -> list[int]:
    """After how many steps a model is looked at, from 0 to `steps`.

    Args:
        steps: of the training.
        chosen: looks between the first and the last; none: see `EVERY_STEP_UNTIL` and `GROWTH`.
    """
    if chosen:
        return sorted({0, *(step for step in chosen if step < steps), steps})
    seen = list(range(min(EVERY_STEP_UNTIL, steps) + 1))
    while seen[-1] < steps:
        seen.append(min(math.ceil(seen[-1] * GROWTH), steps))
    return seen


@dataclass(eq=False)
class Curves:
    """A watch: percent of right answers at every look, on pictures the attack was not given.

    Attributes:
        steps: when the looks are, from 0.
        parts: name to pictures (n, C, H, W) uint8 and labels (n,); n may be 0.
        seen: name to percent a look, None where the model's answers are not finite.
    """

    steps: list[int]
    parts: dict[Part, tuple[Tensor, Tensor]]
    seen: dict[Part, list[float | None]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        images: Images,
        split: Split,
        given: Tensor,
        steps: int,
        *,
        scored: int,
        seed: int,
        looks: Sequence[int] = (),
    ) -> Curves:
        """Curves over `steps` on at most `scored` pictures a part, without those given away."""
        forget = split.forget_train
        ids: dict[Part, Tensor] = {
            "forget_train": forget[~torch.isin(forget, given)],
            "forget_test": split.forget_test,
            "retain_test": split.retain_test,
        }
        parts: dict[Part, tuple[Tensor, Tensor]] = {}
        for name, rows in ids.items():
            drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
            rows = rows[drawn[:scored].to(rows.device)]
            if side_of(name) == "train":
                parts[name] = images.x_train[rows], images.y_train[rows]
            else:
                parts[name] = images.x_test[rows], images.y_test[rows]
        return cls(evaluation_steps(steps, looks), parts, {name: [] for name in parts})

    def __call__(self, model: BodyHead, epoch: int) -> None:
        """Score all parts; the retain data only before and after."""
        for name, (x, y) in self.parts.items():
            if not len(y) or (name == "retain_test" and 0 < epoch < len(self.steps) - 1):
                continue
            logits = answers(model, x)
            right = 100 * (logits.argmax(1) == y).double().mean().item()
            self.seen[name].append(right if bool(logits.isfinite().all()) else None)

    def state(self) -> dict[str, Tensor]:
        """Nothing: an attack of seconds is run anew, not resumed."""
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing to take up."""

    def result(self, original: float, given: int, why: Undefined | None) -> RelearningVariant:
        """All curves with their figures.

        Args:
            original: percent, the original model's accuracy on the forget data.
            given: forget samples that the attacker had.
            why: the curves are not whole, if they are not.
        """
        looked_at = self.steps[: len(self.seen["forget_train"])]
        return RelearningVariant(
            given=given,
            steps=tuple(looked_at) or None,
            retain_test=self._retain_accuracy(),
            forget_train=self._curve("forget_train", original, why),
            forget_test=self._curve("forget_test", original, why),
            reason=why.reason if why else None,
        )

    def _retain_accuracy(self) -> RetainAccuracy:
        if not len(self.parts["retain_test"][1]):
            none = Undefined("there are no such samples")
            return RetainAccuracy(none, none)
        # where one is missing, the reason is that of the whole variant
        known = [Undefined() if each is None else each for each in self.seen["retain_test"]]
        before, after = [*known, Undefined(), Undefined()][:2]
        return RetainAccuracy(before, after)

    def _curve(self, part: Part, original: float, why: Undefined | None) -> RelearningCurve:
        labels, curve = self.parts[part][1], self.seen[part]
        constant = 100 * labels.bincount().max().item() / len(labels) if len(labels) else None
        area, half = _summary(self.steps, curve, original, why, len(labels))
        return RelearningCurve(tuple(curve) or None, len(labels), constant, area, half)


def _summary(
    steps: list[int],
    curve: list[float | None],
    original: float,
    why: Undefined | None,
    samples: int,
) -> tuple[float | Undefined, int | Undefined]:
    """Area under a curve, and steps to half of the original's accuracy."""
    nothing = guard(
        (not samples, why.reason if why else "there are no such samples"),
        (not original, "the original model gets no forget sample right"),
    )
    if nothing:
        return nothing, nothing
    pairs = [(at, value) for at, value in zip(steps, curve, strict=False) if value is not None]
    half = next((at for at, value in pairs if value >= original / 2), None)
    broken = why or guard((None in curve, "the model's answers are not finite"))
    if broken:
        return broken, broken if half is None else half
    area = sum((b - a) * (u + v) / 2 for (a, u), (b, v) in pairwise(pairs))
    never = f"half of the original's accuracy is not reached in {steps[-1]} steps"
    return area / (steps[-1] * original), Undefined(never) if half is None else half
