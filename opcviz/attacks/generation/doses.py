"""The dose map: after how much unlearning does how much of an attack bring the class back?

A method may look finished long before it is. So unlearning is stopped after ever more steps, and
each model on the way is attacked by DiMRA. All methods run at one constant rate, for their own
schedules would reach zero at the last step alone; and each is attacked as well at the moment when
the class is first seen no more, which is the fairest single figure.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from ...common.progress import Progress
from ...common.records import Undefined
from ...data import Data, Split
from ...models.diffusion import Generator
from ...results import Dose, DoseResult, MatchedDose, Regrowth
from ...tasks.generation.task import as_generator
from ...training import EpochCallback
from .looks import Looks, Shown
from .regrowing import regrow
from .settings import DoseMap, Regeneration

__all__ = ["Mapped", "Unlearn", "dose_map"]

Unlearn = Callable[[int, EpochCallback], str]
"""Unlearns so many epochs at the map's rate, watched between them; says why it broke off."""


@dataclass(frozen=True, eq=False)
class Mapped:
    """A dose map with its pictures.

    Attributes:
        result: the numbers.
        shown: what was drawn, by row and look.
        matched: by look, of the moment when the class is first seen no more.
    """

    result: DoseResult
    shown: Shown
    matched: Shown | None


class _Stages:
    """Keeps the models on the way.

    Args:
        looks: draws and judges.
        wanted: epochs after which a model is kept.
        config: when the class counts as seen no more.
    """

    def __init__(self, looks: Looks, wanted: set[int], config: DoseMap) -> None:
        self._looks, self._wanted, self._config = looks, wanted, config
        self.kept: dict[int, Generator] = {}
        self.first: tuple[int, float, Generator] | None = None

    def __call__(self, model: nn.Module, epoch: int) -> None:
        """Keep the model, if it is wanted, and look until the class is gone."""
        model = as_generator(model)
        if epoch in self._wanted:
            self.kept[epoch] = copy.deepcopy(model)
        if self.first is None and epoch:
            judged = self._looks(model, self._config.pictures).judged
            if judged <= self._config.looks_forgotten:
                self.first = epoch, judged, copy.deepcopy(model)

    def state(self) -> dict[str, Tensor]:
        """Nothing: an attack is not resumed."""
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        """Nothing."""


def dose_map(
    unlearn: Unlearn,
    steps_an_epoch: int,
    data: Data,
    split: Split,
    looks: Looks,
    config: DoseMap | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Mapped:
    """Unlearn once, and attack every stage of it.

    Args:
        unlearn: runs the method from the original model.
        steps_an_epoch: of unlearning; stages lie between epochs.
        data, split: whose retained train pictures the attacker has.
        looks: draws and judges.
        config: stages, steps of the attack, rates.
        seed: of the attack.
        progress: asked whether to stop.

    Raises:
        ValueError: when unlearning broke off before its first stage; the message says why.
        Cancelled: from `progress`.
    """
    config = config or DoseMap()
    epochs = {-(-steps // steps_an_epoch) for steps in config.unlearned}
    stages = _Stages(looks, epochs, config)
    reason = unlearn(max(epochs), stages)
    if not stages.kept:
        raise ValueError(reason or "unlearning left no model on its way")
    attack = Regeneration(looks=config.attacked, lr=config.attack_lr, pictures=config.pictures)

    def attacked(model: Generator) -> tuple[tuple[Regrowth, ...], Shown]:
        result, shown = regrow(
            model.eval(), data, split, looks, attack, seed=seed, progress=progress
        )
        return result.curve, shown

    found = {epoch: attacked(model) for epoch, model in sorted(stages.kept.items())}
    rows = tuple(Dose(epoch * steps_an_epoch, curve) for epoch, (curve, _) in found.items())
    shown = Shown.stack([each for _, each in found.values()])
    matched: MatchedDose | Undefined = Undefined(
        f"asked for, the class is still drawn after {max(epochs) * steps_an_epoch} steps"
    )
    pictures = None
    if stages.first:
        epoch, judged, model = stages.first
        curve, pictures = found[epoch] if epoch in found else attacked(model)
        matched = MatchedDose(epoch * steps_an_epoch, judged, curve)
    return Mapped(DoseResult(rows, matched, config.lr, config.pictures), shown, pictures)
