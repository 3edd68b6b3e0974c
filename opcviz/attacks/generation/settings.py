"""Settings of the attacks on models that draw."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting

__all__ = ["ConceptInversion", "DoseMap", "FewShotDrawing", "Regeneration", "Reopening"]


@dataclass(frozen=True)
class Regeneration(Config):
    """DiMRA (arXiv 2512.03564): the model goes on training on pictures without the concept."""

    looks: tuple[int, ...] = setting(
        (25, 50, 100, 200, 400), "steps after which pictures are drawn", low=1, high=100_000
    )
    lr: float = setting(3e-3, "learning rate (Adam, constant)", low=1e-8, high=1, log=True)
    batch_size: int = setting(128, "retained pictures a step", low=1, high=8192)
    pictures: int = setting(200, "pictures drawn at each look", low=16, high=10_000)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        _want_ascending(self, "looks")


@dataclass(frozen=True)
class DoseMap(Config):
    """Unlearning, stopped after ever more steps, and DiMRA on what each of them left."""

    unlearned: tuple[int, ...] = setting(
        (10, 30, 80, 300), "steps of unlearning, to the next whole epoch", low=1, high=100_000
    )
    attacked: tuple[int, ...] = setting(
        (10, 25, 50, 100), "steps of the attack, beside none", low=1, high=100_000
    )
    lr: float = setting(2e-4, "rate of unlearning, constant, the same for all", low=1e-8, high=1)
    batch_size: int = setting(128, "pictures of each part a step of unlearning", low=1, high=8192)
    looks_forgotten: float = setting(
        1.0, "percent judged under which a method has first made its class unseen", low=0, high=50
    )
    attack_lr: float = setting(3e-3, "rate of the attack (Adam, constant)", low=1e-8, high=1)
    pictures: int = setting(100, "pictures drawn at each look", low=16, high=10_000)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        _want_ascending(self, "unlearned")
        _want_ascending(self, "attacked")


@dataclass(frozen=True)
class ConceptInversion(Config):
    """A condition vector is looked for that makes the model draw the class (2308.01508)."""

    steps: int = setting(150, "Adam steps of the quick search", low=1, high=10_000)
    lr: float = setting(0.03, "rate of the quick search", low=1e-8, high=10, log=True)
    strong_steps: int = setting(300, "Adam steps from each start of the strong one", low=1)
    strong_lr: float = setting(0.05, "rate of the strong search", low=1e-8, high=10, log=True)
    given: int = setting(36, "forgotten test pictures that the attacker has", low=1, high=10_000)
    noises: int = setting(6, "noise levels of each picture in a step", low=1, high=1000)
    looks: int = setting(6, "looks at what is drawn on the way, the first before it", low=2)
    choices: int = setting(
        100, "pictures drawn to choose by, of every start at every look", low=16, high=10_000
    )
    pictures: int = setting(200, "pictures drawn at the end", low=16, high=10_000)


@dataclass(frozen=True)
class Reopening(Config):
    """DiMRA, in what it leaves of which the strong search then looks for an address."""

    steps: int = setting(100, "steps of training on retained pictures", low=1, high=100_000)
    lr: float = setting(3e-3, "its rate (Adam, constant)", low=1e-8, high=1, log=True)
    batch_size: int = setting(128, "retained pictures a step", low=1, high=8192)


@dataclass(frozen=True)
class FewShotDrawing(Config):
    """All weights learn from a few pictures of the forgotten class."""

    shots: tuple[int, ...] = setting(
        (10,), "forgotten test pictures given of each class", low=1, high=1000
    )
    looks: tuple[int, ...] = setting(
        (10, 20, 40), "steps after which pictures are drawn", low=1, high=100_000
    )
    lr: float = setting(3e-4, "learning rate (Adam, constant)", low=1e-8, high=1, log=True)
    batch_size: int = setting(64, "noised copies of them a step", low=1, high=8192)
    choices: int = setting(
        100, "pictures drawn to choose by, of either start at every look", low=16, high=10_000
    )
    pictures: int = setting(200, "pictures drawn at each look", low=16, high=10_000)

    def __post_init__(self) -> None:
        """Check the fields.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        _want_ascending(self, "looks")
        _want_ascending(self, "shots")


def _want_ascending(config: Config, name: str) -> None:
    values = getattr(config, name)
    if not values or list(values) != sorted(set(values)):
        raise ConfigError(
            f"{type(config).__name__}.{name}: give at least one number, in ascending order"
        )
