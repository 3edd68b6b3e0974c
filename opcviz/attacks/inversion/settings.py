"""Settings of gradient inversion."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, setting

__all__ = ["Inversion"]


@dataclass(frozen=True)
class Inversion(Config):
    """Searches for the picture whose gradient is the one that was seen."""

    target: str = setting(
        "gradient",
        "what the attacker holds: the picture's gradient, or the weight difference",
        choices=("gradient", "difference"),
    )
    iterations: int = setting(
        400, "steps of one round of the search (literature: 4,800 in all)", low=1, high=100_000
    )
    rounds: int = setting(
        2,
        "rounds a picture at most: each goes on from the best while that gains",
        low=1,
        high=100,
    )
    restarts: int = setting(
        4, "starts a picture at most, the best by cost goes on (literature: 5)", low=1, high=64
    )
    scout: int = setting(
        60,
        "steps after which a start is judged, at most a round's",
        low=1,
        high=100_000,
        advanced=True,
    )
    lr: float = setting(
        0.2, "step size at the start (literature: 0.1, signed 0.04)", low=1e-5, high=10, log=True
    )
    tv: float = setting(
        1e-4, "weight τ of total variation (literature: 0.01 to 0.1)", low=0, high=10, log=True
    )
    surrogate: float = setting(
        0.1,
        "slope of dead ReLU units in backward, where no gradient reaches the body (0: none)",
        low=0,
        high=1,
    )
    activations: bool = setting(
        True, "search from each block's activations too, a fifth of the steps a round"
    )
    optimizer: str = setting(
        "adam",
        "Adam, or AdamW on signed gradients",
        choices=("adam", "adamw_signed"),
        advanced=True,
    )
    schedule: str = setting(
        "cosine",
        "cosine to 0, or halved after 3, 5 and 7 eighths",
        choices=("cosine", "steps"),
        advanced=True,
    )
    objective: str = setting(
        "cosine",
        "distance of gradients: angle, or relative square",
        choices=("cosine", "euclidean"),
        advanced=True,
    )
    start: str = setting(
        "grey",
        "first search from mid-grey (later ones from noise), or all from noise",
        choices=("grey", "noise"),
        advanced=True,
    )
    layerwise: bool = setting(
        False, "every layer's gradient counts the same, however long it is", advanced=True
    )
    labels: str = setting(
        "known",
        "whether the attacker is told the labels or reads them off the head's gradient",
        choices=("known", "inferred"),
        advanced=True,
    )
    batch: int = setting(
        1, "pictures behind one gradient, the mean of theirs", low=1, high=64, advanced=True
    )
    decoys: int = setting(
        1, "random gradients attacked too, as a baseline", low=0, high=256, advanced=True
    )
    frames: int = setting(
        12, "pictures kept on the way, for replay", low=0, high=1000, advanced=True
    )

    @property
    def scouting(self) -> int:
        """Steps after which a start is judged."""
        return min(self.scout, self.iterations)

    @property
    def most_steps(self) -> int:
        """How many steps a picture takes at most."""
        return self.restarts * self.scouting + self.rounds * self.iterations

    @property
    def frame_steps(self) -> list[int]:
        """After which steps from the best start the frames are taken: dense at first.

        They end with the first round; the last frame is the picture that was found in the end.
        """
        steps = self.scouting + self.iterations
        count = min(self.frames, steps)
        return [max(i + 1, round(((i + 1) / count) ** 2 * steps)) for i in range(count)]
