"""Which way is good for each measure on Instruments, and what counts as a large difference."""

from __future__ import annotations

import math
import re

from ..charts.bands import Band
from .measure_words import Better

__all__ = ["DIRECTIONS", "beside_band", "direction_of", "number_in"]

AUC, PERCENT, WHOLE = 0.5, 100.0, 1.0

DIRECTIONS: dict[str, tuple[Better, float]] = {
    "separability, linear": ("same", AUC),
    "separability, 15-NN": ("same", AUC),
    "separability by logits, linear": ("same", AUC),
    "outlier, energy": ("same", AUC),
    "outlier, feature norm": ("same", AUC),
    "greatest among the forgotten": ("same", PERCENT),
    "least among the forgotten": ("same", PERCENT),
    "greatest, centred": ("same", PERCENT),
    "least, centred": ("same", PERCENT),
    "own last layer, pixels before it": ("same", PERCENT),
    "own last layer, centred": ("same", PERCENT),
    "own last layer, standardised": ("same", PERCENT),
    "own last layer, RBF map before it": ("same", PERCENT),
    "with a slope for dead units": ("same", PERCENT),
    "last layer's rows, cosine": ("same", WHOLE),
    "best judge, features": ("same", AUC),
    "best judge, logits": ("same", AUC),
    "best judge anywhere": ("same", AUC),
    "loss threshold": ("same", AUC),
    "loss threshold, TPR at 1 % FPR": ("same", PERCENT),
    "separability from unseen, linear": ("same", AUC),
    "SVC on confidence": ("same", PERCENT),
    "LiRA, retrained models": ("same", AUC),
    "RMIA, retrained models": ("same", AUC),
    "calibrated LiRA, retrained models": ("same", AUC),
    "offline LiRA, retrained models": ("same", AUC),
    "distance, retrained models": ("same", AUC),
    "U-LiRA, shadow unlearned models": ("same", AUC),
    "U-LiRA, the method": ("same", AUC),
    "U-LiRA, calibrated": ("same", AUC),
    "RMIA, shadow models": ("same", AUC),
    "U-LiRA, vulnerable samples": ("same", AUC),
    "RMIA, retained samples": ("same", AUC),
    "per-sample ε": ("less", WHOLE),
    "CKA to original, forget": ("same", WHOLE),
    "CKA to original, retain": ("same", WHOLE),
    "CKA to retrained, forget": ("more", WHOLE),
    "information difference": ("same", WHOLE),
    "linear probe, last block": ("same", PERCENT),
    "k-NN probe, last block": ("same", PERCENT),
    "inverted activations, by block": ("", WHOLE),
    "gradient masked": ("", WHOLE),
    "agreement, forget": ("more", PERCENT),
    "JS divergence, forget": ("less", math.log(2)),
    "average gap": ("less", PERCENT),
    "Tug-of-War": ("more", WHOLE),
    "from anywhere": ("same", PERCENT),
    "from the features": ("same", PERCENT),
    "from the logits": ("same", PERCENT),
    "from retained data alone": ("same", PERCENT),
    "floor: raw pixels": ("", PERCENT),
    "from 1 picture": ("same", PERCENT),
    "from 10 pictures": ("same", PERCENT),
    "from 1 picture, logits": ("same", PERCENT),
    "floor: raw pixels, 1 picture": ("", PERCENT),
    "transfer, linear probe": ("same", PERCENT),
    "transfer, k-NN": ("same", PERCENT),
    "transfer, floor: raw pixels": ("", PERCENT),
    "from retained data": ("same", WHOLE),
    "from ten a class": ("same", WHOLE),
    "from photographs": ("same", WHOLE),
    "swapped labels given": ("same", PERCENT),
    "taken for the other class": ("same", PERCENT),
    "interclass error": ("same", PERCENT),
    "trigger's class given": ("same", PERCENT),
    "trigger's success": ("same", PERCENT),
    "turned by the trigger": ("same", PERCENT),
    "accuracy without the trigger": ("more", PERCENT),
    "leaver's clean pictures": ("same", PERCENT),
    "leaver told from strangers": ("same", AUC),
    "trigger after further rounds": ("same", PERCENT),
    "trigger after relearning": ("same", PERCENT),
    # of generators
    "asked, judged": ("same", PERCENT),
    "asked, genuine": ("same", PERCENT),
    "asked, like any class": ("", PERCENT),
    "without a condition, judged": ("same", PERCENT),
    "without a condition, genuine": ("same", PERCENT),
    "variety of what is asked for": ("", WHOLE),
    "denoising loss, own condition": ("", WHOLE),
    "denoising loss, no condition": ("", WHOLE),
    "asked for another class, right": ("more", PERCENT),
    "Fréchet distance": ("less", WHOLE),
    "precision": ("more", WHOLE),
    "recall": ("more", WHOLE),
    "nearest training picture": ("", WHOLE),
    "trained on without it, judged": ("same", PERCENT),
    "trained on without it, genuine": ("same", PERCENT),
    "trained on, then another condition, genuine": ("same", PERCENT),
    "another condition, judged": ("same", PERCENT),
    "another condition, genuine": ("same", PERCENT),
    "from a few pictures of it, genuine": ("same", PERCENT),
    "stopped early, judged": ("same", PERCENT),
}
"""By the name of the declared row: the good direction, and a large difference in its unit.

The standard is the retrained model, which never saw the forgotten data: it is `same` unless the
measure is itself a distance from it, or is about what should have been kept.
"""


def direction_of(name: str) -> tuple[Better, float]:
    """The good direction of a row, and its scale; of one that is not known here, none."""
    return DIRECTIONS.get(name, ("", WHOLE))


def number_in(text: str) -> float | None:
    """The number that a cell's text begins with; None of words, or where there is none."""
    found = re.match(r"[−-]?[\d,]*\.?\d+", text)
    return float(found.group().replace("−", "-").replace(",", "")) if found else None


def beside_band(value: float | None, band: Band | None, better: Better, scale: float) -> float:
    """How far beyond the band a number lies, −1 to 1; above 0 on the worse side, or above it.

    Args:
        value: of a model.
        band: of the retrained models.
        better: the good direction; without one it is 0.
        scale: difference that counts as a large one.
    """
    if value is None or band is None or not better or band.low <= value <= band.high:
        return 0.0
    edge = band.high if value > band.high else band.low
    worse = (value < edge) if better == "more" else (value > edge)
    return math.copysign(min(1.0, math.sqrt(abs(value - edge) / scale)), 1 if worse else -1)
