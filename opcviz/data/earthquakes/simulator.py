"""Simulated records of earthquakes: the stochastic point source of Boore (1983, 2003).

White noise is shaped in time by a window and in frequency by the spectrum of a source, a path and a
site. Nothing here was recorded; whoever shows these records must say so. There is no amplification
of the crust, so that amplitudes are those of very hard rock, lower than what is usually recorded.

The four quarters of the area differ in what only records of events in them can tell: how fast
waves travel from there, how large the stress drop is, and how fast high frequencies are lost.
Without such fingerprints a model that never saw a region would know it from the others, and there
would be nothing to forget.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

__all__ = [
    "AREA",
    "ONSET",
    "RATE",
    "REGIONS",
    "SAMPLES",
    "STATIONS",
    "Region",
    "arrivals",
    "draw_conditions",
    "region_of",
    "simulate",
]

RATE = 20.0  # samples a second
SAMPLES = 768  # 38.4 s
ONSET = 2.0  # s of noise before the origin time
AREA = 60.0  # km, the side of the square
DEPTHS, MAGNITUDES = (3.0, 15.0), (3.0, 6.0)
NOISE = 2e-3  # cm/s², standard deviation of what the ground does by itself at a quiet site

DENSITY = 2.8  # g/cm³ at the source
S_VELOCITY, P_VELOCITY = 3.5, 6.06  # km/s, before the region's factor
RADIATION = 0.55 * 0.707 * 2  # mean radiation pattern, one of two components, the free surface
P_SHARE = (S_VELOCITY / P_VELOCITY) ** 3  # of the S spectrum, by the velocities at the source
P_CORNER = 1.5  # the corner frequency of P over that of S
FIRST_CROSSOVER = 40.0  # km, from where waves spread along the surface
PEAK, FALLEN = 0.2, 0.05  # of the window: where its peak lies, how much is left at the end
CHUNK = 1024  # records at a time


@dataclass(frozen=True)
class Region:
    """What sets a quarter of the area apart.

    Attributes:
        velocity: factor of both velocities.
        stress_drop: bar.
        q: quality factor at 1 Hz; it grows as f^0.45.
    """

    velocity: float
    stress_drop: float
    q: float


REGIONS = (
    Region(1.0, 60.0, 180.0),
    Region(0.88, 200.0, 120.0),
    Region(1.10, 100.0, 250.0),
    Region(0.95, 40.0, 180.0),
)
"""South-west, south-east, north-west, north-east."""

STATIONS = np.array(
    [
        *[(6, 8), (22, 5), (41, 9), (55, 6), (12, 24), (29, 20)],
        *[(48, 25), (8, 43), (25, 38), (44, 41), (18, 55), (52, 54)],
    ],
    np.float64,
)
"""(12, 2) km east and north of the south-western corner."""
SITE = np.exp(0.3 * np.array([0.4, -0.9, 1.1, -0.2, -1.3, 0.7, 0.1, 1.4, -0.6, -1.0, 0.9, 0.3]))
KAPPA = 0.03 + 0.02 * np.linspace(0, 1, len(STATIONS))  # s


def draw_conditions(count: int, random: np.random.RandomState) -> np.ndarray:
    """Conditions of as many records, (count, 6) float64, see `opcviz.results.CONDITIONS`.

    Events lie anywhere in the area, each recorded at one of the stations.
    """
    place = random.uniform(0, AREA, (count, 2))
    depth = random.uniform(*DEPTHS, (count, 1))
    magnitude = random.uniform(*MAGNITUDES, (count, 1))
    station = STATIONS[random.randint(len(STATIONS), size=count)]
    return np.hstack([place, depth, magnitude, station])


def region_of(conditions: np.ndarray) -> np.ndarray:
    """(N,) positions in `REGIONS`, by epicentre."""
    east, north = conditions[:, 0] >= AREA / 2, conditions[:, 1] >= AREA / 2
    return east + 2 * north


def distances(conditions: np.ndarray) -> np.ndarray:
    """(N,) km from the source to the station."""
    gap = conditions[:, :2] - conditions[:, 4:6]
    found: np.ndarray = np.sqrt((gap**2).sum(1) + conditions[:, 2] ** 2)
    return found


def arrivals(conditions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When P and S arrive, (N,) each, s after the origin time."""
    factor = np.array([region.velocity for region in REGIONS])[region_of(conditions)]
    away = distances(conditions)
    return away / (P_VELOCITY * factor), away / (S_VELOCITY * factor)


def simulate(conditions: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Ground acceleration, (N, SAMPLES) float32 cm/s², one horizontal component.

    Args:
        conditions: (N, 6) as `draw_conditions` gives them; stations are those of `STATIONS`.
        random: every call draws other noise.
    """
    parts = [
        _simulated(conditions[start : start + CHUNK], random)
        for start in range(0, len(conditions), CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty((0, SAMPLES), np.float32)


def _simulated(conditions: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    p, s = arrivals(conditions)
    away = distances(conditions)
    moment = 10 ** (1.5 * conditions[:, 3] + 16.05)  # dyn·cm
    stress = np.array([each.stress_drop for each in REGIONS])[region_of(conditions)]
    corner = 4.9e6 * S_VELOCITY * (stress / moment) ** (1 / 3)
    lasting = 1 / corner + 0.05 * away
    made = NOISE * random.standard_normal((len(conditions), SAMPLES))
    spectra = _spectra(conditions, away, S_VELOCITY, moment, corner)
    made += _phase(ONSET + s, lasting, spectra, random)
    spectra = _spectra(conditions, away, P_VELOCITY, moment, P_CORNER * corner)
    made += P_SHARE * _phase(ONSET + p, lasting, spectra, random)
    return made.astype(np.float32)


def _spectra(
    conditions: np.ndarray,
    away: np.ndarray,
    speed: float,
    moment: np.ndarray,
    corner: np.ndarray,
) -> np.ndarray:
    """Fourier amplitude of acceleration, (N, frequencies) cm/s.

    A(f) = C M₀ (2πf)² / (1 + (f/f_c)²) · G(R) · exp(−πfR / (Q(f) β)) · exp(−πκf) · site
    """
    f = np.fft.rfftfreq(2 * SAMPLES, 1 / RATE)
    region = region_of(conditions)
    q = np.array([each.q for each in REGIONS])[region]
    velocity = speed * np.array([each.velocity for each in REGIONS])[region]
    gap = ((conditions[:, None, 4:6] - STATIONS[None]) ** 2).sum(-1)
    station = gap.argmin(1)
    scale = RADIATION * 1e-20 / (4 * math.pi * DENSITY * S_VELOCITY**3)
    spread = np.where(
        away <= FIRST_CROSSOVER, 1 / away, 1 / np.sqrt(FIRST_CROSSOVER * np.maximum(away, 1e-9))
    )
    source = scale * moment[:, None] * (2 * math.pi * f) ** 2 / (1 + (f / corner[:, None]) ** 2)
    # Q(f) = Q₀ f^0.45 in f / Q(f): 0 at f = 0
    lost = math.pi * f**0.55 * (away / (q * velocity))[:, None] + math.pi * f * KAPPA[station, None]
    found: np.ndarray = source * np.exp(-lost) * (spread * SITE[station])[:, None]
    return found


def _phase(
    start: np.ndarray, lasting: np.ndarray, spectra: np.ndarray, random: np.random.RandomState
) -> np.ndarray:
    """White noise under a window, of unit spectrum on average, times the spectra, (N, SAMPLES)."""
    times = np.arange(2 * SAMPLES) / RATE  # twice as long: what runs out at the end is cut off
    since = times[None] - start[:, None]
    b = -PEAK * math.log(FALLEN) / (1 + PEAK * (math.log(PEAK) - 1))
    share = np.clip(since / (2 * lasting[:, None]), 0, None)
    window = np.where(since > 0, (share * math.e / PEAK) ** b * np.exp(-b / PEAK * share), 0)
    noise = np.fft.rfft(window * random.standard_normal(window.shape))
    noise /= np.sqrt((np.abs(noise) ** 2).mean(1, keepdims=True)) + 1e-30
    shaped: np.ndarray = np.fft.irfft(noise * spectra, axis=1)[:, :SAMPLES] * RATE
    return shaped
