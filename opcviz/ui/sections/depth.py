"""How deep forgetting goes: the same evidence at every block, from the input to the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import streamlit as st

from ...common.records import defined, known
from ...common.text import percent
from ...results import FIT_SETS, Block, BlocksResult, FitResult
from ...study import StudyResult
from ..charts.figures import chart_config
from ..charts.lines import lines_figure
from ..charts.theme import text_size
from ..reading import state
from ..reading.scores import Score, score_of
from ..reading.store_reader import Column, fit_of
from .paint import paint

__all__ = ["MEASURES", "depth", "depth_figure", "explain", "from_the_original"]

BLIND = "blind: nothing from<br>the original either"
SHADE = "rgba(110, 110, 105, .14)"
HEIGHT = 280  # of a chart, pixels; more where its words need it
MEASURES = {
    "recovered": "Forget accuracy after FM (%)",
    "separable": "Forget against retain, AUC × 100",
}
EXPLAINED = {
    "recovered": "The same attack on every stage of the network, from the input to the output. "
    "Where a line stays up, the forgotten pictures can still be named at that stage; compare with "
    "the retrained network, which never saw them.",
    "separable": "How well a straight cut through what each stage computes tells forgotten "
    "pictures from kept ones: 50 is guessing, 100 is without a mistake. Compare with the retrained "
    "network, to which the forgotten pictures are merely new.",
}


def depth_figure(
    blocks: Sequence[str],
    curves: Mapping[str, Sequence[float | None]],
    title: str,
    *,
    reference: float | None = None,
    label: str = "",
    colors: Mapping[str, str] | None = None,
    height: int = HEIGHT,
) -> go.Figure:
    """One line a model over the network's blocks.

    Args:
        blocks: their names, from input to head.
        curves: by model, a percentage per block.
        title: of the vertical axis.
        reference: a level to compare with (dashed), named `label`.
        colors: by model.
        height: pixels.

    Raises:
        ValueError: when a curve has not one number per block.
    """
    figure = lines_figure(
        {name: (blocks, values) for name, values in curves.items()},
        x_title="block, from input to head",
        y_title=title,
        reference=reference,
        reference_label=label,
        colors=colors,
        height=height,
    )
    return figure.update_xaxes(type="category")


def explain(study: StudyResult, shown: Sequence[Column], name: str = "recovered") -> str:
    """How to read one of the two charts, in plain words.

    Args:
        study: of the columns.
        shown: the columns.
        name: one of `MEASURES`.
    """
    words = EXPLAINED[name]
    return f"{words} {from_the_original(study, shown)}".strip() if name == "recovered" else words


def blind(study: StudyResult, shown: Sequence[Column]) -> int:
    """At how many blocks, from the input on, the attack gets no more from the original than one
    answer for all pictures would: a low line tells nothing there. See `from_the_original`."""
    gets = _from_original(study, shown)
    return next((at for at, (_, value, least) in enumerate(gets) if value > least), len(gets))


def from_the_original(study: StudyResult, shown: Sequence[Column]) -> str:
    """What the attack gets at each block of the original, which still names the pictures.

    Where it gets no more from it than one answer for all pictures would, it is blind, and a low
    line of another model tells nothing. Empty where the original was not measured at its blocks.

    Args:
        study: of the columns; the original is that of the first one's seed, if there is one.
        shown: the columns.
    """
    gets, sees = _from_original(study, shown), blind(study, shown)
    if not gets:
        return ""
    amounts = [value for _, value, _ in gets[: sees or None]]
    if not sees:
        return f"From the original it gets {_range(amounts)}: it is blind at no stage."
    where = f"before {gets[sees][0]}" if sees < len(gets) else "at every stage"
    return f"From the original it gets {_range(amounts)} {where}: there it is blind."


def _from_original(study: StudyResult, shown: Sequence[Column]) -> list[tuple[str, float, float]]:
    """By block of the original: its name, what the attack gets, and what one answer for all would.

    Empty where it was not measured.
    """
    originals = [m for m in study.models if m.method.info.name == "original"]
    originals.sort(key=lambda m: (m.seed != shown[0].model.seed if shown else 0, m.seed))
    found = originals[0].results.get(BlocksResult) if originals else None
    if found is None or not defined(found):
        return []
    fit = state.option("fit")
    scores = [(block.name, _score(block, fit)) for block in found.blocks]
    return [(name, s.value, s.constant or 0.0) for name, s in scores if s.value is not None]


def _range(amounts: Sequence[float]) -> str:
    """The least and the most, in whole per cent."""
    least, most = (percent(amount, 0) for amount in (min(amounts), max(amounts)))
    return most if least == most else f"{least.removesuffix('%').rstrip()} to {most}"


def depth(study: StudyResult, shown: Sequence[Column], only: str = "") -> None:
    """Two charts over the blocks of the models shown: what is restored, and what stands out.

    The attacker has what he has in the row of recovery attacks above.

    Args:
        study: of the columns.
        shown: the columns.
        only: one of `MEASURES`, for a screen that has room for one; both without it.
    """
    fit = state.option("fit")
    stored = {c.label: c.results.get(BlocksResult) for c in shown}
    made = {label: found.blocks for label, found in stored.items() if defined(found)}
    measured = {label: blocks for label, blocks in made.items() if blocks}
    if not measured:
        st.caption("Nothing was measured at the earlier blocks of these models.")
        return
    names = [block.name for block in next(iter(measured.values()))]
    measured = {k: v for k, v in measured.items() if [block.name for block in v] == names}
    recovered = {
        label: [_score(block, fit).value for block in blocks] for label, blocks in measured.items()
    }
    apart = {
        label: [_hundred(known(block.separability.linear)) for block in blocks]
        for label, blocks in measured.items()
    }
    scores = [_score(block, fit) for found in measured.values() for block in found]
    constant = score_of(fit_of(shown[0].results, "fm", fit), fit).constant
    colors = paint(shown)
    charts = {
        "recovered": (recovered, constant, "constant"),
        "separable": (apart, 50.0, "alike"),
    }
    drawn = [only] if only else list(charts)
    for place, name in zip(st.columns(len(drawn)), drawn, strict=True):
        curves, level, label = charts[name]
        figure = depth_figure(
            names, curves, MEASURES[name], reference=level, label=label, colors=colors
        )
        if name == "recovered" and (count := blind(study, shown)):
            _shade(figure, count)
        place.plotly_chart(figure, config=chart_config("depth"), key=f"depth.{label}")
    st.caption(
        f"The attacker has: **{FIT_SETS[fit].label}**, as chosen for *Recovery attacks*. He maps "
        "each block's output, averaged over positions, to the original's last features, and is "
        f"scored {_on(scores)}. {from_the_original(study, shown)} Right: how well a straight cut "
        "through a block's output tells forgotten pictures from kept ones that it was not fitted "
        "on; 50 is guessing. A method that works on the last features leaves earlier blocks as "
        "they were."
    )


def _shade(figure: go.Figure, count: int) -> None:
    """Shade the blocks at which the attack is blind, and say so in the chart."""
    figure.add_vrect(x0=-0.5, x1=count - 0.5, fillcolor=SHADE, line_width=0, layer="below")
    figure.add_annotation(
        x=(count - 1) / 2,
        y=0.98,
        yref="paper",
        yanchor="top",
        text=BLIND,
        showarrow=False,
        font={"size": text_size()},
    )


def _score(block: Block, fit: str) -> Score:
    """What an attacker with these data restores from one block."""
    found = block.recovery.fm.get(fit)
    return score_of(found or FitResult.undefined("not tried at the blocks"), fit)


def _on(scores: Sequence[Score]) -> str:
    """On which pictures: an older version kept no others than those that were fitted on."""
    if any(score.in_sample for score in scores):
        return "in-sample, on the forgotten pictures it was fitted on"
    return "on forgotten pictures that it was not fitted on"


def _hundred(value: float | None) -> float | None:
    return None if value is None else 100 * value
