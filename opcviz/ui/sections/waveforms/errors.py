"""How far each model is off: by epicentre, and in amplitude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from ....common.records import Undefined, defined
from ....results import WaveformResult, WaveformScores
from ...charts.figures import chart_config
from ...charts.forgetting import residual_figure
from ...charts.theme import projected
from ...charts.waves_component import Errors, error_maps, errors_payload
from ...reading.seismograms import Asked, made_by
from ...reading.store_reader import Column
from ..missing import lacking, not_measured
from ..paint import paint
from ..presentation import BESIDE
from ..sentences import title
from .legend import legend

__all__ = ["residuals", "where"]

HOW_WHERE = (
    "How far the arrival of S is off, on average, by where the earthquake was; the stronger the "
    "colour, the more. Where a model answers otherwise in a region, the region lights up. As "
    "strong as in the retrained model: it errs as much; stronger: it errs more than a model that "
    "never saw these earthquakes. Magnitudes that were forgotten lie all over the map."
)
HOW_RESIDUALS = (
    "Amplitudes of what was made over those of the held-out record, as logarithms to base 10: 0 is "
    "right, −0.3 is half. From left to right: the peak of the acceleration, the Fourier spectrum "
    "by band, and the response spectrum, which says how an oscillator of 0.5 s with 5 % damping "
    "swings."
)
NOTABLE = 0.05  # log10, of what is told of the lowest band
LEAST = 1.0  # s that the strongest colour stands for, at least


def where(asked: Asked, shown: Sequence[Column]) -> None:
    """A map of the error of S by epicentre, a map a model.

    Args:
        asked: what the models were asked for.
        shown: the columns.
    """
    simulated = " (simulated)" if asked.simulated else ""
    title(f"Where S arrives at the wrong time{simulated}", HOW_WHERE)
    colors, maps, strong = paint(shown), [], LEAST
    for column in shown:
        found, made = column.results.get(WaveformResult), made_by(column, asked)
        if made is None or isinstance(found, Undefined):
            why = found.reason if isinstance(found, Undefined) else "its errors were not kept"
            maps.append(Errors(column.label, colors[column.label], reason=f"No map: {why}."))
            continue
        there, elsewhere = found.forgotten.s_error, found.retained.s_error
        told = f"{there:.2f} s forgotten, {elsewhere:.2f} s elsewhere"
        maps.append(
            Errors(column.label, colors[column.label], np.abs(made.s_shift.astype(float)), told)
        )
        if column.name == "retrain":
            strong = max(strong, 2 * found.forgotten.s_error)
    data = errors_payload(
        maps,
        asked.conditions[:, :2],
        stations=asked.stations,
        box=asked.box or (),
        most=float(np.ceil(2 * strong) / 2),
    )
    error_maps(data, key="waveforms.where", height=300)


def residuals(asked: Asked, shown: Sequence[Column]) -> None:
    """Residuals of amplitudes, where it was to forget and elsewhere.

    Args:
        asked: what the models were asked for.
        shown: the columns.
    """
    simulated = " (simulated)" if asked.simulated else ""
    title(f"How strongly it shakes{simulated}", HOW_RESIDUALS)
    found = {column.label: column.results.get(WaveformResult) for column in shown}
    made = {label: each for label, each in found.items() if defined(each)}
    if not made:
        not_measured("Residuals", "waveforms")
        return
    colors = paint(shown)
    panels = {
        "to be forgotten": ("forgotten", "floor_forgotten"),
        "kept": ("retained", "floor_retained"),
    }
    bars = {
        words: {label: _bars(getattr(each, field)) for label, each in made.items()}
        for words, (field, _) in panels.items()
    }
    every = [v for panel in bars.values() for by in panel.values() for v in by.values()]
    reach = max([0.1, *(abs(value) for value in every if np.isfinite(value))]) * 1.1
    first = next(iter(made.values()))
    with st.container(key=f"{BESIDE}-waveforms-residuals"):
        places = st.columns(2, gap="medium")
    for place, (words, (_, floor)) in zip(places, panels.items(), strict=True):
        least = getattr(first, floor)
        figure = residual_figure(
            bars[words],
            colors=colors,
            floor=_bars(least) if isinstance(least, WaveformScores) else None,
            floor_name="another simulation of the same source",
            reach=reach,
            y_title=f"log10 residual, {words}",
        )
        with place:
            name = f"residuals-{words.replace(' ', '-')}"
            st.plotly_chart(figure, config=chart_config(name), key=f"waveforms.{name}")
    legend(shown)
    if not projected():
        st.caption(" ".join([*_floor_words(first), *_low_words(first)]))
    lacking(found)


def _floor_words(found: WaveformResult) -> list[str]:
    if isinstance(found.floor_forgotten, Undefined):
        return []
    return ["Short lines: another simulation of the same source, which differs by chance."]


def _low_words(found: WaveformResult) -> list[str]:
    """Why the lowest band is too strong, also where nothing was forgotten."""
    band, alone = next(iter(found.codec_retained.spectrum.items()), ("", 0.0))
    if alone < NOTABLE:
        return []
    return [
        f"At {band} Hz records are too strong before anything is forgotten: sent through the "
        f"autoencoder alone, kept ones have {alone:+.2f} there. The spectrogram that models learn "
        "has windows of 0.8 s, too short to tell this band from what is above it."
    ]


def _bars(scores: WaveformScores) -> Mapping[str, float]:
    return {
        "peak": scores.pga_bias,
        **{f"{band}<br>Hz": value for band, value in scores.spectrum.items()},
        "response": scores.response_bias,
    }
