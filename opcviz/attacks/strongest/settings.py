"""Settings of worst-case recovery."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting

__all__ = ["Sight", "Strongest"]


@dataclass(frozen=True)
class Sight:
    """Which views of a model are asked for; who asks for the same gets the same ones.

    Attributes:
        width: what is wider is projected to so many numbers.
        seed: of the projections: with the same seed every model is projected alike.
        blocks: of which blocks: `all`, `last` or `none`; features and logits are always shown.
        pixels: whether the samples themselves are.
    """

    width: int = 512
    seed: int = 0
    blocks: str = "all"
    pixels: bool = True


@dataclass(frozen=True)
class Strongest(Config):
    """Every declared attacker in turn: which maps, on which outputs, with which budget.

    No setting depends on the model: two models face the same attackers.
    """

    maps: tuple[str, ...] = setting(
        ("affine", "rbf", "mlp"),
        "maps that attackers fit",
        choices=("affine", "rbf", "mlp"),
    )
    quick: bool = setting(
        False, "pixels, last block, features and logits alone, by affine and RBF maps"
    )
    width: int = setting(
        512, "wider outputs are projected at random to so many numbers", low=8, high=8192
    )
    ridge: float = setting(
        1e-4, "affine: ridge relative to the features' size", low=1e-12, high=1e3, log=True
    )
    intercept: bool = setting(True, "affine maps (off: linear ones)", advanced=True)
    kernel_ridge: float = setting(
        1e-3, "RBF: ridge relative to the kernel's trace", low=1e-9, high=1e3, log=True
    )
    exact: int = setting(
        3000,
        "RBF: most samples of the exact kernel machine; more are seen through landmarks",
        low=20,
        high=20_000,
        advanced=True,
    )
    landmarks: int = setting(
        1000, "RBF: landmarks of the Nyström features", low=10, high=10_000, advanced=True
    )
    hidden: int = setting(64, "MLP: hidden units", low=1, high=4096)
    epochs: int = setting(20, "MLP: passes over the data", low=1, high=1000)
    lr: float = setting(0.01, "MLP: learning rate (Adam)", low=1e-6, high=1, log=True)
    batch_size: int = setting(128, "MLP: samples a step", low=1, high=8192, advanced=True)
    folds: int = setting(
        3, "parts of the cross-fit where no test data belong to the forgotten", low=2, high=20
    )
    seed: int = setting(
        0, "of projections, landmarks, folds and the MLP", low=0, high=10**6, advanced=True
    )

    def __post_init__(self) -> None:
        """Check the fields, and that there is an attacker at all."""
        super().__post_init__()
        if not self.chosen:
            known = "affine, rbf or mlp; quick=true knows affine and rbf alone"
            raise ConfigError(f"Strongest.maps: {list(self.maps)} leave no attacker; name {known}")

    @property
    def sight(self) -> Sight:
        """The views that maps are fitted to."""
        return Sight(self.width, self.seed, "last" if self.quick else "all")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The maps that are fitted."""
        return tuple(name for name in self.maps if name != "mlp" or not self.quick)
