"""Records of earthquakes, each with the condition that a model is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..base import DataError
from ..tensors import Tensors
from . import simulator

__all__ = ["COLUMNS", "Earthquakes", "as_conditions", "simulated"]

COLUMNS = 6
"""Of a condition: source x, y and depth (km), magnitude, station x and y (km)."""

TRAIN, TEST, SHOWN_SEED = 7200, 1200, 2_412_17


@dataclass(frozen=True, eq=False, repr=False)
class Earthquakes(Tensors):
    """Records (N, 1, T) in cm/s² and their conditions (N, 6), see `opcviz.results.CONDITIONS`.

    Attributes:
        rate: samples a second.
        onset: s from the first sample to the origin time.
        simulate: makes records (N, T) of conditions (N, 6) with the noise of a seed, where they
            are a simulator's; None of real ones.
        arrivals: true P and S, (N,) s after the origin time each, of conditions; None where nobody
            knows them.

    Raises:
        DataError: when made from tensors of other types or shapes.
    """

    rate: float = simulator.RATE
    onset: float = simulator.ONSET
    simulate: Callable[[np.ndarray, int], np.ndarray] | None = None
    arrivals: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.shape) != 2 or self.shape[0] != 1 or self.y_train.shape[1:] != (COLUMNS,):
            raise DataError(
                f"{self.name}: records are (N, 1, T) with conditions (N, {COLUMNS}); got "
                f"{tuple(self.x_train.shape)} and {tuple(self.y_train.shape)}"
            )

    @property
    def simulated(self) -> bool:
        """Whether nothing of it was recorded."""
        return self.simulate is not None


def simulated(seed: int = 0, train: int = TRAIN, test: int = TEST) -> Earthquakes:
    """The simulated set: events anywhere in the area, each recorded at one of twelve stations.

    The same for the same seed; the seed of the data set is not that of the models trained on it.
    """
    random = np.random.RandomState(seed)
    conditions = simulator.draw_conditions(train + test, random).astype(np.float32)
    made = simulator.simulate(conditions.astype(np.float64), random)
    x, y = torch.from_numpy(made)[:, None], torch.from_numpy(conditions)
    return Earthquakes(
        "earthquakes (simulated)",
        x[:train],
        y[:train],
        x[train:],
        y[train:],
        simulate=_again,
        arrivals=_arrivals,
    )


def _again(conditions: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.RandomState(SHOWN_SEED + seed)
    return simulator.simulate(conditions.astype(np.float64), random)


def _arrivals(conditions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return simulator.arrivals(conditions.astype(np.float64))


def as_conditions(y: Tensor) -> np.ndarray:
    """Conditions as numbers for the simulator, (N, 6) float64."""
    found: np.ndarray = y.detach().cpu().double().numpy()
    return found
