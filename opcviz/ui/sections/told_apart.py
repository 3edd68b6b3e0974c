"""Does it show? Judges that tell forgotten from retained data, and the information in a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import streamlit as st

from ...common.records import Undefined, defined
from ...results import IdiResult, InformationResult, Sign, SignsResult
from ..charts.bands import Band
from ..charts.figures import chart_config
from ..charts.lines import Beside, lines_figure
from ..reading.references import References
from ..reading.store_reader import Column
from .missing import lacking, not_measured
from .paint import paint

__all__ = ["information", "told_apart"]

BEST = "best"
GUESSING = 50.0  # AUC × 100
JUDGES = {
    BEST: "the best of all",
    "linear": "a line",
    "knn": "neighbours",
    "rbf": "a kernel",
    "boosted": "boosted trees",
}
"""Judges by name, as the switch calls them."""


@st.fragment
def told_apart(shown: Sequence[Column], references: References) -> None:
    """One line a model over the blocks: how well a judge tells forgotten from retained pictures.

    Args:
        shown: the columns.
        references: whose band and floor are drawn.
    """
    stored = {c.label: c.results.get(SignsResult) for c in shown}
    made = {k: one for k, one in stored.items() if defined(one) and defined(one.judged)}
    if not made:
        not_measured("Telling forgotten from retained pictures", "signs")
        return
    first = next(iter(made.values()))
    names = list(dict.fromkeys(sign.judge for sign in first.signs()))
    judge = st.segmented_control(
        "Judge",
        [BEST, *names],
        format_func=lambda name: JUDGES.get(name, name),
        default=BEST,
        required=True,
        key="apart.judge",
        persist_state="session",
    )
    places = list(dict.fromkeys(_block(sign) for sign in first.signs()))
    best = {k: {at: _clearest(one, judge, at) for at in places} for k, one in made.items()}
    bands, untrained = references.along(
        SignsResult, places, lambda found, place: _auc(_clearest(found, judge, place))
    )
    drawn = {k: [_auc(signs[at]) for at in places] for k, signs in best.items()}
    words = {k: [_words(signs[at]) for at in places] for k, signs in best.items()}
    words["retrained"] = [band.words("") if band else "" for band in bands]
    st.plotly_chart(
        lines_figure(
            {k: (places, values) for k, values in drawn.items()},
            x_title="block, from input to output",
            y_title="AUC × 100",
            reference=GUESSING,
            reference_label="guessing",
            colors=paint(shown),
            beside=Beside(places, bands, _floors(untrained), words),
            lowest=_lowest([*chain.from_iterable(drawn.values()), *untrained], bands),
            height=250,
        ).update_xaxes(type="category"),
        config=chart_config(f"told-apart-{judge}"),
        key=f"apart.{judge}",
    )
    of = " and ".join(
        f"{count:,} {part}"
        for count, part in zip(first.samples, ("forgotten", "retained"), strict=True)
    )
    st.caption(
        f"How well a judge tells {of} pictures of the {first.side} set apart by what the model "
        "computes; the better of its output averaged over the picture (pooled) and whole "
        "(unpooled). Above the shaded retrained models it shows "
        "that something was unlearned; within them it shows no more than that the model never saw "
        "these pictures."
    )
    lacking({k: one.judged if defined(one) else one for k, one in stored.items()})


def _block(sign: Sign) -> str:
    """Its place without the view: `stem` of `stem, unpooled`."""
    return sign.place.partition(",")[0]


def _clearest(found: SignsResult, judge: str, block: str) -> Sign | None:
    """The greatest AUC of one judge, or of any, at one block."""
    here = [s for s in found.signs() if _block(s) == block and judge in (BEST, s.judge)]
    return max(here, key=lambda sign: sign.auc, default=None)


def _auc(sign: Sign | None) -> float | None:
    return None if sign is None else 100 * sign.auc


def _words(sign: Sign | None) -> str:
    if sign is None:
        return "not judged"
    view = ", unpooled" if sign.place.endswith("unpooled") else ""
    who = JUDGES.get(sign.judge, sign.judge)
    return f"AUC {sign.auc:.2f}, 95 %: {sign.low:.2f} to {sign.high:.2f} · {who}{view}"


def _lowest(values: Sequence[float | None], bands: Sequence[Band | None]) -> float:
    """Where the axis begins: at guessing, unless a judge is worse than that."""
    known = [*(v for v in values if v is not None), *(band.low for band in bands if band)]
    return 0.0 if min(known, default=GUESSING) < GUESSING else GUESSING


def _floors(untrained: list[float | None]) -> dict[str, list[float | None]]:
    return {"untrained": untrained} if any(value is not None for value in untrained) else {}


def information(shown: Sequence[Column], references: References) -> None:
    """One line a model over the blocks: how much a block tells of whether a picture is forgotten.

    Args:
        shown: the columns.
        references: whose band and floor are drawn.
    """
    stored = {c.label: c.results.get(InformationResult) for c in shown}
    made = {k: one for k, one in stored.items() if defined(one) and defined(one.bits)}
    if not made:
        not_measured("The information in each block", "information")
        return
    first = next(iter(made.values()))
    places = list(first.bits) if defined(first.bits) else []
    index = {c.label: c.results.get(IdiResult) for c in shown}
    bands, untrained = references.along(InformationResult, places, _share)
    words = {k: [_bits(one, index[k], at) for at in places] for k, one in made.items()}
    st.plotly_chart(
        lines_figure(
            {k: (places, [_share(one, at) for at in places]) for k, one in made.items()},
            x_title="block, from input to output",
            y_title=f"% of the {first.most:.2f} bits there are",
            colors=paint(shown),
            beside=Beside(places, bands, _floors(untrained), words),
            height=250,
        ).update_xaxes(type="category"),
        config=chart_config("information"),
        key="information",
    )
    st.caption(
        "Bits that a block tells of whether a picture is one of the forgotten, at least. The index "
        "(IDI) puts the retrained model of the same seed at 0 and the original at 1, over all "
        f"blocks: {_indices(index)}."
    )
    lacking({k: one.bits if defined(one) else one for k, one in stored.items()})


def _share(found: InformationResult, place: str) -> float | None:
    """Percent of all there is to know."""
    if not defined(found.bits) or not found.most or place not in found.bits:
        return None
    return 100 * found.bits[place] / found.most


def _bits(found: InformationResult, index: IdiResult | Undefined, place: str) -> str:
    bits = found.bits[place] if defined(found.bits) and place in found.bits else None
    if bits is None:
        return "not measured"
    blocks = index.blocks if defined(index) and defined(index.blocks) else ()
    idi = next((block.idi for block in blocks if block.name == place), None)
    return f"{bits:.2f} of {found.most:.2f} bits" + (f" · IDI {idi:.2f}" if defined(idi) else "")


def _indices(index: Mapping[str, IdiResult | Undefined]) -> str:
    """As in "OPC: 0.31, SSD: 0.88"; a model without one says why, all of them once."""
    found = {k: one if isinstance(one, Undefined) else one.idi for k, one in index.items()}
    reasons = {one.reason if isinstance(one, Undefined) else "" for one in found.values()}
    if len(reasons) == 1 and "" not in reasons:
        return f"none ({reasons.pop()})"
    return ", ".join(
        f"{label}: {f'none ({one.reason})' if isinstance(one, Undefined) else f'{one:.2f}'}"
        for label, one in found.items()
    )
