"""Rows of the table of measures about models that make records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ...common.records import Record, Undefined
from ...results import (
    ForgettingIndex,
    ForgettingResult,
    WaveformRegrowth,
    WaveformRegrowthResult,
    WaveformResult,
)
from ..rows import Row

if TYPE_CHECKING:
    from ..model_results import ModelResults

__all__ = ["FORGETTING_ROWS", "MADE_ROWS", "REGROWN_ROWS"]

R = TypeVar("R", bound=Record)

GONE, KEPT, BACK = "Forgotten conditions", "Other conditions", "Brought back"
MINUS = "−"
NEITHER = "what is wanted is the retrained model's, neither less nor more"


def _row(
    group: str, name: str, read: str, record: type[R], value: Callable[[R], str | Undefined]
) -> Row:
    def cell(model: ModelResults, _: ModelResults) -> str:
        found = model.get(record)
        told = found if isinstance(found, Undefined) else value(found)
        return told.reason if isinstance(told, Undefined) else told

    return Row(group, name, read, cell)


def _signed(value: float) -> str:
    """A number with its sign, a true minus, and none before a zero but a plus."""
    return f"{value:+z.2f}".replace("-", MINUS)


def _index(found: ForgettingIndex) -> str | Undefined:
    if isinstance(found.index, Undefined) or isinstance(found.word, Undefined):
        return found.index if isinstance(found.index, Undefined) else Undefined()
    told = f"{found.index:z.2f}".replace("-", MINUS)
    return f"{told}, {found.word}"


def _of_size(found: ForgettingResult) -> str | Undefined:
    told = _index(found.pga)
    return told if isinstance(told, Undefined) else f"{told}; mean size {found.pga.model:.2f}"


def _back(point: WaveformRegrowth | None) -> str | Undefined:
    if point is None:
        return Undefined("the attack has no point after its first step")
    if isinstance(point.index, Undefined):
        return point.index
    return f"{point.index:z.2f}, after {point.steps:,} steps".replace("-", MINUS)


def _worst(found: ForgettingResult) -> str | Undefined:
    if found.worst is None:
        return found.s_error.index if isinstance(found.s_error.index, Undefined) else Undefined()
    name, index = found.worst
    told = _index(index)
    return told if isinstance(told, Undefined) else f"{told}, by {name}"


MADE_ROWS = (
    _row(
        GONE,
        "S arrival, error in s",
        f"mean distance of the picked S wave from the true one in seconds; {NEITHER}",
        WaveformResult,
        lambda found: (
            f"{found.forgotten.s_error:.2f}, on average {_signed(found.forgotten.s_bias)}"
        ),
    ),
    _row(
        GONE,
        "P arrival, error in s",
        f"the same of the P wave; {NEITHER}",
        WaveformResult,
        lambda found: (
            f"{found.forgotten.p_error:.2f}, on average {_signed(found.forgotten.p_bias)}"
        ),
    ),
    _row(
        GONE,
        "envelope",
        f"correlation with the held-out record's, 1 is the same; {NEITHER}",
        WaveformResult,
        lambda found: f"{found.forgotten.envelope:.2f}",
    ),
    _row(
        GONE,
        "peak acceleration",
        "log10 of made over held out: its mean, and its spread over records",
        WaveformResult,
        lambda found: f"{_signed(found.forgotten.pga_bias)} ± {found.forgotten.pga_deviation:.2f}",
    ),
    _row(
        GONE,
        "response spectrum",
        "the same of the swing of a building with a period of 0.5 s and 5 % damping",
        WaveformResult,
        lambda found: (
            f"{_signed(found.forgotten.response_bias)} ± {found.forgotten.response_deviation:.2f}"
        ),
    ),
    _row(
        GONE,
        "through the autoencoder, S error in s",
        "S error of the held-out records themselves, sent through the model's autoencoder: what "
        "the rest of the model cannot be blamed for",
        WaveformResult,
        lambda found: f"{found.codec_forgotten.s_error:.2f}",
    ),
    _row(
        KEPT,
        "S arrival, error in s",
        "of the conditions that were not forgotten: small, where nothing else was lost",
        WaveformResult,
        lambda found: f"{found.retained.s_error:.2f}",
    ),
    _row(
        KEPT,
        "P arrival, error in s",
        "the same of the P wave",
        WaveformResult,
        lambda found: f"{found.retained.p_error:.2f}",
    ),
    _row(
        KEPT,
        "envelope",
        "correlation with the held-out record's",
        WaveformResult,
        lambda found: f"{found.retained.envelope:.2f}",
    ),
)

FORGETTING_ROWS = (
    _row(
        GONE,
        "forgotten (F), by S",
        "of the mean absolute error: 0 errs as the original, 1 as the retrained model; knows to "
        "0.3, partly to 0.7, as retrained to 1.4, beyond retrained to 2, over-forgotten above",
        ForgettingResult,
        lambda found: _index(found.s_error),
    ),
    _row(
        GONE,
        "forgotten (F), by P",
        "the same by the error of P",
        ForgettingResult,
        lambda found: _index(found.p_error),
    ),
    _row(
        GONE,
        "forgotten (F), by envelope",
        "the same by the correlation of the envelopes",
        ForgettingResult,
        lambda found: _index(found.envelope),
    ),
    _row(
        GONE,
        "forgotten (F), by peak acceleration",
        "the same by the mean size of the residual, log10, which stands below it: too weak and "
        "too strong count alike, so it says more than the mean above",
        ForgettingResult,
        _of_size,
    ),
    _row(
        GONE,
        "forgotten (F), where most",
        "the greatest F of any measure: a model may err as it should by one and be odd by another",
        ForgettingResult,
        _worst,
    ),
)

REGROWN_ROWS = (
    _row(
        BACK,
        "trained on without it, S error in s",
        "the least that training on with the retained records leads to (DiMRA); the retrained "
        "model under the same attack is the measure",
        WaveformRegrowthResult,
        lambda found: f"{found.nearest.s_error:.2f}, after {found.nearest.steps:,} steps",
    ),
    _row(
        BACK,
        "trained on without it, least F",
        "the least F by S after any number of steps: what the word above the columns hangs on",
        WaveformRegrowthResult,
        lambda found: _back(found.least),
    ),
    _row(
        BACK,
        "trained on without it, F at the end",
        "the same after the last step; not less than the least F, and no better founded",
        WaveformRegrowthResult,
        lambda found: _back(found.curve[-1]),
    ),
)
