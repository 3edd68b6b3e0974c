"""Settings of relearning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ...common.config import Config, ConfigError, setting
from ...common.json_types import Plain

__all__ = ["Relearning", "StrongestRelearning"]


@dataclass(frozen=True)
class Relearning(Config):
    """Fine-tunes the model, every variant alike, and counts the steps until it knows again."""

    steps: int = setting(60, "optimiser steps of each variant", low=1, high=100_000)
    lr: float = setting(0.01, "learning rate (SGD, momentum 0.9, constant)", low=1e-8, high=10)
    batch_size: int = setting(32, "retain pictures a step", low=1, high=8192)
    shots: tuple[int, ...] = setting(
        (1, 10), "forget samples given of each class, a variant each", low=1, high=50
    )
    other: str = setting(
        "photos",
        "another data set to train on: photos (patches of scikit-learn's two photographs), or none",
        choices=("photos", "none"),
    )
    scored: int = setting(
        256, "most pictures a curve is scored on", low=1, high=1_000_000, advanced=True
    )
    looks: tuple[int, ...] = setting(
        (),
        "steps after which a curve is scored, beside the first and the last; none: each at first, "
        "then ever fewer",
        low=1,
        high=100_000,
        advanced=True,
        elided=True,
    )


@dataclass(frozen=True)
class StrongestRelearning(Config):
    """The grid of an attacker who spares no effort; the best of it counts."""

    steps: int = setting(60, "optimiser steps of each training", low=3, high=100_000)
    anew: tuple[int, ...] = setting(
        (0, 1, 2), "last blocks that start anew, the head with them; 0: none", low=0, high=64
    )
    shots: tuple[int, ...] = setting(
        (0, 1, 10), "forgotten pictures given of each class; 0: retained alone", low=0, high=50
    )
    sgd: tuple[float, ...] = setting(
        (0.05,), "rates of SGD (momentum 0.9, constant)", low=1e-8, high=10
    )
    relative: tuple[float, ...] = setting(
        (0.05,),
        "rates of steps in proportion to each kept weight, fresh ones by Adam (constant)",
        low=1e-8,
        high=10,
    )
    draws: int = setting(2, "draws of the pictures given, averaged", low=1, high=20)
    batch_size: int = setting(32, "retained pictures a step", low=1, high=8192)
    scored: int = setting(
        256, "most pictures that a training is scored on", low=1, high=1_000_000, advanced=True
    )
    retained: int = setting(
        0,
        "most retained test pictures that the best moment is asked about; 0: all",
        low=0,
        high=1_000_000,
        advanced=True,
        elided=True,
    )

    def __post_init__(self) -> None:
        """Check the fields, also against each other.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        if not self.grid:
            raise ConfigError("StrongestRelearning.sgd: give a rate, of SGD or of relative steps")
        for name in ("anew", "shots"):
            if not getattr(self, name):
                raise ConfigError(f"StrongestRelearning.{name}: give at least one number")

    def narrowed(self, changes: Mapping[str, Plain]) -> Self:
        """As changed, but for optimisers whose loss would leave none."""
        chosen = {"sgd": self.sgd, "relative": self.relative}
        if not any({**chosen, **changes}[name] for name in chosen):
            changes = {name: value for name, value in changes.items() if name not in chosen}
        return super().narrowed(changes)

    @property
    def grid(self) -> tuple[tuple[str, float], ...]:
        """Every optimiser, `sgd` or `relative`, with its rates."""
        return (*(("sgd", lr) for lr in self.sgd), *(("relative", lr) for lr in self.relative))

    @property
    def looks(self) -> list[int]:
        """Steps after which a model is scored: none, and each third of all."""
        return [0, self.steps // 3, 2 * self.steps // 3, self.steps]
