"""Records that models make of earthquakes, as they are kept beside the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from ...results import WaveformResult
from ...study import StudyResult
from .store_reader import Column, arrays_of

__all__ = ["KIND", "Asked", "Made", "asked_from", "asked_of", "made_by", "regrown_by"]

KIND = "waveforms"
"""Of the artefacts that hold records."""

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Asked:
    """What all models of a seed were asked for.

    Attributes:
        conditions: (N, 6) as `opcviz.results.CONDITIONS` names them; km, but for the magnitude.
        forgotten: (N,) whether the record was to be forgotten.
        p, s: (N,) arrivals, s after the origin time.
        shown: (R,) positions among the N of the records that are kept.
        held_out: (R, T) records of these, cm/s².
        section: (2, S, 6) an event that is forgotten and one that is kept, at all stations.
        section_p, section_s: (2, S) arrivals; None where nobody knows them.
        section_held_out: (2, S, T); None as well.
        stations: (K, 2) km.
        rate: samples a second.
        onset: s from the first sample to the origin time.
        simulated: whether the records are a simulator's.
        box: west, east, south and north end of the region to be forgotten, km; None where it is no
            region.
    """

    conditions: Array
    forgotten: Array
    p: Array
    s: Array
    shown: Array
    held_out: Array
    section: Array
    section_p: Array | None
    section_s: Array | None
    section_held_out: Array | None
    stations: Array
    rate: float
    onset: float
    simulated: bool
    box: tuple[float, ...] | None

    @property
    def truth(self) -> str:
        """What a held-out record is called."""
        return "Simulated" if self.simulated else "Held out"


@dataclass(frozen=True, eq=False)
class Made:
    """What one model made.

    Attributes:
        records: (R, T) of the records shown, cm/s².
        section: (2, S, T).
        p_shift, s_shift: (N,) how much later than it should each arrival is, s.
    """

    records: Array
    section: Array
    p_shift: Array
    s_shift: Array


def asked_of(study: StudyResult, seed: int) -> Asked | None:
    """The conditions of a study's models of one seed; None where they were not kept.

    Args:
        study: of the task of waveforms.
        seed: of the models.
    """
    originals = [m for m in study.models if m.method.info.name == "original" and m.seed == seed]
    for model in originals:
        about, forget = model.results.get(WaveformResult), study.study.forget
        if isinstance(about, WaveformResult):
            box = forget.bounds if forget.kind == "region" else None
            arrays = arrays_of(model, KIND, "conditions.npz")
            return asked_from(arrays, simulated=about.simulated, box=box)
    return None


def asked_from(
    arrays: Mapping[str, Array], *, simulated: bool, box: tuple[float, ...] | None
) -> Asked | None:
    """The same of the arrays as they are kept; None where one is missing or does not fit.

    Args:
        arrays: of `conditions.npz`.
        simulated, box: see `Asked`.
    """
    needed = ("conditions", "forgotten", "p", "s", "shown", "held_out", "section_conditions")
    if any(name not in arrays for name in (*needed, "stations", "rate", "onset")):
        return None
    conditions, shown, held_out = arrays["conditions"], arrays["shown"], arrays["held_out"]
    count, section = len(conditions), arrays["section_conditions"]
    fits = (
        conditions.ndim == 2
        and conditions.shape[1] == 6
        and all(arrays[name].shape == (count,) for name in ("forgotten", "p", "s"))
        and held_out.ndim == 2
        and shown.shape == (len(held_out),)
        and not (len(shown) and (shown.min() < 0 or shown.max() >= count))
        and section.ndim == 3
        and section.shape[::2] == (2, 6)
    )
    if not fits:
        return None
    several = section.shape[:2]
    whole = (*several, held_out.shape[1])
    return Asked(
        **{name: arrays[name] for name in needed[:-1]},
        section=section,
        section_p=_shaped(arrays.get("section_p"), several),
        section_s=_shaped(arrays.get("section_s"), several),
        section_held_out=_shaped(arrays.get("section_held_out"), whole),
        stations=arrays["stations"],
        rate=float(arrays["rate"]),
        onset=float(arrays["onset"]),
        simulated=simulated,
        box=box,
    )


def _shaped(array: Array | None, shape: tuple[int, ...]) -> Array | None:
    return array if array is not None and array.shape == shape else None


def made_by(column: Column, asked: Asked) -> Made | None:
    """What one model made of these conditions; None where it was not kept, or does not fit.

    Args:
        column: the model.
        asked: of its seed.
    """
    arrays = column.arrays(KIND, "waveforms.npz")
    count, (shown, samples) = len(asked.conditions), asked.held_out.shape
    wanted = {
        "made": (shown, samples),
        "section": (*asked.section.shape[:2], samples),
        "p_shift": (count,),
        "s_shift": (count,),
    }
    found = [_shaped(arrays.get(name), shape) for name, shape in wanted.items()]
    if any(array is None for array in found):
        return None
    return Made(*(array for array in found if array is not None))


def regrown_by(column: Column, asked: Asked) -> Array | None:
    """The forgotten event of the section after the attack, (S, T); None where it was not kept."""
    found = column.arrays("waveform_dimra", "regrown.npz").get("section")
    return _shaped(found, (asked.section.shape[1], asked.held_out.shape[1]))
