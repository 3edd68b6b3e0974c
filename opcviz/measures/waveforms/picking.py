"""When P and S arrive, read off a record by two simple rules.

They look at the energy alone, the same way in records that were recorded, simulated or made by a
model, so that two records are compared as one and the same seismologist would read them.
"""

from __future__ import annotations

import numpy as np

__all__ = ["pick_p", "pick_s"]

NOISE_FACTOR = 8.0  # over the energy before the origin time
BELOW_PEAK = 10**-3.3  # of the peak energy: what is weaker is no arrival
SMOOTH, HELD = 0.2, 0.4  # s: of the energy, and how long it must stay above
SIDE = 1.5  # s before and after an S arrival that are compared
NEAR_PEAK = 0.5  # nats: how far the level after S may lie below the highest


def pick_p(records: np.ndarray, rate: float, onset: float) -> np.ndarray:
    """Arrival of P, (N,) s after the origin time: where energy first rises and stays.

    The threshold is 8 times the energy before the origin, or 33 dB below the record's peak where
    that is more; it must be exceeded for 0.4 s. A record that nowhere does is picked at its peak.

    Args:
        records: (N, T) acceleration.
        rate: samples a second.
        onset: s from the first sample to the origin time.
    """
    x = np.asarray(records, np.float64)
    energy = _mean_over(x**2, max(1, round(SMOOTH * rate)))
    before = max(2, round(0.75 * onset * rate))
    noise = (x[:, :before] ** 2).mean(1)
    threshold = np.maximum(NOISE_FACTOR * noise, BELOW_PEAK * energy.max(1))
    held = max(1, round(HELD * rate))
    above = energy >= threshold[:, None]
    stays = _sum_after(above.astype(np.float64), held) >= held - 0.5
    stays[:, :before] = False
    first = np.where(stays.any(1), stays.argmax(1), energy.argmax(1))
    found: np.ndarray = first / rate - onset
    return found


def pick_s(records: np.ndarray, rate: float, onset: float) -> np.ndarray:
    """Arrival of S, (N,) s after the origin time: where energy grows the most to near its highest.

    The place with the greatest log ratio of the mean energy in the 1.5 s after it to that in the
    1.5 s before it, among those after which it lies within half a nat of the highest.

    Args: as of `pick_p`.
    """
    x = np.asarray(records, np.float64)
    side = max(1, round(SIDE * rate))
    energy = x**2 + 1e-12 * (x**2).max(1, keepdims=True) + 1e-30
    after = _sum_after(energy, side)
    behind = np.full_like(after, np.inf)
    behind[:, side:] = after[:, :-side]
    level = np.log(after)
    ratio = level - np.log(behind)
    strong = level >= level.max(1, keepdims=True) - NEAR_PEAK
    ratio = np.where(strong, ratio, -np.inf)
    # the first second and a half has nothing before it to be compared with
    chosen = np.where(np.isfinite(ratio).any(1), ratio.argmax(1), level.argmax(1))
    found: np.ndarray = chosen / rate - onset
    return found


def _sum_after(x: np.ndarray, width: int) -> np.ndarray:
    """Sum of each value and the `width - 1` after it, (N, T); shorter at the end."""
    total = np.cumsum(np.pad(x, ((0, 0), (1, width))), axis=1)
    total[:, x.shape[1] + 1 :] = total[:, x.shape[1] : x.shape[1] + 1]
    found: np.ndarray = total[:, width : width + x.shape[1]] - total[:, : x.shape[1]]
    return found


def _mean_over(x: np.ndarray, width: int) -> np.ndarray:
    """Mean of each value and the `width - 1` after it."""
    return _sum_after(x, width) / width
