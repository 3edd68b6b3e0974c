"""Settings of the recovery attacks."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting

__all__ = ["Recovery"]


@dataclass(frozen=True)
class Recovery(Config):
    """FM and HR: an affine map of the features brings the answers back; no weight is trained.

    Ridges are relative: the penalty is ρ·trace(S)/d·‖W‖², with S the second moments of the d
    features, summed over samples. The same ρ means the same for features of any size.
    """

    ridge: float = setting(
        0.0, "ridge ρ of the figure reported, relative to the features' size; 0: none", low=0
    )
    ridges: tuple[float, ...] = setting(
        (0.0, *(10.0**k for k in range(-8, 3))), "ridges of the sweep", low=0, advanced=True
    )
    hr_targets: str = setting(
        "logits",
        "what HR fits: the original logits, or labels (needs no original model)",
        choices=("logits", "labels"),
        advanced=True,
    )
    intercept: bool = setting(True, "affine maps (off: linear ones)", advanced=True)
    sizes: tuple[int, ...] = setting(
        (10, 20, 50, 100, 200), "held-out samples a class of the size sweep", low=1, advanced=True
    )
    draws: int = setting(3, "held-out subsets drawn for each size", low=1, high=100, advanced=True)

    def __post_init__(self) -> None:
        """Check the fields, and that there is something to sweep."""
        super().__post_init__()
        if not self.ridges:
            raise ConfigError("Recovery.ridges: wants at least one penalty")
