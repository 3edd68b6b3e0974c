"""Settings of few-shot recovery."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting
from ..strongest.settings import Sight

__all__ = ["FewShot"]


@dataclass(frozen=True)
class FewShot(Config):
    """Nearest class means, after whitening by what varies within the retained classes.

    No setting depends on the model: two models face the same attackers, who are given the same
    pictures.
    """

    shots: tuple[int, ...] = setting(
        (1, 5, 10), "forgotten pictures given of each class", low=1, high=1000
    )
    maps: tuple[str, ...] = setting(
        ("nearest", "cosine"),
        "rules of the nearest class mean: by distance, or by direction",
        choices=("nearest", "cosine"),
    )
    draws: int = setting(50, "draws of the pictures given, averaged", low=1, high=10_000)
    quick: bool = setting(False, "pixels, last block, features and logits alone")
    width: int = setting(
        512, "wider outputs are projected at random to so many numbers", low=8, high=8192
    )
    seed: int = setting(0, "of projections and draws", low=0, high=10**6, advanced=True)

    def __post_init__(self) -> None:
        """Check the fields, and that there is an attacker at all.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        for name in ("shots", "maps"):
            if not getattr(self, name):
                raise ConfigError(f"FewShot.{name}: give at least one")

    @property
    def sight(self) -> Sight:
        """The views that are attacked; by default those of worst-case recovery."""
        return Sight(self.width, self.seed, "last" if self.quick else "all")
