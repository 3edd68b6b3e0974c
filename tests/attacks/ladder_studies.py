"""Digits as the features of a pretended model: what the maps of the ladder are tried on."""

from functools import cache

import numpy as np
import torch
from loose import LooseObservation, LooseOutputs
from sklearn.datasets import load_digits

from opcviz.attacks.strongest import Knowledge, View
from opcviz.data import Split

Tensor = torch.Tensor


@cache
def digits() -> tuple[Tensor, Tensor]:
    """(1797, 64) and (1797,) in a fixed random order."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return torch.from_numpy(x[order]).float(), torch.from_numpy(y[order])


def study(forget: str = "classes", count: int = 700) -> tuple[Tensor, Tensor, Knowledge]:
    """Train features, test features, and what attackers know; classes 0 and 1, or 50 samples.

    The original's features are 10 directions that name the class, its head the identity.
    """
    x, y = (part.clone() for part in digits())
    sides = (x[:count], y[:count]), (x[count : 2 * count], y[count : 2 * count])
    eye = torch.eye(10)
    original = LooseOutputs(*(LooseObservation(eye[y], eye[y], y) for _, y in sides))
    gone = [(y < 2) if forget == "classes" else torch.zeros(len(y)).bool() for _, y in sides]
    if forget == "samples":
        gone[0][:50] = True
    ids = [part.nonzero().flatten() for g in gone for part in (g, ~g)]
    split = Split(ids[0], ids[1], ids[2], ids[3], (0, 1) if forget == "classes" else ())
    return sides[0][0], sides[1][0], Knowledge(original, (eye, torch.zeros(10)), split)


def view(train: Tensor, test: Tensor, place: str = "features") -> View:
    return View(place, "pooled", train.shape[1], train, test)
