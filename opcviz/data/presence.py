"""Which data sets are on this machine: known by their folders, without reading them."""

from __future__ import annotations

from pathlib import Path

from .public import PUBLIC
from .sources import DATASETS, data_root

__all__ = ["at_hand", "how_to_get"]

HOMES = {
    "mnist": ("MNIST/raw/*-ubyte",),
    "fashion_mnist": ("FashionMNIST/raw/*-ubyte",),
    "cifar10": ("cifar-10-batches-py", "cifar10.npz"),
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


def how_to_get(name: str, root: str | Path | None = None) -> str:
    """How to bring a data set to this machine, as a sentence; empty where nothing can be said.

    Args:
        name: of a registered data set.
        root: see `data_root`.
    """
    for public in PUBLIC:
        if public.name == name:
            return (
                f"{public.title} is not on this machine: run with --download to fetch it, or put "
                f"{public.places} into {data_root(root).absolute()} (another folder: --data)"
            )
    return ""
