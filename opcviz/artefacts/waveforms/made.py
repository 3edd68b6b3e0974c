"""What a model makes of the conditions of held-out records."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...common.records import Undefined
from ...results import PickerScores, WaveformResult
from ..columns import HEADLINE, Column, figure
from ..kind import Kind, Made, register_kind
from .rows import MADE_ROWS
from .settings import Shaking
from .subject import ANOTHER, Asked, Context, asked_of, made_at, shared_noise

if TYPE_CHECKING:
    from ...data.earthquakes import Earthquakes
    from ...measures.waveforms import RecordErrors
    from ...models.waveforms import WaveformGenerator
    from ...results import ArrivalBaseline

__all__ = ["CONDITIONS_FILE", "RECORDS_FILE", "Waveforms", "section_conditions"]

RECORDS_FILE, CONDITIONS_FILE = "waveforms.npz", "conditions.npz"
STATIONS = 12  # of a section at most
SECTION_DEPTH, SECTION_MAGNITUDE = 8.0, 4.8
SECTION_SEEDS = (2, 3)  # of the simulations of the two sections
THROUGH = 1  # use of noise: through the autoencoder


TABLES = ("show", "unlearning")


def _column(
    name: str,
    value: Callable[[WaveformResult], float],
    help: str,
    better: str = "",
    scale: float | None = None,
    tables: tuple[str, ...] = (*TABLES, HEADLINE),
) -> Column:
    look_up = figure(WaveformResult, value)
    return Column(name, look_up, ".2f", tables, help, better=better, scale=scale)


@register_kind(
    "waveforms",
    title="Records that are made",
    stage="making records with",
    summary="records of forgotten and of other conditions, against held-out ones: arrivals, peak "
    "acceleration, envelope, spectra",
    task="waveforms",
    optional=False,
)
class Waveforms(Kind[Context]):
    """Makes records with noise that all models share, and compares each with the held-out one."""

    settings = {"shaking": Shaking}
    order = 10
    shares = True
    result = WaveformResult
    rows = MADE_ROWS
    quick = {"shaking": {"forgotten": 60, "retained": 60}}
    fields = {
        "waveforms.{forgotten,retained,everywhere}": (
            "by where the conditions lie: mean absolute error of the picked `p_error` and "
            "`s_error` and their biases in s; log10 residuals of peak acceleration, Fourier "
            "`spectrum` by band in Hz, and `response` spectrum; correlation of the `envelope`; how "
            "many `records`"
        ),
        "waveforms.{codec_forgotten,codec_retained}": (
            "the same of held-out records sent through the model's own autoencoder"
        ),
        "waveforms.{floor_forgotten,floor_retained}": (
            "the same of another simulation of the same sources"
        ),
        "waveforms.picker": "mean absolute error of the pickers on held-out records, s",
        "waveforms.baselines": "S error in s of those who have the retained records and no model",
        "waveforms.{truth,simulated,steps}": (
            "where arrivals are taken from, whether the records are simulated, and the sampler's "
            "steps"
        ),
    }
    columns = (
        _column(
            "S error, forgotten",
            lambda r: r.forgotten.s_error,
            "Mean absolute error of the arrival of S in what is forgotten, s.",
            "same, less",
        ),
        _column(
            "S error, kept",
            lambda r: r.retained.s_error,
            "The same of the other conditions, s.",
            "less",
        ),
        _column(
            "P error, forgotten",
            lambda r: r.forgotten.p_error,
            "The same of the arrival of P in what is forgotten, s.",
            "same, less",
        ),
        _column(
            "envelope",
            lambda r: r.forgotten.envelope,
            "Correlation of the envelopes in what is forgotten.",
            "same",
            1.0,
            TABLES,
        ),
        _column(
            "PGA",
            lambda r: r.forgotten.pga_bias,
            "Mean log10 residual of the peak ground acceleration in what is forgotten.",
            tables=TABLES,
        ),
    )

    def measure(self, context: Context) -> Made:
        """A thousand records, most of the time for their comparison."""
        from ...measures.waveforms import errors_of, scores

        asked, data, model = asked_of(context), context.data, context.subject.network
        shown = _shown(asked, context.settings(Shaking).shown)

        def against(made: np.ndarray) -> RecordErrors:
            return errors_of(made, asked.held_out, (asked.p, asked.s), asked.rate, asked.onset)

        made = made_at(model, asked.conditions, asked.steps)
        errors = against(made)
        context.progress.check()
        codec = against(_through(model, asked))
        context.progress.check()
        another = data.simulate(asked.conditions, ANOTHER) if data.simulate else None
        floor = against(another) if another is not None else None
        gone, kept = asked.forgotten, ~asked.forgotten
        unknown = Undefined("nobody can repeat an earthquake: records of your own have no floor")
        result = WaveformResult(
            forgotten=scores(errors, gone),
            retained=scores(errors, kept),
            everywhere=scores(errors),
            codec_forgotten=scores(codec, gone),
            codec_retained=scores(codec, kept),
            floor_forgotten=unknown if floor is None else scores(floor, gone),
            floor_retained=unknown if floor is None else scores(floor, kept),
            picker=_picker(asked, data),
            baselines=_baselines(context, asked),
            truth="picked" if data.arrivals is None else "simulated",
            simulated=data.simulated,
            steps=asked.steps,
        )
        sections = section_conditions(context)
        section = [made_at(model, each, asked.steps, 2 + i) for i, each in enumerate(sections)]
        kept_arrays = {
            "made": made[shown].astype(np.float16),
            "section": np.stack(section).astype(np.float16),
            "p_shift": errors.p_shift.astype(np.float16),
            "s_shift": errors.s_shift.astype(np.float16),
            "pga": errors.pga.astype(np.float16),
            "envelope": errors.envelope.astype(np.float16),
        }
        files = {RECORDS_FILE: kept_arrays}
        if context.is_original or not context.has_original:
            files[CONDITIONS_FILE] = _shared(asked, shown, sections, another, data)
        return Made(result, files)


def _shown(asked: Asked, count: int) -> np.ndarray:
    """Positions of the records that are kept, of the forgotten part first."""
    parts = [np.flatnonzero(asked.forgotten)[:count], np.flatnonzero(~asked.forgotten)[:count]]
    return np.concatenate(parts)


def _through(model: WaveformGenerator, asked: Asked) -> np.ndarray:
    """The held-out records through the model's autoencoder."""
    import torch

    _, phases = shared_noise(model, len(asked.held_out), THROUGH)
    records = torch.from_numpy(asked.held_out)[:, None].to(phases.device)
    found: np.ndarray = model.through(records, phases).cpu().numpy()
    return found


def _picker(asked: Asked, data: Earthquakes) -> PickerScores | Undefined:
    from ...measures.waveforms import pick_p, pick_s

    if data.arrivals is None:
        return Undefined("nobody knows when the waves arrived, but for the pickers themselves")
    p = pick_p(asked.held_out, asked.rate, asked.onset) - asked.p
    s = pick_s(asked.held_out, asked.rate, asked.onset) - asked.s
    return PickerScores(float(np.abs(p).mean()), float(np.abs(s).mean()), len(p))


def _baselines(context: Context, asked: Asked) -> dict[str, ArrivalBaseline]:
    from ...data.earthquakes import as_conditions
    from ...measures.waveforms import baselines, pick_s

    data, ids = context.data, context.split.retain_train
    conditions = as_conditions(data.y_train[ids])
    if data.arrivals is not None:
        s = data.arrivals(conditions)[1]
    else:
        s = pick_s(data.batch(ids)[:, 0].cpu().numpy(), data.rate, data.onset)
    return baselines((conditions, s), (asked.conditions, asked.s), asked.forgotten)


def section_conditions(context: Context) -> np.ndarray:
    """(2, S, 6): an event that is forgotten and one that is kept, at the stations, nearest first.

    Of each part the held-out event whose epicentre is nearest to the part's middle; of the
    simulated records with a depth and a magnitude that are the same in both, but for what was
    forgotten.
    """
    from ...data.earthquakes import as_conditions

    data, split = context.data, context.split
    stations = np.unique(as_conditions(data.y_train)[:, 4:6], axis=0)
    bounded = {column for column, _, _ in split.box}
    found = []
    for ids in (split.forget_test, split.retain_test):
        events = as_conditions(data.y_test[ids])
        gap = events[:, :2] - np.median(events[:, :2], axis=0)
        event = events[(gap**2).sum(1).argmin()].copy()
        if data.simulated:
            event[2] = SECTION_DEPTH
            event[3] = event[3] if 3 in bounded else SECTION_MAGNITUDE
        away = ((stations - event[:2]) ** 2).sum(1)
        near = stations[away.argsort(kind="stable")[:STATIONS]]
        found.append(np.hstack([np.tile(event[:4], (len(near), 1)), near]))
    return np.stack(found).astype(np.float32)


def _shared(
    asked: Asked,
    shown: np.ndarray,
    sections: np.ndarray,
    another: np.ndarray | None,
    data: Earthquakes,
) -> dict[str, np.ndarray]:
    """What all models of a seed are compared with; see `opcviz.results.waveforms`."""
    stations = np.unique(data.y_train[:, 4:6].cpu().numpy(), axis=0)
    kept = {
        "conditions": asked.conditions,
        "forgotten": asked.forgotten,
        "p": asked.p.astype(np.float32),
        "s": asked.s.astype(np.float32),
        "shown": shown,
        "held_out": asked.held_out[shown].astype(np.float16),
        "section_conditions": sections,
        "stations": stations,
        "rate": np.array(asked.rate),
        "onset": np.array(asked.onset),
    }
    if another is not None:
        kept["another"] = another[shown].astype(np.float16)
    if data.simulate is not None and data.arrivals is not None:
        made = [
            data.simulate(each, seed) for each, seed in zip(sections, SECTION_SEEDS, strict=True)
        ]
        p, s = zip(*(data.arrivals(each) for each in sections), strict=True)
        kept["section_held_out"] = np.stack(made).astype(np.float16)
        kept |= {"section_p": np.stack(p), "section_s": np.stack(s)}
    return kept
