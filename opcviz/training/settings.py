"""How weights are optimised, as settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..common.config import Config, setting
from ..data import POLICY_NAMES

__all__ = ["Training"]


@dataclass(frozen=True)
class Training(Config):
    """How weights are optimised.

    `milestones` are the shares of all steps after which `step` lowers the rate tenfold.
    """

    milestones: ClassVar[tuple[float, ...]] = (0.5, 0.75)

    epochs: int = setting(30, "passes over the data", low=1, high=2000)
    lr: float = setting(0.1, "peak learning rate", low=1e-8, high=10, log=True)
    batch_size: int = setting(64, "samples per step (of each part, if joint)", low=1, high=8192)
    optimizer: str = setting("sgd", "update rule", choices=("sgd", "adam", "adamw"))
    momentum: float = setting(0.9, "SGD momentum", low=0, high=0.999, advanced=True)
    weight_decay: float = setting(5e-4, "L2 penalty on all weights", low=0, high=1, log=True)
    schedule: str = setting(
        "cosine",
        "learning rate over time: cosine to 0, ×0.1 at 1/2 and 3/4, or constant",
        choices=("cosine", "step", "constant"),
    )
    warmup: float = setting(
        0.0, "share of steps with a rising learning rate", low=0, high=0.9, advanced=True
    )
    augment: str = setting("none", "how training pictures are varied", choices=POLICY_NAMES)
    clip: float = setting(
        0.0,
        "greatest length of a step's gradient, a longer one is shortened; 0: any",
        low=0,
        high=1000,
        advanced=True,
        elided=True,
    )
    ema: float = setting(
        0.0,
        "decay of the running average of the weights that is kept in their place; 0: none",
        low=0,
        high=0.99999,
        advanced=True,
        elided=True,
    )
    precision: str = setting(
        "auto",
        "number format of forward pass and loss: bf16 where it pays (from ResNet-20 on 32×32 up, "
        "given a processor with such units), or forced; a method's auto is the study's",
        choices=("auto", "fp32", "bf16"),
        advanced=True,
    )
    memory_format: str = setting(
        "auto",
        "order of pictures in memory: channels last where bf16 pays, or forced; a method's auto is "
        "the study's",
        choices=("auto", "contiguous", "channels_last"),
        advanced=True,
        elided=True,
    )
