"""Presentation mode: one row a screen, large and strong enough for the last row of a hall."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ...study import StudyResult
from ..charts.keys_component import listen
from ..charts.palette import method_colour
from ..charts.theme import ask_whether_projected
from ..reading import state
from ..reading import store_reader as library
from ..reading.choices import LEAVES_FIRST
from ..reading.held import hold
from .glossary import FOCUSED

__all__ = [
    "BACK",
    "BESIDE",
    "MOST_COLUMNS",
    "ONWARD",
    "controls",
    "fitting",
    "hear",
    "leave",
    "part_of",
    "presenting",
    "say_models",
    "start",
    "style",
    "turn",
    "turner",
]

MOST_COLUMNS = 3  # that can be read from the last row
ONWARD, BACK = ("ArrowRight", "PageDown"), ("ArrowLeft", "PageUp")
BESIDE = "hall-beside"
"""How the key of a container begins whose charts are narrow enough to stand beside each other in a
hall, too."""
_ROWS = "presentation.rows"  # how many the page has

# Text has rem as its unit; what is smaller than the rest is raised to what a hall can read.
STYLE = """<style>
html { font-size: 20px !important; --least-text: 18px; --least-badge: 20px; --row-gap: .2rem;
  --wall-high: 32vh; }
.stApp .stMain [data-testid="badge"] { font-size: 20px !important; }
[data-testid="stHeader"], [data-testid="stToolbar"], [data-testid="stStatusWidget"],
[data-testid="stMain"] [data-testid="stTooltipIcon"]:not(:has([data-testid^="stBaseButton"])) {
  display: none !important; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: .6rem; }
[data-testid="stElementContainer"]:has([data-testid='explain']) { margin-top: -1.2rem; }
.stMainBlockContainer { padding: .7rem 1.4rem .3rem !important; max-width: none !important; }
.stMain [data-testid="stCaptionContainer"], .stMain [data-testid="stCaptionContainer"] * {
  color: inherit !important; opacity: 1 !important; }
.stMain :is([style*="font-size:."], [style*="font-size: ."], [style*="font-size: 0."],
  [data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] *, table, td, th,
  [data-testid="stWidgetLabel"] *, [data-testid="stPageLink"] *, [data-testid="stSliderThumbValue"],
  [data-testid="stSliderThumbValue"] *, [data-testid="stMultiSelect"] *,
  [data-testid="stSelectbox"] *, [data-testid="stExpander"] summary *, [data-testid="stProgress"] *,
  button p) {
  font-size: max(.9rem, 18px) !important; }
.st-key-board-table { --table-height: calc(100vh - 11.5rem); }
.st-key-row-large-maps { --large-map: max(12rem, calc(100vh - 18.2rem)); --large-shape: auto;
  --desk: none; }
.st-key-row-large-maps > :is(:first-child, :has(> [data-testid="stMarkdown"])) { display: none; }
.st-key-row-measures { --table-height: calc(100vh - 20rem); }
.stMain h3 { padding: 0 0 .3rem; }
[class*="st-key-row-"] h2 { font-size: 1.2rem; padding: 0 0 .2rem; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] >
  [data-testid="stElementContainer"] h3 { font-size: 1.05rem; margin-right: 21rem; }
[class*="st-key-row-"] [data-testid="stHorizontalBlock"]:has([data-testid="stPlotlyChart"]) {
  flex-direction: column; }
[data-testid="stHorizontalBlock"]:has([data-testid="stPlotlyChart"]) > [data-testid="stColumn"] {
  width: 100%; flex: none; }
[class*="st-key-row-"] [class*="st-key-hall-beside"] [data-testid="stHorizontalBlock"] {
  flex-direction: row; }
[class*="st-key-hall-beside"] [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {
  width: 0 !important; flex: 1 1 0 !important; }
.stMain [style*="opacity"] { opacity: 1 !important; }
.stApp:has(.st-key-presentation-turner) .stMain h1 {
  font-size: 1.1rem; padding: 0; min-height: 1.5rem; }
[class*="st-key-lab-hall-"] h2 { font-size: 1.2rem; padding: 0 0 .2rem; }
.st-key-lab-hall-replay [data-testid="stCaptionContainer"] { display: none !important; }
[data-testid="stPlotlyChart"] :is(.legendtext, [class$="title"], [class*="tick"] > text,
  text[style*="124, 135, 150"], .annotation-text[style*="128, 132, 149"]) {
  fill: currentColor !important; }
[class*="st-key-row-"]:not(.st-key-row-bench-ask) :is(
  [data-testid="stButtonGroup"], [data-testid="stSelectbox"], [data-testid="stTextInput"],
  [data-testid="stMultiSelect"], [data-testid="stSlider"], [data-testid="stPopover"],
  [data-testid="stExpander"], [data-testid="stDownloadButton"]) { display: none; }
[class*="st-key-row-"] [data-testid="stCaptionContainer"] { display: none; }
[class*="st-key-row-"] [data-testid="stColumn"] [data-testid="stCaptionContainer"] {
  display: block; }
.stMain :is([data-testid="stCheckbox"], .st-key-bench-take button) * {
  white-space: normal !important; overflow: visible !important; }
.stMain [data-testid="sentence"] { font-size: 18px; line-height: 1.3; }
.stApp:has(.st-key-presentation-turner) .st-key-head-study,
.st-key-slim-head [data-testid="stSelectbox"],
.stApp:has(.st-key-presentation-turner) .st-key-page-tools,
.stApp:has(.st-key-names) [data-testid="presented-models"],
.stApp:has(.st-key-row-inversion) .st-key-names {  /* its rows are the models, with their names */
  display: none !important; }
.stApp [data-testid="stElementContainer"]:has([data-testid="presented-models"]) {
  padding-top: .6rem; }
.stApp:has(.st-key-presentation-turner) .st-key-slim-head { min-height: 1.65rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-presentation-turner) { position: absolute; }
.stApp .st-key-hall-title { min-height: 1.7rem; }
.stApp .st-key-race-status { min-height: 0; }
:is(.st-key-lab-hall-run, .st-key-lab-hall-replay, .st-key-lab-hall-runs) .st-key-lab-form,
.stApp:has(.st-key-presentation-turner)
  [data-testid="stHorizontalBlock"]:not(.st-key-slim-head):has(.st-key-head-study) {
  display: none; }
.st-key-presentation-turner { position: fixed; top: .45rem; right: 1.4rem; z-index: 99;
  width: auto !important; gap: .3rem;
  flex-wrap: nowrap !important; white-space: nowrap; }
.st-key-presentation-turner button { padding: .1rem .6rem; min-height: 0; }
.st-key-presentation-turner [data-testid="stMarkdown"] { min-width: 4.2rem; text-align: center;
  font-variant-numeric: tabular-nums; }
</style>"""


def presenting() -> bool:
    """Whether the page is for a hall."""
    return state.option("present") == "on"


def _here() -> bool:
    return get_script_run_ctx(suppress_warning=True) is not None and presenting()


ask_whether_projected(_here)


def style() -> None:
    """Words that explain themselves; in a hall large text, and nothing but the page."""
    st.html(FOCUSED)
    if presenting():
        st.html(STYLE)


def fitting(study: StudyResult, models: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The models that fit in a hall, and the labels of those that do not.

    One goes first, see `LEAVES_FIRST`; then the last ones go.

    Args:
        study: that they belong to.
        models: their keys, in the order of columns.
    """
    names = {model.key: model.method.info.name for model in study.models}
    kept = list(models)
    goes = LEAVES_FIRST[study.study.task]
    while len(kept) > MOST_COLUMNS:
        told_least = [key for key in kept if names.get(key) == goes]
        kept.remove(told_least[0] if told_least else kept[-1])
    titles = library.labels(study)
    return tuple(kept), [titles[key] for key in models if key not in kept]


def say_models(study: StudyResult, models: Sequence[str], dropped: Sequence[str]) -> None:
    """The names of the columns, each in its method's colour, and who was left out.

    Args:
        study: that they belong to.
        models: keys of the columns.
        dropped: labels of the others.
    """
    titles = library.labels(study)
    names = {model.key: model.method.info.name for model in study.models}
    cells = "".join(
        '<div style="display:flex;align-items:center;gap:.5rem;font-weight:650;min-width:0">'
        f'<span style="flex:none;width:1rem;height:1rem;border-radius:50%;background:'
        f'{method_colour(names[key])}"></span>{html.escape(titles[key])}</div>'
        for key in models
    )
    left_out = (  # once is enough, and in one line
        f'<div style="margin-top:.15rem;font-size:.9rem">At most {MOST_COLUMNS} columns can be '
        f"read from afar; left out: {html.escape('; '.join(dropped))}.</div>"
        if dropped and state.option("row") in ("", "1")
        else ""
    )
    st.html(
        '<div data-testid="presented-models" style="display:grid;gap:1rem;grid-template-columns:'
        f'repeat({max(len(models), 1)},minmax(0,1fr))">{cells}</div>{left_out}'
    )


def controls(*, explain: bool, slim: bool = False) -> None:
    """The switch of the explanations and the button that begins a presentation, or ends it.

    Args:
        explain: whether the page has rows to explain.
        slim: whether there is little room: the button has no words.
    """
    if presenting():  # a hall has no use for the rest; rows hide this one behind their own
        leave(where="head")
        return
    if explain:
        hold("head.explain", state.option("explain") == "on")
        st.toggle(
            "Explain",
            key="head.explain",
            help=None if slim else "One sentence under each row: how to read it.",
            on_change=lambda: state.choose(
                explain="on" if st.session_state["head.explain"] else "off"
            ),
        )
    start(slim=slim)


def start(*, slim: bool = False) -> None:
    """The button that begins a presentation.

    Args:
        slim: a picture in place of the word.
    """
    st.button(
        ":material/slideshow:" if slim else "Present",
        icon=None if slim else ":material/slideshow:",
        key="presentation.start",
        help="Present: large text and one row a screen, for a projector. Key P.",
        on_click=_switch,
        args=("on",),
    )


def leave(where: str = "rows") -> None:
    """The button that ends it.

    Args:
        where: on the page it stands; a page has one at most in each place.
    """
    st.button(
        "Leave",
        key=f"presentation.leave.{where}",
        help="Or press Escape.",
        on_click=_switch,
        args=("off",),
    )


def _switch(word: str) -> None:
    state.choose(present=word, row="")


def hear(step: Callable[[int], None] | None = None) -> None:
    """Listen for P, and in a presentation for Escape and the keys that turn rows.

    Args:
        step: what these keys do instead on a page without rows, in a presentation or not; told 1
            for onward and −1 for back.
    """
    st.session_state[_ROWS] = 0
    keys = ("p", *(("Escape",) if presenting() else ()))
    keys += (*ONWARD, *BACK) if presenting() or step else ()
    at = state.option("row") + state.option("chapter")
    listen(
        keys,
        lambda name: _pressed(name, step or turn),
        key="presentation.keys",
        at=at,
        scrolls=presenting(),
    )


def _pressed(name: str, step: Callable[[int], None]) -> None:
    if name in ONWARD or name in BACK:
        step(1 if name in ONWARD else -1)
    elif name == "Escape" or presenting():
        _switch("off")
    else:
        _switch("on")


def turn(by: int, beyond: Callable[[int], None] | None = None) -> None:
    """Go to another row of the page.

    Args:
        by: 1 for onward, −1 for back.
        beyond: what to do at either end; without it nothing happens there.
    """
    count = st.session_state.get(_ROWS, 0)
    if not count:
        return
    at = _row(count) + by
    if 1 <= at <= count:
        state.choose(row=str(at) if at > 1 else "")
    elif beyond is not None:
        beyond(by)


def _row(count: int) -> int:
    """Which row is shown, from 1: the nearest there is to what the address says."""
    return min(max(int(state.option("row") or 1), 1), count)


def part_of(parts: Sequence[str]) -> str:
    """Which part of a page without rows a presentation shows, with the buttons that turn it.

    Args:
        parts: of the page, by name.

    Returns:
        One of them; empty outside a presentation, where the page shows all.
    """
    return parts[turner(len(parts))] if presenting() else ""


def turner(
    count: int,
    *,
    beyond: Callable[[int], None] | None = None,
    more: tuple[bool, bool] = (False,) * 2,
) -> int:
    """Draw the buttons that turn rows.

    Args:
        count: of the page's rows.
        beyond: see `turn`.
        more: whether there is something before the first row, and after the last.

    Returns:
        The position of the row that is shown, from 0.
    """
    st.session_state[_ROWS] = count
    at = _row(count)
    with st.container(
        key="presentation-turner", horizontal=True, vertical_alignment="center", width="content"
    ):
        for name, icon, by, stop, further in (
            ("Previous", ":material/chevron_left:", -1, 1, more[0]),
            ("Next", ":material/chevron_right:", 1, count, more[1]),
        ):
            st.button(
                name,
                icon=icon,
                key=f"presentation.{'next' if by > 0 else 'previous'}",
                on_click=turn,
                args=(by, beyond),
                disabled=at == stop and not further,
            )
            if by < 0:
                st.markdown(f"{at} of {count}", width="content")
        leave()
    return at - 1
