"""Settings of relearning."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, setting

__all__ = ["Relearning"]


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
