"""Every method by every measure: a table to sort, to filter, to open and to take away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from ...methods import MARKS, REFERENCES
from ...study import StudyResult
from ...verdict import Consensus
from ..charts.table_component import table
from ..reading import board_files, state
from ..reading.board import Board, Line, Measure
from ..reading.board_view import (
    BY_VERDICT,
    GONE_IN_WORDS,
    SortBy,
    hall_measures,
    kept,
    most_is_best,
    ordered,
    shown_measures,
)
from ..reading.choices import page_script
from ..reading.held import hold
from ..reading.judged import beyond, judge_more, judged
from ..reading.suites import BY_LUCK
from .missing import plain, unknown_words
from .presentation import presenting
from .scoreboard_cells import BAND, CORNER, OPCS, for_hall, heads, table_rows

__all__ = ["MOST_TICKED", "opened_models", "passing", "pending", "scoreboard", "toggled"]

MOST_TICKED = state.MAX_MODELS - 2  # beside original and retrained
POLL = 0.5  # seconds between two looks, while verdicts are still missing
BATCH = 0.3  # seconds of judging at a time
ARROWS_IN_WORDS = (
    "<b>↓</b> less is better, <b>↑</b> more, <b>≈</b> the goal is what retrained have."
)
COLOURS_IN_WORDS = (
    "Colours are not the verdict: they begin where this one figure leaves the retrained models, "
    "while the verdict weighs every attacker beside a line of their own, which lies further out. "
    "The rule in full stands on Instruments."
)
FAMILY = {OPCS: f"{OPCS} (OPC and its kin)"}
OPCS_IN_WORDS = "<b>Blue edge</b>: OPC and its kin."
_FILTER = "board.filter"  # that the rest of the page was drawn with


def scoreboard(study: StudyResult, board: Board) -> None:
    """The table with all that belongs to it.

    Args:
        study: on the page.
        board: its numbers.
    """
    methods = [line for line in board.lines if line.models]
    waiting = len(judged(study, methods)) < len(methods)
    st.session_state[_FILTER] = _filter()
    st.fragment(_scoreboard, run_every=POLL if waiting else None)(study, board)


def _scoreboard(study: StudyResult, board: Board) -> None:
    methods = [line for line in board.lines if line.models]
    known = judged(study, methods)
    families = list(dict.fromkeys(line.family for line in methods if not line.fixed))
    if st.session_state.get(_FILTER) != _filter():
        st.rerun()  # the whole page: the chart below shows the same methods
    _say_unknown(board, families)
    if presenting():  # a hall presses nothing, and reads few columns
        measures = hall_measures(board, _words("groups"))
    else:
        _filters(families)
        measures = _groups(board)
    by = _by()
    if by.key not in (BY_VERDICT, CORNER.key) and board.measure(by.key) is None:
        st.info(plain(f"This study has no measure '{by.key}'; the rows stand by verdict."))
        by = SortBy(BY_VERDICT)
    passed = passing(study, board)
    whole = len(known) == len(methods)
    lines = ordered(passed, by, known, beyond(study, methods) if whole else None)
    ticks = [line.key for line in methods if line.key in _words("ticks")]
    drawn = table_rows(lines, measures, known, ticks)
    if presenting():
        drawn = [for_hall(row) for row in drawn if not row.fixed or row.key == BAND]
    with st.container(key="board-table"):  # has its height before it is drawn
        table(
            heads(measures),
            drawn,
            key=f"board.{study.place}",
            corner=CORNER,
            sort=by.key if whole or by.key != BY_VERDICT else "",  # the order waits for verdicts
            down=by.down,
            label="Methods and measures; mean over seeds, below it ± standard deviation",
            empty="No method passes the filters above.",
            on_sort=partial(_sort, board),
            on_open=lambda key: st.session_state.update({"board.open": (key,)}),
            on_tick=lambda key: state.choose(ticks=",".join(toggled(_words("ticks"), key))),
        )
    if presenting():
        st.html(_told(f"{ARROWS_IN_WORDS} {OPCS_IN_WORDS}{pending(len(methods) - len(known))}"))
    else:
        _below(study, board, lines, measures, known, ticks)
    if asked := st.session_state.pop("board.open", ()):
        state.update(models=opened_models(board, asked))
        st.switch_page(page_script(study.study.task))
    if len(known) < len(methods) and judge_more(study, methods, BATCH):
        st.rerun()  # the whole page: this part has to stop renewing itself


def _sort(board: Board, key: str) -> None:
    """Sort by the column whose head was pressed, the best first."""
    state.choose(by=_by().pressed(key, most=most_is_best(board, key)).word)


def _by() -> SortBy:
    """What the rows are sorted by: by verdict unless somebody chose."""
    return SortBy.read(state.option("by") or BY_VERDICT)


def passing(study: StudyResult, board: Board) -> list[Line]:
    """The rows that the filters let through, in the study's order; fixed ones always."""
    families = {line.family for line in board.lines if line.models}
    return kept(
        board.lines,
        find=state.option("find"),
        families=[name for name in _words("family") if name in families],
        gone=_words("gone"),
        judged=judged(study, [line for line in board.lines if line.models]),
    )


def _filter() -> tuple[str, ...]:
    return tuple(state.option(name) for name in ("find", "family", "gone"))


def toggled(ticks: Sequence[str], key: str) -> list[str]:
    """The ticked rows after a box was pressed: at most `MOST_TICKED`, the oldest gives way."""
    if key in ticks:
        return [each for each in ticks if each != key]
    return [*ticks, key][-MOST_TICKED:]


def opened_models(board: Board, asked: Sequence[str]) -> tuple[str, ...]:
    """The models that Side by side is to show for some rows, all of one seed where they have one.

    Args:
        board: with the rows.
        asked: their keys; original and retrained model come first whatever is asked.
    """
    lines = {line.key: line for line in board.lines if line.models}
    wanted = [lines[key] for key in asked if key in lines]
    beside = [each for each in lines.values() if each.method in REFERENCES]
    all_of = [line for line in (*beside, *wanted) if line.models]
    shared = set.intersection(*(set(line.models) for line in all_of)) if all_of else set()
    found = []
    for line in all_of:
        seed = min(shared) if shared else min(line.models)
        found.append(line.models[seed])
    return tuple(dict.fromkeys(found))[: state.MAX_MODELS]


def _words(name: str) -> list[str]:
    """An option that holds several words."""
    return [word for word in state.option(name).split(",") if word]


def _say_unknown(board: Board, families: Sequence[str]) -> None:
    """Name what the address asks for and this study has not."""
    axes = [each.key for each in board.measures if each.better]
    for name, what, known in (
        ("family", "family of methods", families),
        ("gone", "answer to whether it is gone", GONE_IN_WORDS),
        ("groups", "group of columns", board.groups),
        ("ticks", "method", [line.key for line in board.lines if line.models]),
        ("x", "measure with a good direction", axes),
        ("y", "measure with a good direction", axes),
    ):
        unknown_words(name, what, _words(name), known)


def _filters(families: Sequence[str]) -> None:
    left, middle, right = st.columns([1.1, 1.2, 1.2], vertical_alignment="bottom")
    with left:
        hold("board.find", state.option("find"))
        st.text_input(
            "Find a method",
            key="board.find",
            placeholder="part of a name",
            icon=":material/search:",
            on_change=lambda: state.choose(find=st.session_state["board.find"][:80]),
        )
    for place, label, option, words in (
        (middle, "Family", "family", families),
        (right, "Is it gone?", "gone", list(GONE_IN_WORDS)),
    ):
        key = f"board.{option}"
        with place:
            hold(key, [word for word in _words(option) if word in words])
            st.multiselect(
                label,
                words,
                format_func=lambda word: {**GONE_IN_WORDS, **FAMILY}.get(word, word),
                key=key,
                placeholder="all",
                on_change=_choose_list,
                args=(option, key),
            )


def _choose_list(option: str, key: str) -> None:
    state.choose(**{option: ",".join(st.session_state[key] or ())})


def _groups(board: Board) -> list[Measure]:
    """Which groups of columns are shown, and the columns."""
    measures = shown_measures(board, _words("groups"))
    drawn = dict.fromkeys(each.group for each in measures)
    pressed = [word for word in _words("groups") if word in drawn]  # the browser's order
    hold("board.groups", pressed or list(drawn))
    st.pills(
        "Columns",
        list(board.groups),
        format_func=lambda key: board.groups[key],
        selection_mode="multi",
        key="board.groups",
        on_change=_choose_list,
        args=("groups", "board.groups"),
    )
    return measures


def _below(
    study: StudyResult,
    board: Board,
    lines: Sequence[Line],
    measures: Sequence[Measure],
    known: Mapping[str, Consensus],
    ticks: Sequence[str],
) -> None:
    methods = sum(bool(line.models) for line in board.lines)
    suites = {line.key.endswith(".quick") for line in board.lines if line.models}
    st.html(_legend(measures, waiting=methods - len(known), both=len(suites) > 1))
    collect, *places, _ = st.columns([1.8, 0.8, 0.8, 0.8, 1.6], vertical_alignment="center")
    with collect:
        some = "1 method" if len(ticks) == 1 else f"{len(ticks)} methods"
        if st.button(
            f"Side by side: {some}" if ticks else f"Tick up to {MOST_TICKED} methods",
            icon=":material/view_column:",
            disabled=not ticks,
            key="board.collected",
            help="Opens them beside the original and the retrained model of the same seed.",
        ):
            state.update(models=opened_models(board, ticks))
            st.switch_page(page_script(study.study.task))
    caption = f"{study.study.title or study.place}: mean and standard deviation over seeds."
    for place, label, ending, mime, make, told in (
        (
            places[0],
            "CSV",
            "csv",
            "text/csv",
            lambda: board_files.to_csv(lines, measures, known),
            "What is shown: mean, standard deviation and number of seeds of every measure.",
        ),
        (
            places[1],
            "LaTeX",
            "tex",
            "text/x-tex",
            lambda: board_files.to_latex(lines, measures, known, caption),
            "What is shown, as a table for a paper (package booktabs).",
        ),
        (
            places[2],
            "JSON",
            "json",
            "application/json",
            lambda: board_files.to_json(board),
            "All methods and measures, in the form of `opcviz table --json`.",
        ),
    ):
        place.download_button(
            label,
            make,
            f"scoreboard-{study.place}.{ending}",
            mime,
            icon=":material/download:",
            width="stretch",
            on_click="ignore",
            key=f"board.{ending}",
            help=told,
        )


def _legend(measures: Sequence[Measure], *, waiting: int, both: bool = False) -> str:
    """What colours, arrows and marks mean; HTML.

    Args:
        measures: the columns.
        waiting: how many verdicts are still being made.
        both: whether figures of quick attacks stand below those of full ones.
    """
    seeds = max((each.band.models for each in measures if each.band), default=0)
    beside = f"the {seeds} retrained models" if seeds > 1 else "the one retrained model"
    box = (
        '<span style="display:inline-block;width:1.6em;height:1em;vertical-align:-.12em;'
        'border:1px solid currentColor;border-radius:3px;background:{}"></span> {}'
    )
    parts = []
    if seeds:
        parts = [
            box.format(
                "rgb(226 178 0 / .46)",
                f"beyond {beside} on the side of memory, of harm or of cost",
            ),
            box.format(
                "transparent", "within them, or as near as one standard deviation over seeds"
            ),
            box.format(
                "rgb(0 158 178 / .46)",
                "beyond them on the other side, by which unlearning may be noticed",
            ),
        ]
    else:
        parts = ["No colours: this study has no retrained model to compare with."]
    marks = "; ".join(f"<b>{name}</b>: {what}" for name, what in MARKS.items())
    told = " · ".join(parts) + (f"<br>{COLOURS_IN_WORDS}" if seeds else "")
    more = (
        f"{ARROWS_IN_WORDS} Below a number: ± one standard deviation over seeds, and nothing where "
        "there is one seed, or where a figure without a model is the same for all. –: no number; "
        "the reason is under the pointer."
    )
    luck = f" {BY_LUCK}" if both else ""
    return _told(f"{told}<br>{more}{luck}<br>{OPCS_IN_WORDS} Fidelity: {marks}.{pending(waiting)}")


def pending(waiting: int) -> str:
    """How many verdicts are still being made; HTML, empty for none."""
    if not waiting:
        return ""
    some = "1 verdict is" if waiting == 1 else f"{waiting} verdicts are"
    return f" <b>{some} still being made.</b>"  # in the line: a hall has no height for one more


def _told(text: str) -> str:
    size = "max(14px,var(--least-text,0px))"
    return f'<div data-testid="board-legend" style="font-size:{size};line-height:1.6">{text}</div>'
