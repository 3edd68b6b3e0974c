"""Trains several models of a study side by side, epoch by epoch, in one process.

Each model trains in a thread of its own, of which one alone is ever awake: after an epoch it hands
over to whoever has done the least of its run. What a training reads besides its own state, torch's
global generators, is put away and brought back at each change, so every model comes out bit for bit
as if it had been trained alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from ..common.devices import flush_denormals
from ..common.progress import Cancelled, Epoch, Event, Progress, Stage

__all__ = ["Lane", "race"]


@dataclass
class Lane:
    """One of the trainings.

    Attributes:
        stage: told whenever this training goes on.
        train: does it, from the first epoch to the last; its events go to the progress of `race`.
        done: share of the run that is done, 0 to 1.
        error: what ended it early.
        ended: whether it has ended, in whatever way.
    """

    stage: Stage
    train: Callable[[], None]
    done: float = 0.0
    error: BaseException | None = None
    ended: bool = False
    turn: threading.Event = field(default_factory=threading.Event, repr=False)


def race(
    lanes: Sequence[Lane], progress: Progress, take: Callable[[Progress], None]
) -> Sequence[Lane]:
    """Run trainings to their ends, an epoch of one after an epoch of another.

    One that fails does not stop the others; its error is in `Lane.error`.

    Args:
        lanes: the trainings.
        progress: gets all events; before those of another lane comes that lane's `stage`.
        take: given the progress that the trainings must use, before any of them begins.

    Returns:
        The lanes, all ended.

    Raises:
        Cancelled: when asked to stop, after every lane has stopped; resume files stay.
    """
    if lanes:
        course = _Course(lanes, progress)
        take(course)
        try:
            course.run()
        finally:
            take(progress)
    return lanes


class _Course(Progress):
    """The progress that all lanes share: it forwards events, and changes lanes after an epoch."""

    def __init__(self, lanes: Sequence[Lane], outer: Progress) -> None:
        super().__init__()
        self._lanes, self._outer = lanes, outer
        self._finished = threading.Event()
        self._current = lanes[0]
        self._stopping = False
        self._generators: dict[int, _Generators] = {}

    # ---- in the thread that asked for it ------------------------------------------------------

    def run(self) -> None:
        """See `race`."""
        before = _Generators()
        threads = [
            threading.Thread(target=self._lane, args=(lane, number), daemon=True)
            for number, lane in enumerate(self._lanes)
        ]
        for thread in threads:
            thread.start()
        self._wake(self._lanes[0])
        self._finished.wait()
        for thread in threads:
            thread.join()
        before.restore()
        stopped = next((x.error for x in self._lanes if isinstance(x.error, Cancelled)), None)
        if stopped is not None:
            raise Cancelled(*stopped.args)

    # ---- in the thread of the lane that is awake ----------------------------------------------

    def _lane(self, lane: Lane, number: int) -> None:
        lane.turn.wait()
        lane.turn.clear()
        flush_denormals()  # each thread has a setting of its own
        try:
            if not self._stopping:
                self._outer(lane.stage)
                lane.train()
        except BaseException as error:  # told by whoever asked for the race
            lane.error = error
            self._stopping |= isinstance(error, Cancelled)
        lane.ended, lane.done = True, 1.0
        following = self._following()
        if following is None:
            self._finished.set()
        else:
            self._wake(following)

    def __call__(self, event: Event) -> None:
        """Forward an event of the lane that is awake; after an epoch another may go on."""
        self._outer(event)
        if isinstance(event, Epoch):
            self._current.done = event.epoch / max(event.epochs, 1)
            self._change()

    def check(self) -> None:
        """Raise if the work was cancelled.

        Raises:
            Cancelled: when the stop flag is up, or another lane saw it.
        """
        if self._stopping:
            raise Cancelled("cancelled on request")
        self._outer.check()

    def _change(self) -> None:
        mine, following = self._current, self._following()
        if following is None or following is mine:
            return
        kept = _Generators()
        self._wake(following)
        mine.turn.wait()
        mine.turn.clear()
        kept.restore()
        self.check()
        self._outer(mine.stage)

    def _wake(self, lane: Lane) -> None:
        self._current = lane
        lane.turn.set()

    def _following(self) -> Lane | None:
        """Who has done the least of the lanes that still run; the first of equals."""
        running = [lane for lane in self._lanes if not lane.ended]
        return min(running, key=lambda lane: lane.done, default=None)


class _Generators:
    """The states of torch's global random generators."""

    def __init__(self) -> None:
        self._cpu = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None

    def restore(self) -> None:
        """Go on from here."""
        torch.set_rng_state(self._cpu)
        if self._cuda is not None:
            torch.cuda.set_rng_state_all(self._cuda)
