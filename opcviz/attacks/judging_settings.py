"""Settings of those who tell forgotten from retained pictures, and how surely."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.config import Config, setting

__all__ = ["Informing", "Judging"]

NAMES = ("linear", "knn", "rbf", "boosted")


@dataclass(frozen=True)
class Judging(Config):
    """Tells forgotten from retained pictures by what the model computes on them."""

    judges: tuple[str, ...] = setting(NAMES, "who judges", choices=NAMES)
    quick: bool = setting(False, "a line and a kernel, by features and logits alone")
    width: int = setting(
        256, "wider outputs are projected at random to so many numbers", low=8, high=8192
    )
    folds: int = setting(5, "parts of the cross-validation", low=2, high=20)
    neighbours: int = setting(15, "k-NN: how many neighbours vote", low=1, high=15)
    cost: float = setting(10.0, "kernel: cost C of an error", low=1e-3, high=1e6, log=True)
    trees: int = setting(50, "boosted: rounds", low=1, high=2000)
    limit: int = setting(
        4000, "most pictures of either part; more are thinned out", low=20, high=100_000
    )

    @property
    def chosen(self) -> tuple[str, ...]:
        """Who judges."""
        return tuple(j for j in self.judges if not self.quick or j in ("linear", "rbf"))


@dataclass(frozen=True)
class Informing(Config):
    """Bounds the information about forgetting at every block."""

    width: int = setting(
        256, "wider outputs are projected at random to so many numbers", low=8, high=8192
    )
    landmarks: int = setting(300, "RBF features of the second bound", low=10, high=5000)
    folds: int = setting(5, "parts of the cross-validation, where samples are forgotten", low=2)
    limit: int = setting(
        4000, "most pictures of either part; more are thinned out", low=20, high=100_000
    )
    least: float = setting(
        0.05,
        "IDI: least share of H(Y) that a block of the original must tell more than the retrained's",
        low=1e-3,
        high=1,
    )
