"""Settings of the transfer probe."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.config import Config, ConfigError, setting
from ...data import DataSpec

__all__ = ["Transfer"]

SIDES = (4, 512)
"""Least and greatest side to which pictures of a folder are scaled when they are read."""


@dataclass(frozen=True)
class Transfer(Config):
    """Learns the classes of a downstream data set from what a model computes on its pictures.

    No setting depends on the model: two models are probed with the same pictures.
    """

    data: str = setting(
        "", "downstream data set, one that the models were not trained on; empty: none is probed"
    )
    path: str = setting("", "downstream: folder (for 'folder' and 'table') or .npz ('arrays')")
    crop: int = setting(
        0,
        "pixels cut off each side of a downstream picture before it is scaled: frames differ, and "
        "what is small in its frame is taken for something else",
        low=0,
        high=1000,
    )
    samples: tuple[int, ...] = setting(
        (5, 20, 200), "labelled downstream pictures of each class", low=1, high=5000
    )
    near: int = setting(
        0, "downstream classes that count as near; 0: as many as are forgotten", low=0, high=1000
    )
    draws: int = setting(
        5, "draws of the labelled pictures, none in two of them, averaged", low=1, high=100
    )
    scored: int = setting(200, "most unseen downstream pictures of each class", low=1, high=10**6)
    neighbours: int = setting(5, "k-NN: how many neighbours vote", low=1, high=500)
    inverse_penalty: float = setting(
        1.0, "linear: weight of the data against ‖W‖²/2", low=1e-6, high=1e6, log=True
    )
    width: int = setting(
        512,
        "wider pictures are projected at random to so many numbers for the floor of raw pixels",
        low=8,
        high=8192,
        advanced=True,
    )
    seed: int = setting(0, "of draws and the projection", low=0, high=10**6, advanced=True)

    def __post_init__(self) -> None:
        """Check the fields, and that there is such a data set.

        Raises:
            ConfigError: naming the field that does not fit.
        """
        super().__post_init__()
        if not self.samples:
            raise ConfigError("Transfer.samples: give at least one number")
        if self.path and not self.data:
            raise ConfigError("Transfer.path: name the kind of data set, too (Transfer.data)")
        if self.data:
            self.spec(SIDES[0])

    def spec(self, side: int) -> DataSpec:
        """The downstream data set, as it is read for models whose pictures have this side.

        Raises:
            ConfigError: where there is no such data set, or it wants a path.
        """
        least, greatest = SIDES
        size = min(max(side, least), greatest)
        try:
            return DataSpec(self.data, self.path, size)
        except ConfigError as error:
            raise ConfigError(f"Transfer.data: {error}") from error
