"""How models are asked to draw, and who judges it."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, setting

__all__ = ["Drawing"]


@dataclass(frozen=True)
class Drawing(Config):
    """What every model of a study is asked for, with noise that all of them share."""

    asked: int = setting(400, "pictures asked for the forgotten classes", low=20, high=100_000)
    unconditional: int = setting(600, "pictures without a condition", low=20, high=100_000)
    each: int = setting(
        50, "pictures of every retained class, in each of four rounds", low=4, high=10_000
    )
    steps: int = setting(25, "denoising steps (DDIM, no noise added)", low=1, high=1000)
    guidance: float = setting(
        1.0, "weight of classifier-free guidance; 0 is none", low=0.0, high=20.0
    )
    judge_epochs: int = setting(20, "training of the judge, epochs", low=1, high=1000)
    judge_seed: int = setting(0, "of the judge", low=0, high=10**6, advanced=True)
