"""Relearning curves: forget accuracy against optimiser steps, and what is read off them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ...data import Images, Split
from ...models import Classifier
from ...tasks.classification import observe

__all__ = ["Curves", "looks"]

DENSE, GROWTH = 8, 1.25
"""Looks: one after each of so many steps, then each a quarter further than the one before."""


def looks(steps: int) -> list[int]:
    """After how many steps a model is looked at, from 0 to `steps`: see `DENSE` and `GROWTH`."""
    seen = list(range(min(DENSE, steps) + 1))
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
    parts: dict[str, tuple[Tensor, Tensor]]
    seen: dict[str, list[float | None]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, images: Images, split: Split, given: Tensor, steps: int, *, scored: int, seed: int
    ) -> Curves:
        """Curves over `steps` on at most `scored` pictures a part, without those given away."""
        forget = split.forget_train
        ids = {
            "forget_train": forget[~torch.isin(forget, given)],
            "forget_test": split.forget_test,
            "retain_test": split.retain_test,
        }
        parts = {}
        for name, rows in ids.items():
            drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
            rows = rows[drawn[:scored].to(rows.device)]
            side = name.rpartition("_")[2]
            parts[name] = getattr(images, f"x_{side}")[rows], getattr(images, f"y_{side}")[rows]
        return cls(looks(steps), parts, {name: [] for name in parts})

    def __call__(self, model: Classifier, epoch: int) -> None:
        """Score all parts; the retain data only before and after."""
        for name, (x, y) in self.parts.items():
            if not len(y) or (name == "retain_test" and 0 < epoch < len(self.steps) - 1):
                continue
            logits = observe(model, x, y).logits
            right = 100 * (logits.argmax(1) == y).double().mean().item()
            self.seen[name].append(right if bool(logits.isfinite().all()) else None)

    def state(self) -> dict[str, Tensor]:
        """Nothing: an attack of seconds is run anew, not resumed."""
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing to take up."""

    def result(self, original: float, reason: str | None) -> dict[str, Any]:
        """All curves with their figures, see `relearn`.

        Args:
            original: percent, the original model's accuracy on the forget data.
            reason: why the curves are not whole, if they are not.
        """
        kept = self.seen["retain_test"]
        entry: dict[str, Any] = {
            "steps": self.steps[: len(self.seen["forget_train"])] or None,
            "retain_test": dict(zip(("before", "after"), [*kept, None, None], strict=False)),
        }
        if not len(self.parts["retain_test"][1]):
            entry["retain_test"]["reason"] = "there are no such samples"
        for name in ("forget_train", "forget_test"):
            labels = self.parts[name][1]
            entry[name] = {
                "accuracy": self.seen[name] or None,
                "samples": len(labels),
                "constant_predictor": (
                    100 * labels.bincount().max().item() / len(labels) if len(labels) else None
                ),
                **_summary(self.steps, self.seen[name], original, reason, len(labels)),
            }
        return entry | ({"reason": reason} if reason else {})


def _summary(
    steps: list[int], curve: list[float | None], original: float, reason: str | None, samples: int
) -> dict[str, Any]:
    """Area under a curve and steps to half of the original's accuracy."""
    nothing = {"area": None, "steps_to_half": None}
    if not samples:
        return {**nothing, "reason": reason or "there are no such samples"}
    if not original:
        return {**nothing, "reason": "the original model gets no forget sample right"}
    pairs = list(zip(steps, curve, strict=False))
    half = next((at for at, v in pairs if v is not None and v >= original / 2), None)
    if reason or None in curve:
        why = reason or "the model's answers are not finite"
        return {"area": None, "steps_to_half": half, "reason": why}
    area = sum((b - a) * (u + v) / 2 for (a, u), (b, v) in pairwise(pairs))
    summary = {"area": area / (steps[-1] * original), "steps_to_half": half}
    if half is None:
        summary["reason"] = f"half of the original's accuracy is not reached in {steps[-1]} steps"
    return summary
