"""What the arrays of each stored file must look like, and what of a file does.

A file may be whole to the byte and still hold arrays that nothing can draw: made by another
version, or by hand. Readers take from a file what fits the table below; the rest is as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

import numpy as np

__all__ = ["FORMS", "FileForm", "Form", "fitting", "whole"]

Arrays = Mapping[str, np.ndarray]
MAY_BE_EMPTY = {"nearest"}  # a sample that is alone has no neighbours


@dataclass(frozen=True)
class Form:
    """What one array must look like.

    Attributes:
        dtype: its numbers' type, or the abstract type above it.
        axes: by axis its length, or the name of a length; arrays of a file share lengths of one
            name. `...` at the end: whatever follows.
        needed: whether without it the file is of no use.
        least: the smallest number allowed.
        below: the length that every number is below.
        beside: an array without which it says nothing, and is left out, too.
    """

    dtype: type[Any]
    axes: tuple[str | int | EllipsisType, ...]
    needed: bool = True
    least: int | None = None
    below: str = ""
    beside: str = ""

    def problem(self, array: np.ndarray, lengths: dict[str, int]) -> str:
        """What is wrong with an array, empty where nothing is; then its lengths are learned.

        Args:
            array: to be looked at.
            lengths: those known so far, by name.
        """
        if not np.issubdtype(array.dtype, self.dtype):
            return f"holds {array.dtype} numbers and not {self.dtype.__name__}"
        open_end = self.axes[-1:] == (...,)
        axes = [axis for axis in self.axes if not isinstance(axis, EllipsisType)]
        if array.ndim < len(axes) or (array.ndim > len(axes) and not open_end):
            return f"has {array.ndim} axes and not {len(axes)}"
        learned = dict(lengths)
        for axis, size in zip(axes, array.shape, strict=False):
            known = axis if isinstance(axis, int) else learned.setdefault(axis, size)
            if size != known:
                return f"has {size} where {known} {axis if isinstance(axis, str) else ''}".rstrip()
            if not size and axis not in MAY_BE_EMPTY:
                return f"has no {axis}"
        if array.size and self.least is not None and array.min() < self.least:
            return f"holds {array.min()}, which is below {self.least}"
        if array.size and self.below in learned and array.max() >= learned[self.below]:
            return f"holds {array.max()} among {learned[self.below]} {self.below}"
        lengths.update(learned)
        return ""


@dataclass(frozen=True)
class FileForm:
    """What one file must look like.

    Attributes:
        arrays: by name; the first ones decide the lengths that others share.
        others: what arrays of any other name must look like; None: as they are.
    """

    arrays: Mapping[str, Form] = field(default_factory=dict)
    others: Form | None = None


PICTURES = ("pictures", "channels", "height", "width")
SCORES = Form(np.floating, ("frames", "pictures"))
EACH = ("samples",)

RECORDS, SECTION = ("shown", "time"), ("sections", "stations", "time")
MEASURED = Form(np.floating, ("measured",))

FORMS: Mapping[str, FileForm] = {
    "waveforms.npz": FileForm(
        {
            "made": Form(np.floating, RECORDS),
            "section": Form(np.floating, SECTION),
            **dict.fromkeys(("p_shift", "s_shift", "pga", "envelope"), MEASURED),
        }
    ),
    "conditions.npz": FileForm(
        {
            "conditions": Form(np.floating, ("measured", 6)),
            "forgotten": Form(np.bool_, ("measured",)),
            **dict.fromkeys(("p", "s"), MEASURED),
            "shown": Form(np.integer, ("shown",), least=0, below="measured"),
            "held_out": Form(np.floating, RECORDS),
            "another": Form(np.floating, RECORDS, False),
            "section_conditions": Form(np.floating, ("sections", "stations", 6)),
            "section_p": Form(np.floating, ("sections", "stations"), False),
            "section_s": Form(np.floating, ("sections", "stations"), False),
            "section_held_out": Form(np.floating, SECTION, False),
            "stations": Form(np.floating, ("places", 2)),
            **dict.fromkeys(("rate", "onset"), Form(np.floating, ())),
        }
    ),
    "regrown.npz": FileForm({"section": Form(np.floating, ("stations", "time"))}),
    "probe.npz": FileForm(
        {
            "ids": Form(np.integer, EACH),
            "labels": Form(np.integer, EACH, least=0, below="classes"),
            "forget": Form(np.bool_, EACH),
            "pictures": Form(np.number, ("samples", ...)),
        }
    ),
    "trajectory.npz": FileForm(
        {
            "ids": Form(np.integer, EACH),
            "points": Form(np.floating, ("epochs", "samples", 2)),
            "groups": Form(np.integer, ("epochs", "samples"), False, -1, "samples"),
            "rebuilt_ids": Form(np.integer, ("pictures",), False),
            "rebuilt": Form(np.uint8, ("epochs", *PICTURES), False),
            "rebuilt_psnr": Form(np.floating, ("epochs", "pictures"), False),
            "drawn_at": Form(np.integer, ("looks",), False, least=0),
            "drawn": Form(np.uint8, ("looks", "drawn", "channels", "height", "width"), False),
        }
    ),
    "maps.npz": FileForm(
        {"probabilities": Form(np.floating, ("samples", "classes"), False)},
        others=Form(np.floating, ("samples", 2), False),
    ),
    "samples.npz": FileForm(
        {
            "groups": Form(np.integer, EACH, False, -1, "samples"),
            "neighbours": Form(np.integer, ("samples", "nearest"), False, 0, "samples"),
            "distances": Form(np.floating, ("samples", "nearest"), False),
            "restored": Form(np.integer, EACH, False, -1, "classes"),
            "restored_all": Form(np.integer, EACH, False, -1, "classes"),
            "member": Form(np.floating, EACH, False),
        }
    ),
    "entropy.npz": FileForm(
        {
            "norm": Form(np.floating, EACH),
            "entropy": Form(np.floating, EACH),
            "forget": Form(np.bool_, EACH),
        }
    ),
    "inversion.npz": FileForm(
        {
            "ids": Form(np.integer, ("pictures",)),
            "pictures": Form(np.uint8, PICTURES),
            "reconstructions": Form(np.uint8, PICTURES),
            "frames": Form(np.uint8, ("frames", *PICTURES), False),
            "steps": Form(np.integer, ("frames",), False, 0, beside="frames"),
            "found": Form(np.bool_, ("pictures",)),
        }
    ),
    "bench.npz": FileForm(
        {
            "frames": Form(np.uint8, ("frames", *PICTURES)),
            "steps": Form(np.integer, ("frames",), least=0),
            "psnr": SCORES,
            "ssim": SCORES,
        }
    ),
    "means.npz": FileForm(
        {
            "classes": Form(np.integer, ("classes",)),
            "pictures": Form(np.uint8, ("classes", "channels", "height", "width")),
        }
    ),
}
"""By file name; of any other name nothing is known and everything fits."""


def fitting(
    name: str, arrays: Arrays, lengths: Mapping[str, int] | None = None
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays of a file that look as they must, and what is wrong with the others.

    Args:
        name: of the file.
        arrays: what it holds.
        lengths: those known from elsewhere, by name, such as `classes`.

    Returns:
        The arrays, none where one is missing or wrong that the file is of no use without; and a
        sentence's end about each that is left out.
    """
    form = FORMS.get(name)
    if form is None:
        return dict(arrays), []
    known, useless = dict(lengths or {}), False
    found: dict[str, np.ndarray] = {}
    wrong: list[str] = []
    others = {n: form.others for n in arrays if n not in form.arrays and form.others}
    for each, wanted in {**form.arrays, **others}.items():
        said = wanted.problem(arrays[each], known) if each in arrays else "is missing"
        if not said and wanted.beside and wanted.beside not in found:
            continue  # of the other one it is said
        if not said:
            found[each] = arrays[each]
        elif each in arrays or wanted.needed:
            wrong.append(f"'{each}' {said}")
            useless |= wanted.needed
    return ({}, wrong) if useless else (found, wrong)


def whole(name: str, read: Callable[[], Arrays], lengths: Mapping[str, int] | None = None) -> bool:
    """Whether a file can be read and everything in it is as it must be.

    Args:
        name, lengths: as `fitting`.
        read: reads it; a `ValueError` says that it cannot.
    """
    try:
        return not fitting(name, read(), lengths)[1]
    except ValueError:
        return False
