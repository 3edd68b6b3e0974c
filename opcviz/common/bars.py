"""Progress bars in a terminal or a notebook, as listeners of `Progress`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from .progress import Epoch, Event, Message, Progress, Stage, Step

__all__ = ["bar", "bars", "worker_bars"]


def _bars(console: Console) -> Bars:
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    )


@contextmanager
def bar(description: str, shown: bool | Progress = True) -> Iterator[Progress]:
    """One bar over the steps of one piece of work.

    Args:
        description: what is being done, before the bar.
        shown: False, or neither a terminal nor a notebook to draw in: nothing is shown. A
            `Progress` of your own is told instead.
    """
    if isinstance(shown, Progress):
        yield shown
        return
    console = Console(stderr=True)
    if not shown or not (console.is_terminal or console.is_jupyter):
        yield Progress()
        return
    with _bars(console) as drawn:
        current = drawn.add_task(description, total=None, note="")

        def listen(event: Event) -> None:
            if isinstance(event, Step):
                note = "" if event.loss is None else f"loss {event.loss:.3g}"
                drawn.update(current, completed=event.step, total=event.steps, note=note)
            elif isinstance(event, Message):
                drawn.console.print(event.text, markup=False, highlight=False)

        yield Progress(listen)
        total = drawn.tasks[current].total or 1  # some work tells no steps, most not its last one
        drawn.update(current, total=total, completed=total)


@contextmanager
def worker_bars(
    console: Console, count: int
) -> Iterator[tuple[Progress, Callable[[str, Event], None]]]:
    """One bar over the answers of a whole study, and one for each worker that tells something.

    Yields the progress of the whole, and what is called with a worker's name and its event.
    """
    with _bars(console) as shown:
        total = shown.add_task("study", total=count, note="")
        lines: dict[str, TaskID] = {}

        def listen(event: Event) -> None:
            if isinstance(event, Stage):
                shown.update(total, completed=event.index, total=event.count)
            elif isinstance(event, Message):
                shown.console.print(event.text, markup=False, highlight=False)

        def heard(worker: str, event: Event) -> None:
            if worker not in lines:
                lines[worker] = shown.add_task("", total=None, note=worker)
            if isinstance(event, Stage):
                label = f"{event.name} · {event.model}"
                shown.reset(lines[worker], description=label[:48], total=None, note=worker)
            elif isinstance(event, Step):
                shown.update(lines[worker], completed=event.step, total=event.steps)
            elif isinstance(event, Message):
                shown.console.print(event.text, markup=False, highlight=False)

        yield Progress(listen), heard
        shown.update(total, completed=count)
        for line in lines.values():
            shown.remove_task(line)


@contextmanager
def bars(console: Console, count: int) -> Iterator[Progress]:
    """Two bars: answers of the whole study, and steps of the current one."""
    with _bars(console) as shown:
        total = shown.add_task("study", total=count, note="")
        current = shown.add_task("", total=None, note="")

        def listen(event: Event) -> None:
            if isinstance(event, Stage):
                shown.update(total, completed=event.index, total=event.count)
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
                shown.console.print(event.text, markup=False, highlight=False)

        yield Progress(listen)
        done = shown.tasks[total].total
        shown.update(total, completed=count if done is None else done)
        shown.remove_task(current)  # whatever it was at last, nothing is left to do
