"""Settings of the membership attacks."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting

__all__ = ["Membership", "ReferenceAttack", "RocSettings"]


@dataclass(frozen=True)
class RocSettings(Config):
    """What every attack with a score reports of its ROC curve."""

    rates: tuple[float, ...] = setting(
        (0.001, 0.01), "false positive rates at which true positives are counted", low=0, high=1
    )
    points: int = setting(100, "points of a drawn ROC curve", low=5, high=10000, advanced=True)

    def __post_init__(self) -> None:
        """Check the fields; a rate of 0 has no finite sample that resolves it."""
        super().__post_init__()
        if 0 in self.rates:
            raise ConfigError(f"{type(self).__name__}.rates: wants rates above 0")


@dataclass(frozen=True)
class Membership(RocSettings):
    """Tells members by the unlearned model's answers alone: thresholds, SVCs."""

    shadow: int = setting(
        1000, "most retained, and most unseen, samples that an SVC learns from", low=20
    )


@dataclass(frozen=True)
class ReferenceAttack(RocSettings):
    """LiRA: tells members by the answers of models trained with and without them."""

    variant: str = setting(
        "online",
        "online: in and out models; offline: out models only",
        choices=("online", "offline"),
    )
    seeds: tuple[int, ...] = setting(
        (),
        "seeds of reference models (original and retrained) that the attacker trains beside the "
        "plan's own",
        low=0,
        high=2**31 - 1,
    )
    variance: str = setting(
        "pooled",
        "deviation over models: one for all samples (few references), or each sample's own",
        choices=("pooled", "sample"),
        advanced=True,
    )
