"""Settings of the membership attacks."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting

__all__ = ["Membership", "RatioSettings", "ReferenceAttack", "RocSettings", "ShadowAttack"]


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
class RatioSettings(RocSettings):
    """What every attack with reference models has: LiRA's variant and variance, RMIA's γ and a."""

    variant: str = setting(
        "online",
        "online: in and out models; offline: out models only",
        choices=("online", "offline"),
    )
    variance: str = setting(
        "pooled",
        "deviation over models: one for all samples (few references), or each sample's own",
        choices=("pooled", "sample"),
        advanced=True,
    )
    gamma: float = setting(
        1.0, "RMIA: by how much a sample must beat one of the population", low=1, advanced=True
    )
    offline_a: float = setting(
        0.3,
        "RMIA offline: share of p_out in a member's probability, the rest being 1",
        low=0,
        high=1,
        advanced=True,
    )


@dataclass(frozen=True)
class ReferenceAttack(RatioSettings):
    """LiRA and RMIA: tell members by the answers of models trained with and without them."""

    seeds: tuple[int, ...] = setting(
        (),
        "seeds of reference models (original and retrained) that the attacker trains beside the "
        "plan's own",
        low=0,
        high=2**31 - 1,
    )


@dataclass(frozen=True)
class ShadowAttack(RatioSettings):
    """U-LiRA: tells unlearned samples by models that the attacker unlearned himself."""

    originals: int = setting(4, "originals that the attacker trains", low=1, high=256)
    sets: int = setting(
        4, "forget sets that he unlearns from each original, an even number", low=2, high=64
    )
    vulnerable: float = setting(
        25.0,
        "share of the forget set, most memorised first, that counts as vulnerable",
        low=1,
        high=100,
        unit="%",
    )

    def __post_init__(self) -> None:
        """Check the fields; forget sets come in complementary pairs."""
        super().__post_init__()
        if self.sets % 2:
            raise ConfigError(
                f"{type(self).__name__}.sets: {self.sets} is odd; forget sets come in pairs"
            )
