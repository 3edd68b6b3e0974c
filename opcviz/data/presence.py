"""Which data sets are on this machine: known by their folders, without reading them."""

from __future__ import annotations

from pathlib import Path

from .sources import DATASETS, data_root

__all__ = ["at_hand"]

HOMES = {
    "mnist": ("MNIST/raw/*-ubyte",),
    "fashion_mnist": ("FashionMNIST/raw/*-ubyte",),
    "cifar10": ("cifar-10-batches-py",),
    "cifar100": ("cifar-100-python",),
    "svhn": ("train_32x32.mat", "SVHN/train_32x32.mat"),
}
"""Of each public set a file or folder by which it is known to be there."""


def at_hand(name: str, root: str | Path | None = None) -> bool:
    """Whether a data set can be read here without a download; a user's own is taken to be.

    Args:
        name: of a registered data set.
        root: see `data_root`.

    Raises:
        DataError: for a name that nobody registered.
    """
    if DATASETS.get(name).info.needs != "download":
        return True
    return any(any(data_root(root).glob(pattern)) for pattern in HOMES.get(name, ("*",)))
