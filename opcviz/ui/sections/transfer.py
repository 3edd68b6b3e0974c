"""How well downstream classes near the forgotten ones are learnt, beside far ones and the band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from ...common.records import defined
from ...common.text import percent
from ...results import PIXELS, TransferResult, TransferRung
from ..charts.figures import chart_config
from ..charts.lines import Beside, lines_figure
from ..charts.theme import projected
from ..reading.references import References
from ..reading.store_reader import Column
from .missing import lacking, plain
from .paint import paint

__all__ = ["there_are", "transfer"]

PROBES = {"linear": "Linear", "knn": "Nearest neighbours"}
NEAR, FAR = "near", "far"
CLEAR = 1.5
"""Near classes are taken for forgotten ones so many times as often as far ones, or it is said."""


def there_are(shown: Sequence[Column]) -> bool:
    """Whether anybody measured it: most studies name no downstream data set."""
    return any(defined(column.results.get(TransferResult)) for column in shown)


@st.fragment
def transfer(shown: Sequence[Column], references: References) -> None:
    """Two charts with a line a model from the pixels to the logits: near classes, and far ones.

    Args:
        shown: the columns.
        references: whose band and floor are drawn.
    """
    stored = {c.label: c.results.get(TransferResult) for c in shown}
    made = {k: one for k, one in stored.items() if defined(one) and one.given()}
    if made:
        given, probe = _chosen(sorted({n for found in made.values() for n in found.given()}))
        places = max((found.places() for found in made.values()), key=len)
        for which, column in zip((NEAR, FAR), st.columns(2), strict=True):
            with column:
                _chart(which, made, places, (probe, given), references, paint(shown))
        st.caption(_how_to_read(made, given, references))
    lacking({k: one.rungs if defined(one) else one for k, one in stored.items()})


def _chosen(counts: Sequence[int]) -> tuple[int, str]:
    """How many labelled pictures, and which probe."""
    left, right = st.columns(2)
    given = left.segmented_control(
        "Labelled pictures of each downstream class",
        counts,
        default=None if "transfer.given" in st.session_state else counts[0],
        required=True,
        key="transfer.given",
        persist_state="session",
    )
    probe = right.segmented_control(
        "Probe",
        list(PROBES),
        format_func=PROBES.__getitem__,
        default=None if "transfer.probe" in st.session_state else "linear",
        required=True,
        key="transfer.probe",
        persist_state="session",
    )
    chosen = next((count for count in counts if count == given), counts[0])
    probe = str(probe or "linear")
    if projected():  # without the switches
        st.markdown(f"Labelled pictures of each class: **{chosen}** · probe: **{PROBES[probe]}**")
    return chosen, probe


def _chart(
    which: str,
    made: Mapping[str, TransferResult],
    places: Sequence[str],
    asked: tuple[str, int],
    references: References,
    colors: Mapping[str, str],
) -> None:
    """Near classes, or far ones."""
    probe, given = asked

    def value(found: TransferResult, place: str) -> float | None:
        rung = found.at(place, probe, given)
        return None if rung is None else _side(which)(rung)

    rungs = {k: [found.at(place, probe, given) for place in places] for k, found in made.items()}
    bands, untrained = references.along(TransferResult, places, value)
    words = {k: [_words(rung) for rung in of] for k, of in rungs.items()}
    floors: dict[str, list[float | None]] = {}
    pixels = [
        each for each in (value(found, PIXELS) for found in made.values()) if each is not None
    ]
    if pixels:  # of several seeds they differ, where other classes are near
        floors["pixels"] = [max(pixels)] * len(places)
    if any(each is not None for each in untrained):
        floors["untrained"] = untrained
    st.plotly_chart(
        lines_figure(
            {k: (places, [value(found, at) for at in places]) for k, found in made.items()},
            x_title="place in the network, from input to output",
            y_title=f"unseen pictures of {which} classes (%)",
            colors=colors,
            beside=Beside(places, bands, floors, words),
            height=340,
        ).update_xaxes(type="category"),
        config=chart_config(f"transfer-{which}-{probe}-{given}"),
        key=f"transfer.{which}.{probe}.{given}",
    )


def _side(which: str) -> Callable[[TransferRung], float]:
    return (lambda rung: rung.near) if which == NEAR else (lambda rung: rung.far)


def _words(rung: TransferRung | None) -> str:
    if rung is None:
        return "no probe here"
    draws = "one draw" if rung.draws == 1 else f"mean of {rung.draws} draws"
    return f"near {rung.near:.1f} %, far {rung.far:.1f} % (near − far {rung.gap:+.1f}; {draws})"


def _how_to_read(made: Mapping[str, TransferResult], given: int, references: References) -> str:
    """How to read the charts, of what is drawn on them."""
    one = next(iter(made.values()))
    shares = [_shares(each) for each in made.values()]
    least, most = min(near for near, _ in shares), max(far for _, far in shares)
    told = [
        f"Probes learn the classes of {plain(one.data)}, another data set than the models', from "
        f"{given:,} labelled pictures of each class, and answer {one.scored:,} unseen ones; no "
        f"weight is changed. Near are {_near(made)}: the original answers at least "
        f"{percent(least)} of their pictures with a forgotten class, of a far class at most "
        f"{percent(most)}."
    ]
    if any(near <= CLEAR * far for near, far in shares):
        told.append("That hardly sets them apart: what is near and far here says little.")
    if references.retrained:
        told.append(
            "Shaded: lowest to highest of the retrained models. A line above it for near classes "
            "and not for far ones: what was learnt from the forgotten still serves. Below it for "
            "near classes and not for far ones: damage beyond forgetting, at that place alone. "
            "Above or below it for both: the network serves better or worse there, and nothing "
            "is told of the forgotten."
        )
    told.append(
        "A network below the dotted pixels is not needed for these classes. This does not enter "
        "the verdict."
    )
    return " ".join(told)


def _near(made: Mapping[str, TransferResult]) -> str:
    """The near classes, for each model where they are not the same for all."""
    found = {k: plain(", ".join(one.near)) for k, one in made.items()}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return "; ".join(f"{names} ({plain(label)})" for label, names in found.items())


def _shares(one: TransferResult) -> tuple[float, float]:
    """The least share of a near class and the greatest of a far one."""
    shares = one.shares or {}
    near = [share for name, share in shares.items() if name in one.near]
    far = [share for name, share in shares.items() if name not in one.near]
    return min(near, default=0.0), max(far, default=0.0)
