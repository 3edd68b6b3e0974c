"""The usual ways to prepare pictures for a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..data import Images

__all__ = ["AS_THEY_ARE", "Numbers", "Way", "preparations"]

Numbers = tuple[float, ...]
AS_THEY_ARE = "pictures from 0 to 1, as they are"
ANY = {
    AS_THEY_ARE: (0.0, 1.0),
    "pictures from −1 to 1": (0.5, 0.5),
    "pictures from 0 to 255": (0.0, 1 / 255),
}
USUAL: dict[int, dict[str, tuple[Numbers, Numbers]]] = {
    1: {
        "MNIST's normalisation": ((0.1307,), (0.3081,)),
        "Fashion-MNIST's normalisation": ((0.2860,), (0.3530,)),
    },
    3: {
        "CIFAR-10's normalisation": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        "CIFAR-10's normalisation, older deviations": (
            (0.4914, 0.4822, 0.4465),
            (0.2023, 0.1994, 0.2010),
        ),
        "CIFAR-100's normalisation": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
        "ImageNet's normalisation": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        "SVHN's normalisation": ((0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970)),
    },
}


@dataclass(frozen=True)
class Way:
    """One way to prepare pictures for one reading of the weights."""

    candidate: int
    preparation: str
    mean: Numbers
    std: Numbers
    reversed_channels: bool = False


def preparations(best: Way, data: Images) -> Iterator[Way]:
    """The usual normalisations for one reading of the weights, and other orders of colours."""
    channels = data.shape[0]
    # rounded as they are printed, so that what is passed on is what was tried
    mean, std = (tuple(round(each, 4) for each in found.tolist()) for found in data.mean_std())
    ways = {name: ((m,) * channels, (s,) * channels) for name, (m, s) in ANY.items()}
    ways |= {**USUAL.get(channels, {}), "the statistics of these data": (mean, std)}
    for reverse in (False, True) if channels == 3 else (False,):
        yield Way(best.candidate, best.preparation, best.mean, best.std, reverse)
        for name, (centre, scale) in ways.items():
            yield Way(best.candidate, name, centre, scale, reverse)
