"""The rows of Side by side: columns are models, each row is one kind of evidence."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from ...common.records import Undefined, defined, known
from ...results import InversionSummary, MapsResult, StrongestResult
from ...study import StudyResult
from ..charts.maps_component import Panel, linked_maps
from ..charts.pictures import picture_strip
from ..reading import state
from ..reading import store_reader as library
from ..reading.store_reader import Column
from .sentences import HOW_TO_READ, collapse_line, headline, percent, title
from .verdicts import badge, details, reach

__all__ = ["MAP_NAMES", "headlines", "map_panel", "maps", "reconstructions"]

MAP_NAMES = {"umap": "UMAP", "densmap": "densMAP", "pca": "PCA"}


def headlines(shown: Sequence[Column]) -> None:
    """Names, the two accuracies that everybody asks for, and what they say."""
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        info, evidence = column.model.method.info, column.evidence
        accuracy = evidence.accuracy if defined(evidence) else None
        forget, test = (
            (known(accuracy.forget_train), known(accuracy.retain_test)) if accuracy else (None,) * 2
        )
        facts = [("forget accuracy", percent(forget)), ("retain, test", percent(test))]
        told = headline(column.name, column.results, column.verdict)
        tried = defined(column.results.get(StrongestResult))
        below = "".join(
            f'<div style="font-size:.85rem;opacity:.8;margin-top:.3rem">{_whole(line)}</div>'
            for line in reach(column.verdict, tried=tried)
        )
        cells = "".join(
            f'<div><div style="font-size:.85rem;opacity:.75">{label}</div>'
            f'<div style="font-size:1.45rem;font-weight:650;line-height:1.2">{value}</div></div>'
            for label, value in facts
        )
        with place.container(border=True, height="stretch"):
            st.html(
                f'<div data-testid="headline"><div style="font-size:1.1rem;font-weight:650">'
                f"{html.escape(column.label)}</div>"
                f'<div style="font-size:.85rem;opacity:.75">{html.escape(info.summary)} '
                f"({info.fidelity.mark})</div>"
                f'<div style="display:flex;gap:1.4rem;margin:.5rem 0 .45rem;flex-wrap:wrap">{cells}'
                f"</div>{badge(column.verdict)}"
                f'<div style="font-size:.9rem">{_whole(told)}</div>{below}</div>'
            )
    with st.expander("Why these verdicts?"):
        details(shown)


def _whole(text: str) -> str:
    """Text for HTML in which no percent sign begins a line."""
    return html.escape(text).replace(" %", "&nbsp;%")


def maps(study: StudyResult, view: state.View, shown: Sequence[Column]) -> None:
    """One linked map a model, with the numbers that the picture cannot show."""
    left, right = st.columns([3, 1.2], vertical_alignment="bottom")
    st.session_state["rows.map"] = view.map
    with right:
        st.segmented_control(
            "Kind of map",
            list(MAP_NAMES),
            format_func=lambda kind: MAP_NAMES[kind],
            key="rows.map",
            required=True,
            label_visibility="collapsed",
            on_change=lambda: state.update(map=st.session_state["rows.map"]),
        )
    with left:
        title("Feature map", HOW_TO_READ[view.map])
    samples, _ = library.samples(study)
    panels = [map_panel(column, view.map, len(samples.ids)) for column in shown]
    linked_maps(
        panels,
        samples,
        key=f"maps.{study.place}",
        selected=view.selection,
        on_select=lambda chosen: state.update(selection=chosen),
        titles=False,
    )
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        about, evidence = column.results.get(MapsResult), column.evidence
        drawn = about.maps.get(view.map) if defined(about) else None
        size = evidence if isinstance(evidence, Undefined) else evidence.collapse
        place.caption(collapse_line(size, drawn))


def map_panel(column: Column, kind: str, count: int, *, restored: bool = False) -> Panel:
    """One model's map of one kind, or why there is none.

    Args:
        column: the model.
        kind: of map.
        count: samples of the probe set.
        restored: whether colours will ask what an attacker restores.
    """
    arrays = column.arrays("maps", "maps.npz")
    if kind in arrays and len(arrays[kind]) != count:
        drawn = len(arrays[kind])
        return Panel(
            column.label,
            reason=f"no map: it was drawn of {drawn} samples, and the probe set has {count}",
        )
    if kind not in arrays:
        about = column.results.get(MapsResult)
        told = about.reason if isinstance(about, Undefined) else ""
        reason = told or f"{MAP_NAMES[kind]} was not drawn"
        return Panel(column.label, reason=f"no map: {reason}")
    origin = (0.0, 0.0) if kind == "pca" else None
    back = column.arrays("samples", "samples.npz").get("restored") if restored else None
    return Panel(
        column.label,
        arrays[kind],
        arrays.get("probabilities"),
        origin=origin,
        restored=back if back is not None and len(back) == count else None,
    )


@st.fragment
def reconstructions(shown: Sequence[Column]) -> None:
    """What inversion gets back of a few forget pictures, at any step of the search."""
    left, right = st.columns([1.6, 1.6], vertical_alignment="bottom")
    with left:
        title("Gradient inversion", HOW_TO_READ["inversion"])
    first = next((a for c in shown if (a := c.arrays("inversion", "inversion.npz"))), None)
    if first is None:
        st.caption("No gradient inversion was made for these models yet.")
        return
    steps = [int(step) for step in first.get("steps", ())]
    with right:
        step = _search_step(steps) if len(steps) > 1 else None
    scale = max(1, round(48 / first["pictures"].shape[-1]))
    label, targets = st.columns([1, 7], vertical_alignment="center")
    label.markdown("**The forget pictures**")
    targets.html(picture_strip(first["pictures"], scale=scale, label="true forget pictures"))
    for place, column in zip(st.columns(len(shown)), shown, strict=True):
        arrays = column.arrays("inversion", "inversion.npz")
        about = column.results.get(InversionSummary)
        with place:
            if isinstance(about, Undefined) or not arrays:
                st.caption(f"none: {about.reason}")
                continue
            if not np.array_equal(arrays["ids"], first["ids"]):
                st.caption("made of other pictures:")
                st.html(picture_strip(arrays["pictures"], scale=scale, label="its own pictures"))
            decibels, found = about.per_picture.psnr, arrays["found"]
            drawn, alts = arrays["reconstructions"], [f"reconstruction, {_db(v)}" for v in decibels]
            if step is not None and step in arrays.get("steps", ()):
                drawn = arrays["frames"][list(arrays["steps"]).index(step)]
                alts = [f"the search after step {step}"] * len(drawn)
            st.html(
                picture_strip(
                    drawn,
                    [] if found.all() else ["" if ok else "none" for ok in found],
                    scale=scale,
                    alts=alts,
                    label=f"reconstructions from {column.label}",
                )
            )
            st.caption(("" if step is None else "in the end: ") + _inversion_line(about))


def _search_step(steps: list[int]) -> int | None:
    """The step to look at; None at the end, which is the reconstruction itself."""
    at = st.select_slider(
        "Step of the search",
        steps,
        value=steps[-1],
        key="rows.step",
        help="How the attacker's pictures form; the scores are those of the last step.",
    )
    return None if at == steps[-1] else at


def _inversion_line(about: InversionSummary) -> str:
    """Scores of one model, the gradient they rest on, and what rebuilds a masked picture."""
    parts = []
    if about.psnr is None or about.ssim is None:
        parts.append(f"no score: {about.reason}")
    else:
        baseline = about.class_mean.psnr if about.class_mean else None
        parts.append(f"PSNR **{_db(about.psnr)}** (class mean {_db(baseline)})")
        parts.append(f"SSIM **{about.ssim:.2f}**")
    if about.gradient_norm is not None:
        body = about.body_gradient_norm
        inside = "" if body is None else f", of which in the body {body:.2g}"
        parts.append(f"gradient norm {about.gradient_norm:.2g}{inside}")
    each = about.per_picture
    # a picture without a cost was not searched
    settled = [
        done for done, cost in zip(each.settled, each.cost, strict=False) if cost is not None
    ]
    if not all(settled):
        parts.append(f"{len(settled) - sum(settled)} of {len(settled)} searches stopped short")
    if about.masked:
        parts.append("**gradient masked**: the pictures are rebuilt all the same")
    if defined(bent := about.surrogate) and bent.psnr is not None:
        parts.append(f"with slope {bent.slope:g} for dead units {_db(bent.psnr)}")
    if about.activations:
        told = ", ".join(f"{each.block} {_db(each.psnr)}" for each in about.activations)
        parts.append(f"from activations: {told}")
    return " · ".join(parts)


def _db(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} dB"
