"""Settings of the probes."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.config import Config, setting

__all__ = ["Probing"]


@dataclass(frozen=True)
class Probing(Config):
    """Learns the classes anew from the features, at every block."""

    folds: int = setting(5, "parts of the cross-validation", low=2, high=20)
    inverse_penalty: float = setting(
        1.0, "linear: weight of the data against ‖W‖²/2", low=1e-6, high=1e6, log=True
    )
    neighbours: int = setting(5, "k-NN: how many neighbours vote", low=1, high=500)
    hidden: int = setting(64, "MLP: hidden units", low=1, high=4096)
    steps: int = setting(200, "MLP: training steps", low=1, high=100_000)
    batch_size: int = setting(128, "MLP: samples a step", low=1, high=8192, advanced=True)
    lr: float = setting(0.01, "MLP: learning rate (Adam)", low=1e-6, high=1, log=True)
    limit: int = setting(
        4000, "most samples; more are thinned out at random", low=20, high=1_000_000, advanced=True
    )
