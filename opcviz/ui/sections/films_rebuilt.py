"""How close searches came to rebuilding pictures: which search a figure is of, and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...common.records import Undefined
from ...results import InversionSummary
from ..charts.bands import Band
from ..charts.maps_component import Samples
from ..charts.player_component import Rebuilt
from ..reading.store_reader import Column

__all__ = [
    "ASIDE",
    "BEGUN",
    "WHY_CLOSER",
    "closer",
    "inverted",
    "masked",
    "means",
    "never",
    "rebuilt_of",
    "rebuilt_plainly",
    "searches",
]

FIRST_STEPS, NEXT_STEPS = 60, 10
"""Of the film's search, in the original's gradient and in that of every epoch: `LiveInversion`."""
ASIDE = "no part of the verdict"
"""What the bar of rebuilt pictures is not: a gradient gives away pictures never seen, too."""
BEGUN = "begun in the original"
WHY_CLOSER = (
    f"The film's search takes {FIRST_STEPS} steps in the original's gradient and {NEXT_STEPS} more "
    "in each epoch's, so it keeps what these gave away; the full one has the last alone."
)
"""Why the search of fewer steps can find more, and why the two are not one figure."""
CLEAR, HARDLY = 30.0, 1.0
"""dB: from where on a rebuilt picture looks like the true one, and a difference that shows none."""


def inverted(found: InversionSummary | Undefined) -> dict[str, object]:
    """The stored search as the figure of a bar, with the average picture as a mark."""
    if isinstance(found, Undefined):
        return {"final": None, "none": "not measured"}
    average = found.class_mean.psnr if found.class_mean else None
    dead = found.without_body_gradient and found.psnr is None
    return {
        "final": found.psnr,
        "none": "no gradient reaches the body" if dead else (found.reason or "not measured"),
        "marks": () if average is None else (("constant", average),),
    }


def masked(found: InversionSummary | Undefined) -> str:
    """That a gradient that is only masked says nothing, since a block gives the pictures back."""
    if isinstance(found, Undefined) or not found.masked:
        return ""
    blocks = [name for name in found.rebuilt_by if name != "surrogate"]
    return f"no evidence of forgetting: block '{blocks[-1]}' gives them back" if blocks else ""


def rebuilt_plainly(psnr: float, average: float | None, band: Band | None) -> str:
    """How good rebuilt pictures are and what that is worth, for a reader who knows no decibels.

    Args:
        psnr: of the pictures, dB.
        average: of the average picture of each class, which needs no model; None: not known.
        band: of the retrained models.
    """
    looks = "clear" if psnr >= CLEAR else "blurred"
    if average is not None and psnr <= average + HARDLY:
        looks = "no closer than an average picture"
    if band is not None and psnr > band.high:
        looks += ", and more than without ever seeing them"
    elif band is not None and psnr >= band.low:
        looks += ", but no sign of memory"
    floor = "" if average is None else f"average picture: {average:.0f} dB"
    return "; ".join(filter(None, (ASIDE, looks, never(band, " dB", 0) if band else "", floor)))


def never(band: Band | None, unit: str = " %", digits: int = 1) -> str:
    """The band in words: what networks have that never saw the data."""
    if band is None:
        return "no network that never saw them to compare with"
    low, high = (f"{v:.{digits}f}".removesuffix(".0") for v in (band.low, band.high))
    return f"never saw them: {low if low == high else f'{low} to {high}'}{unit}"


def means(psnr: np.ndarray) -> list[float | None]:
    """Mean over the pictures that have a figure; None where none has."""
    known = np.isfinite(psnr)
    return [
        float(row[ok].mean()) if ok.any() else None for row, ok in zip(psnr, known, strict=True)
    ]


def searches(psnr: np.ndarray | None, found: InversionSummary | Undefined) -> tuple[str, str]:
    """Which search the moving figure is of, and which the stored one; how many stopped short."""
    moving = "" if psnr is None else f"short search of {psnr.shape[1]} pictures"
    if isinstance(found, Undefined) or found.psnr is None:
        return moving, ""
    each = found.per_picture
    done = [ok for ok, v in zip(each.settled, each.psnr, strict=False) if v is not None]
    short = len(done) - sum(map(bool, done))
    return moving, f"full search{f', {short} of {len(done)} cut short' if short else ''}"


def closer(
    column: Column, kept: Mapping[str, np.ndarray], found: InversionSummary | Undefined
) -> str:
    """How many pictures the short search of the last epoch came closer to than the full one.

    The two are not mixed to one figure: the short one goes on in every epoch from what it found in
    the one before, the original's first, so that its attacker holds the gradients of a whole run;
    and of its few pictures not all are among those of the full search.
    """
    if isinstance(found, Undefined) or not {"rebuilt_ids", "rebuilt_psnr"} <= kept.keys():
        return ""
    ids = column.arrays("inversion", "inversion.npz").get("ids", ())
    full = dict(zip(map(int, ids), found.per_picture.psnr, strict=False))
    pairs = [
        (float(short), best)
        for i, short in zip(kept["rebuilt_ids"], kept["rebuilt_psnr"][-1], strict=True)
        if (best := full.get(int(i))) is not None and np.isfinite(short)
    ]
    more = sum(short > best for short, best in pairs)
    if not more:
        return ""
    return f"; the film's, {BEGUN}, closer to {more} of {len(pairs)}"


def rebuilt_of(kept: Mapping[str, np.ndarray], samples: Samples) -> Rebuilt | None:
    """The reconstructions of every epoch beside their targets; None in older studies.

    Args:
        kept: the arrays of a film.
        samples: the probe set, which holds the targets.
    """
    if not {"rebuilt_ids", "rebuilt", "rebuilt_psnr"} <= kept.keys():
        return None
    place: Callable[[int], int | None] = {int(i): at for at, i in enumerate(samples.ids)}.get
    places = [place(int(i)) for i in kept["rebuilt_ids"]]
    known = [at for at in places if at is not None]
    whole = samples.pictures is not None and len(known) == len(places)
    targets = samples.pictures[known] if whole and samples.pictures is not None else None
    return Rebuilt(targets, kept["rebuilt"], kept["rebuilt_psnr"])
