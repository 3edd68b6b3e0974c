"""F, and what training on with retained records does to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...attacks.waveforms import WaveformDimra
from ...common.records import Undefined
from ...results import (
    ForgettingResult,
    WaveformRegrowth,
    WaveformRegrowthResult,
    WaveformResult,
)
from ..columns import HEADLINE, Column, figure
from ..kind import Kind, Made, register_kind
from ..subject import NotGiven
from ..threat import Threat
from .made import CONDITIONS_FILE, RECORDS_FILE, section_conditions
from .rows import FORGETTING_ROWS, REGROWN_ROWS
from .settings import Shaking
from .subject import Context, asked_of, check_asked, made_at

if TYPE_CHECKING:
    from ...models.waveforms import WaveformGenerator
    from ..subject import Stored

__all__ = ["Forgetting", "WaveformDimras"]

TABLES = ("show", "unlearning")
READ = "0 errs as the original, 1 as the retrained model."
SECTION = 2  # use of noise, as of the forgotten section that is made before any attack


def _f(
    name: str,
    value: Callable[[ForgettingResult], float | Undefined | None],
    help: str,
    *more: str,
) -> Column:
    found = figure(ForgettingResult, value)
    return Column(name, found, ".2f", (*TABLES, *more), f"{help} {READ}", better="same, less")


def _after(
    name: str,
    value: Callable[[WaveformRegrowthResult], float | Undefined | None],
    help: str,
    *more: str,
) -> Column:
    found = figure(WaveformRegrowthResult, value)
    return Column(name, found, ".2f", (*TABLES, *more), f"{help} {READ}", better="same, less")


def _forgotten(stored: Stored, gone: np.ndarray) -> dict[str, np.ndarray]:
    """The measures of which F is taken, of each forgotten record."""
    arrays = stored.arrays(RECORDS_FILE)
    found = {name: arrays[name][gone].astype(np.float64) for name in ("envelope",)}
    for name, array in (("s_error", "s_shift"), ("p_error", "p_shift"), ("pga", "pga")):
        found[name] = np.abs(arrays[array][gone].astype(np.float64))
    return found


def _references(context: Context) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Of the original and of the retrained model.

    Raises:
        NotGiven: where there is no retrained model.
    """
    check_asked(context.split)
    if context.retrained is None:
        raise NotGiven("without a retrained model there is no scale to measure forgetting on")
    original = context.original.stored("waveforms")
    gone = original.arrays(CONDITIONS_FILE)["forgotten"]
    return _forgotten(original, gone), _forgotten(context.retrained.stored("waveforms"), gone)


@register_kind(
    "forgetting",
    title="Forgetting (F)",
    stage="comparing with original and retrained",
    summary="how far a model went from the original towards the retrained model, and beyond",
    task="waveforms",
    default=True,
)
class Forgetting(Kind[Context]):
    """F by several measures, each with its interval."""

    settings = {"shaking": Shaking}
    needs = frozenset({"original", "retrained"})
    order = 15
    result = ForgettingResult
    rows = FORGETTING_ROWS
    fields = {
        "forgetting.{s_error,p_error,envelope,pga}": (
            "the measure on forgotten conditions of `original`, `retrained` and this `model`; the "
            "`index` F between them with its 95 % interval (`low`, `high`), and its `word`"
        ),
        "forgetting.{s_retained,s_retained_retrained}": (
            "S error of the other conditions, of this model and of the retrained one, s"
        ),
    }
    columns = (
        _f(
            "F of S",
            lambda found: found.s_error.index,
            "F of the mean absolute error of S.",
            HEADLINE,
        ),
        _f(
            "F of envelope",
            lambda found: found.envelope.index,
            "F of the correlation of the envelopes.",
        ),
        _f(
            "F of peak acceleration",
            lambda found: found.pga.index,
            "F of the mean absolute residual of the peak ground acceleration.",
        ),
        _f(
            "greatest F",
            lambda found: found.worst and found.worst[1].index,
            "The greatest F of any measure: above 2 over-forgotten.",
        ),
    )

    def measure(self, context: Context) -> Made:
        """Nothing is made: what was measured of each record is compared."""
        from ...measures.waveforms import forgetting_index

        original, retrained = _references(context)
        stored = context.subject.stored("waveforms")
        gone = context.original.stored("waveforms").arrays(CONDITIONS_FILE)["forgotten"]
        mine = _forgotten(stored, gone)
        found = {
            name: forgetting_index(original[name], retrained[name], mine[name]) for name in mine
        }
        assert context.retrained is not None  # else there were no references
        ideal = context.retrained.stored("waveforms").record(WaveformResult)
        kept = stored.record(WaveformResult).retained.s_error
        return Made(
            ForgettingResult(
                found["s_error"],
                found["p_error"],
                found["envelope"],
                found["pga"],
                s_retained=kept,
                s_retained_retrained=ideal.retained.s_error,
            )
        )


@register_kind(
    "waveform_dimra",
    title="Training on (DiMRA)",
    stage="bringing knowledge back by training",
    summary="the model goes on training with the retained records (DiMRA): does it come back to "
    "what the original knew, or towards what a retrained model says?",
    task="waveforms",
    default=True,
)
class WaveformDimras(Kind[Context]):
    """Fine-tuning on what was retained, the same for every model."""

    settings = {"shaking": Shaking, "waveform_dimra": WaveformDimra}
    needs = frozenset({"original", "retrained"})
    order = 20
    result = WaveformRegrowthResult
    rows = REGROWN_ROWS
    quick = {"waveform_dimra": {"looks": [25], "records": 60}}
    threat = Threat(
        holds="the model's weights and the retained records, no forgotten one",
        spends="training by Adam at a rate of {waveform_dimra.lr}, {waveform_dimra.batch_size} "
        "records a step, up to {waveform_dimra.looks:max} steps",
        more="train longer, or on what the original model made",
    )
    fields = {
        "waveform_dimra.curve[]": (
            "`steps` of the attack; `s_error` in s and `envelope` on forgotten conditions, "
            "`s_retained` and `envelope_retained` on others, and `index`, F of the S error "
            "with its interval, `low` and `high`"
        ),
        "waveform_dimra.{records,reason}": "of either part at each point; why it is not whole",
    }
    columns = (
        _after(
            "least F under DiMRA",
            lambda found: None if found.least is None else found.least.index,
            "The least F of the error of S after any number of steps of the attack: what the word "
            "returns hangs on.",
            HEADLINE,
        ),
        _after(
            "F after all steps of DiMRA",
            lambda found: found.curve[-1].index,
            "F of the error of S after the last step of the attack.",
        ),
    )

    def measure(self, context: Context) -> Made:
        """One fine-tuning, and some hundred records at each look."""
        from ...attacks.waveforms import train_on_retained
        from ...measures.waveforms import errors_of, forgetting_index, scores

        config, whole = context.settings(WaveformDimra), asked_of(context)
        asked = whole.first(config.records)
        count = int(asked.forgotten.sum())
        original, retrained = (each["s_error"][:count] for each in _references(context))
        steps = [0, *config.looks]
        curve: list[WaveformRegrowth] = []
        section: list[np.ndarray] = []
        conditions = section_conditions(context)[0]

        def look(model: WaveformGenerator) -> None:
            made = made_at(model, asked.conditions, asked.steps)
            found = errors_of(made, asked.held_out, (asked.p, asked.s), asked.rate, asked.onset)
            gone, kept = scores(found, asked.forgotten), scores(found, ~asked.forgotten)
            mine = np.abs(found.s_shift[asked.forgotten])
            placed = forgetting_index(original, retrained, mine)
            curve.append(
                WaveformRegrowth(
                    steps=steps[len(curve)],
                    s_error=gone.s_error,
                    envelope=gone.envelope,
                    s_retained=kept.s_error,
                    envelope_retained=kept.envelope,
                    index=placed.index,
                    low=placed.low,
                    high=placed.high,
                )
            )
            section[:] = [made_at(model, conditions, asked.steps, SECTION)]

        reason = train_on_retained(
            context.subject.network,
            context.data,
            context.split,
            look,
            config,
            seed=context.seed,
            progress=context.progress,
        )
        result = WaveformRegrowthResult(tuple(curve), count, reason or None)
        return Made(result, {"regrown.npz": {"section": section[0].astype(np.float16)}})
