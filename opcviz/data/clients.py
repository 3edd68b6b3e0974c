"""Clients that keep their own part of a train set, one of whom leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .base import Data, DataError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["LEAST", "Clients", "deal", "held_by"]

LEAST = 10
"""Pictures that every client holds at least; a draw that leaves one with fewer is drawn anew."""
TRIES = 1000


@dataclass(frozen=True, eq=False)
class Clients:
    """Who holds which train sample.

    Attributes:
        owner: (N,) int64, the client of each train sample, 0..count-1.
        leaver: the client whose data are to be forgotten.
        count: how many clients there are.
        local_epochs: passes over its own data that a client makes in a round.
    """

    owner: Tensor
    leaver: int
    count: int
    local_epochs: int = 1

    def to(self, device: torch.device | str) -> Clients:
        """The same with its ids on `device`."""
        return replace(self, owner=self.owner.to(device))

    def shard(self, client: int) -> Tensor:
        """Train ids of all that one client holds, ascending."""
        return (self.owner == client).nonzero().flatten()

    def shards(self, ids: Tensor) -> dict[int, Tensor]:
        """These train ids by the client who holds them; clients who hold none are left out."""
        held = self.owner[ids]
        parts = {client: ids[held == client] for client in range(self.count)}
        return {client: part for client, part in parts.items() if len(part)}


def held_by(
    data: Data, leaver: int, clients: int, alpha: float, local_epochs: int, seed: int
) -> Clients:
    """Who holds which train sample, dealt by true labels, whatever was planted in them.

    Args:
        data: the data set.
        leaver: who leaves.
        clients, alpha, seed: see `deal`.
        local_epochs: see `Clients`.

    Raises:
        DataError: as `deal`, and for data whose targets are no classes.
    """
    import torch

    from .planting import true_labels

    if not data.class_names:
        raise DataError(f"the targets of {data.name} are not classes, by which clients are dealt")
    owner = torch.from_numpy(deal(true_labels(data), clients, alpha, seed)).to(data.device)
    return Clients(owner, leaver, clients, local_epochs)


def deal(y: NDArray[np.int64], clients: int, alpha: float, seed: int) -> NDArray[np.int64]:
    """Deal samples to clients, class by class.

    The shares of a class are drawn from a symmetric Dirichlet distribution (Hsu, Qi, Brown 2019,
    arXiv 1909.06335): a large α gives everybody nearly the same, with a small one most of a class
    is held by one client. A draw that leaves a client fewer than `LEAST` samples is drawn again,
    classes and all, from the same stream of random numbers.

    Args:
        y: (N,) the true class of each sample.
        clients: how many.
        alpha: α; 0 stands for ∞: every class is dealt out in turn, and all hold equally many.
        seed: of the draw, for numpy's frozen `RandomState`.

    Returns:
        (N,) the client of each sample.

    Raises:
        DataError: when there are too few samples, or no draw gives everybody enough of them.
    """
    if len(y) < clients * LEAST:
        raise DataError(
            f"{len(y)} train samples are too few for {clients} clients with {LEAST} each"
        )
    random = np.random.RandomState(seed)
    for _ in range(TRIES):
        owner = _dealt(y, clients, alpha, random)
        if np.bincount(owner, minlength=clients).min() >= LEAST:
            return owner
    raise DataError(
        f"none of {TRIES} draws with α = {alpha:g} gives each of {clients} clients at least "
        f"{LEAST} of the {len(y)} train samples; take a larger α or fewer clients"
    )


def _dealt(
    y: NDArray[np.int64], clients: int, alpha: float, random: np.random.RandomState
) -> NDArray[np.int64]:
    owner = np.empty(len(y), np.int64)
    first = 0  # whose turn it is: what is left over of a class goes to the next in line
    for label in range(int(y.max()) + 1):
        ids = random.permutation(np.flatnonzero(y == label))
        if alpha:
            shares = random.dirichlet([alpha] * clients)
            ends = np.floor(shares.cumsum() * len(ids) + 0.5).astype(int)[:-1]
            for client, part in enumerate(np.split(ids, ends)):
                owner[part] = client
        else:
            owner[ids] = (first + np.arange(len(ids))) % clients
            first = (first + len(ids)) % clients
    return owner
