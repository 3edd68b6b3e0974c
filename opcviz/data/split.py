"""The parts of a data set under a forget scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..common.parts import Part
from .base import DataError, DataIdentity
from .bounds import Box

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor

    from .clients import Clients

__all__ = ["Chosen", "Split"]


@dataclass(frozen=True, eq=False)
class Chosen:
    """What one request names.

    Attributes:
        train, test: (N,) bool of the train and of the test set.
        classes, box, clients: see `Split`.
    """

    train: np.ndarray
    test: np.ndarray
    classes: tuple[int, ...] = ()
    box: Box = ()
    clients: Clients | None = None


@dataclass(frozen=True, eq=False)
class Split:
    """The four parts of a data set under one scenario.

    Attributes:
        forget_train, retain_train: int64 ids into the train set, ascending; together all of it.
        forget_test, retain_test: the same for the test set. Samples, unlike classes and records of
            some conditions, have no counterpart in the test set: then `forget_test` is empty.
        classes: the forgotten classes, ascending; empty when samples are forgotten.
        of: the data set, where whoever made the split said so.
        box: where records of some conditions are forgotten, the (column, low, high) of the
            conditions that bound them.
        requests: where several requests came in a row, what each of them newly asked to forget, in
            their order: ids into the train and into the test set.
        last: of several requests, the newest one as a method is given it: `forget_train` is what it
            newly asks, `retain_train` what no request named, empty where nothing was kept. What was
            forgotten earlier is in neither part.
        clients: where a client leaves, who holds which train sample.
    """

    forget_train: Tensor
    retain_train: Tensor
    forget_test: Tensor
    retain_test: Tensor
    classes: tuple[int, ...] = ()
    of: DataIdentity | None = None
    box: Box = ()
    requests: tuple[tuple[Tensor, Tensor], ...] = ()
    last: Split | None = None
    clients: Clients | None = None

    @property
    def forgets(self) -> str:
        """What is forgotten: whole `classes`, any `samples`, or what one of the `clients` holds."""
        if self.clients is not None:
            return "clients"
        return "classes" if self.classes else "samples"

    @property
    def held(self) -> Clients:
        """Who holds which train sample.

        Raises:
            DataError: when the data lie in one place.
        """
        if self.clients is None:
            raise DataError("no clients hold the data: forget one, as in client:0/5:1")
        return self.clients

    def part(self, name: Part) -> Tensor:
        """The ids of one part."""
        ids: Tensor = getattr(self, name)
        return ids

    def to(self, device: torch.device | str) -> Split:
        """The same parts with their ids on `device`."""
        return Split(
            self.forget_train.to(device),
            self.retain_train.to(device),
            self.forget_test.to(device),
            self.retain_test.to(device),
            self.classes,
            self.of,
            self.box,
            tuple((train.to(device), test.to(device)) for train, test in self.requests),
            self.last and self.last.to(device),
            self.clients and self.clients.to(device),
        )
