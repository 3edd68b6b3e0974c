"""How an attack sees what a model draws: judged by somebody else, at noise that is always the same.

The judge belongs to the measures, of which no attack knows; whoever runs an attack brings it along
as a function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch
from torch import Tensor

from ...models.diffusion import Generator
from ...results import Regrowth

__all__ = ["SHOWN", "Course", "Look", "Looks", "Shown"]

SHOWN = 16
"""Pictures of a look that are kept to be shown."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a model draws when it is asked for the forgotten classes.

    Attributes:
        judged, genuine: percent.
        shown: (n, *shape) uint8, the first few pictures.
        labels: (n,) what the judge takes these for; the number of classes for none.
        flags: (n,) bool, whether they are genuine pictures of that.
    """

    judged: float
    genuine: float
    shown: Tensor
    labels: Tensor
    flags: Tensor

    def after(self, steps: int) -> Regrowth:
        """The numbers, after so many steps of an attack."""
        return Regrowth(steps, self.judged, self.genuine)


class Looks(Protocol):
    """Draws pictures and has them judged."""

    def __call__(
        self,
        model: Generator,
        pictures: int,
        addresses: Tensor | None = None,
        *,
        choosing: bool = False,
    ) -> Look:
        """One look at a model, which is left as it was.

        Args:
            model: in eval mode.
            pictures: to be drawn.
            addresses: (F, D) for the forgotten classes in ascending order, in place of the model's
                own.
            choosing: draw from other noise than what is reported. An attacker who keeps the best
                of several attempts looks at pictures to tell which it is; those would flatter it.
        """


class Course:
    """Looks at a model as its training goes on: what `train` calls between epochs.

    Args:
        looks: draws and judges.
        steps: of the attack before each look, the first being 0.
        pictures: to be drawn at each.
        choices: further ones of other noise, to choose among several courses by; 0: none.
    """

    def __init__(self, looks: Looks, steps: list[int], pictures: int, choices: int = 0) -> None:
        self._looks, self.steps = looks, steps
        self._pictures, self._choices = pictures, choices
        self.seen: list[Look] = []
        self.tried: list[Look] = []

    def __call__(self, model: Generator, epoch: int) -> None:
        """Draw."""
        self.seen.append(self._looks(model, self._pictures))
        if self._choices:
            self.tried.append(self._looks(model, self._choices, choosing=True))

    def state(self) -> dict[str, Tensor]:
        """Nothing: an attack is not resumed."""
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing."""

    @property
    def curve(self) -> tuple[Regrowth, ...]:
        """The numbers so far."""
        return tuple(look.after(n) for look, n in zip(self.seen, self.steps, strict=False))

    @property
    def shown(self) -> Shown:
        """What was drawn; a look that an attack which broke off never came to repeats the last."""
        missing = [self.seen[-1]] * (len(self.steps) - len(self.seen))
        return Shown.of([*self.seen, *missing])


@dataclass(frozen=True, eq=False)
class Shown:
    """Pictures of several looks, to be shown.

    Attributes:
        pictures: (..., n, *shape) uint8.
        labels: (..., n) what the judge takes them for.
        flags: (..., n) bool, whether genuine.
    """

    pictures: Tensor
    labels: Tensor
    flags: Tensor

    @classmethod
    def of(cls, looks: Sequence[Look]) -> Self:
        """Looks one after the other."""
        parts = ([each.shown, each.labels, each.flags] for each in looks)
        return cls(*map(torch.stack, zip(*parts, strict=True)))

    @classmethod
    def stack(cls, several: Sequence[Shown]) -> Self:
        """Several of these, of as many looks each."""
        parts = ([each.pictures, each.labels, each.flags] for each in several)
        return cls(*map(torch.stack, zip(*parts, strict=True)))

    def arrays(self, name: str = "") -> dict[str, np.ndarray]:
        """As an npz file holds them: `pictures`, `judged` and `genuine`, or named after `name`."""
        prefix = f"{name}_" if name else ""
        return {
            name or "pictures": self.pictures.cpu().numpy(),
            f"{prefix}judged": self.labels.cpu().numpy(),
            f"{prefix}genuine": self.flags.cpu().numpy(),
        }
