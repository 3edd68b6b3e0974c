"""What models are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, setting

__all__ = ["Shaking"]


@dataclass(frozen=True)
class Shaking(Config):
    """The held-out conditions that every model of a study is asked for, with noise they share."""

    forgotten: int = setting(300, "forgotten conditions at most", low=8, high=10_000)
    retained: int = setting(900, "other conditions at most", low=8, high=10_000)
    steps: int = setting(25, "denoising steps (DDIM, no noise added)", low=1, high=1000)
    shown: int = setting(16, "records of either part that are kept to be shown", low=1, high=200)
