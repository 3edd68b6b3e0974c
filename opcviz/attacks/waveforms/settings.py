"""Settings of the attacks on models that make records."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting

__all__ = ["WaveformDimra"]


@dataclass(frozen=True)
class WaveformDimra(Config):
    """DiMRA (arXiv 2512.03564): the model goes on training with retained records alone."""

    looks: tuple[int, ...] = setting(
        (25, 50, 100, 200), "steps after which records are made", low=1, high=100_000
    )
    lr: float = setting(1e-3, "learning rate (Adam, constant)", low=1e-8, high=1, log=True)
    batch_size: int = setting(128, "retained records a step", low=1, high=8192)
    records: int = setting(300, "records made of either part at each look", low=20, high=10_000)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        if not self.looks or list(self.looks) != sorted(set(self.looks)):
            raise ConfigError("WaveformDimra.looks: give at least one number, in ascending order")
