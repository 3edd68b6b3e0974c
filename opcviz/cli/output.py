"""What the command line prints: bars while something runs, tables of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Table

from ..common.progress import Epoch, Event, Message, Progress, Stage, Step

__all__ = ["bars", "listing", "numbers_table", "reading"]


@contextmanager
def bars(console: Console, count: int) -> Iterator[Progress]:
    """Two bars: answers of the whole study, and steps of the current one."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bars(*columns, console=console) as shown:
        total = shown.add_task("study", total=count, note="")
        current = shown.add_task("", total=None, note="")

        def listen(event: Event) -> None:
            if isinstance(event, Stage):
                shown.update(total, completed=event.index)
                label = f"{event.name} · {event.model}"
                shown.reset(current, description=label[:48], total=None, note="")
            elif isinstance(event, Step):
                shown.update(current, completed=event.step, total=event.steps)
            elif isinstance(event, Epoch):
                values = event.values
                watched = (("forget", "forget_accuracy"), ("retain", "retain_accuracy"))
                note = " ".join(
                    f"{k} {values[v]:.0f} %" for k, v in watched if values.get(v) is not None
                )
                shown.update(current, note=note)
            elif isinstance(event, Message):
                shown.console.print(event.text)

        yield Progress(listen)
        shown.update(total, completed=count)


def reading(result: dict[str, Any]) -> str:
    """How the numbers are read."""
    return (
        "Accuracies in percent. After FM: accuracy on forget data that an affine map of "
        "the features restores (fit set all). A constant answer alone scores "
        f"{_percent(_constant(result))}. PSNR of gradient inversion in dB."
    )


def _constant(result: dict[str, Any]) -> float | None:
    for model in result["models"]:
        value = model["recovery"]["fm"]["all"]["constant_predictor"]
        if value is not None:
            return value
    return None


def numbers_table(result: dict[str, Any]) -> Table:
    """The headline numbers of a study, a line a model; `result` as `StudyResult.to_dict()`."""
    from ..study.table import columns  # here: the kinds of artefact bring torch along

    title = f"{result['study']['title']} ({result['study']['place']})"
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown = columns("show")
    for name in ("model", "seed", *(column.name for column in shown), "verdict"):
        words = name in ("model", "verdict")
        table.add_column(name, justify="left" if words else "right", no_wrap=name != "verdict")
    for model in result["models"]:
        values = [(column.value(model), column.format) for column in shown]
        table.add_row(
            model["method"],
            str(model["seed"]),
            *("–" if value is None else f"{value:{form}}" for value, form in values),
            _verdict(model["verdict"]),
        )
    return table


def _verdict(verdict: dict[str, Any]) -> str:
    words = [verdict["verdict"] or "–", verdict["level"]]
    return ", ".join(filter(None, words))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def listing(rows: Sequence[dict[str, Any]]) -> Table:
    """Plain values of rows that share their keys."""
    table = Table()
    plain = [{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in rows]
    for name in plain[0] if plain else ("none yet",):
        table.add_column(name)
    for row in plain:
        table.add_row(*(str(value) for value in row.values()))
    return table
