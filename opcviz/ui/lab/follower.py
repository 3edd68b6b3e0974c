"""Follows one run's events, reading only what is new, at a pace the eye can follow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ...engine import Run, Runs

__all__ = ["Tail"]

CATCH_UP = 15  # polls over which a backlog is shown; no run of as many epochs skips one


@dataclass
class Tail:
    """What is known of a run so far.

    Attributes:
        run: id of the run.
        stage: the stage event that began last.
        step: the step event that came last.
        epochs: epoch events of the model in training, shown so far.
        losses: (epochs done, loss) of the model in training, shown so far.
        messages: what the run said.
    """

    run: str
    attempt: int = 0
    offset: int = 0
    stage: dict[str, Any] = field(default_factory=dict)
    step: dict[str, Any] = field(default_factory=dict)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    losses: list[tuple[float, float | None]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def poll(self, runs: Runs, record: Run) -> None:
        """Read what is new and take in some of it.

        A run may finish twenty epochs between two looks: they wait here and are shown over the next
        few polls, so that a fast run is seen moving and not only ended.
        """
        if record.attempt != self.attempt:  # resumed: begin anew where this attempt begins
            self.__init__(self.run, record.attempt, record.events_from)
        new, self.offset = runs.events(self.run, self.offset)
        self.waiting += new
        pending = sum(event["kind"] == "epoch" for event in self.waiting)
        allowed = max(1, math.ceil(pending / CATCH_UP))
        while self.waiting and (allowed or self.waiting[0]["kind"] != "epoch"):
            event = self.waiting.pop(0)
            allowed -= event["kind"] == "epoch"
            self._take(event)

    @property
    def behind(self) -> bool:
        """Whether there is more to show than was shown."""
        return bool(self.waiting)

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["kind"]
        if kind == "stage":
            self.stage, self.step = event, {}
            if event["name"] == "model":
                self.epochs, self.losses = [], []
        elif kind == "epoch":
            self.epochs.append(event)
        elif kind == "message":
            self.messages.append(event)
        elif kind == "step":
            self.step = event
            if event["loss"] is not None and self.epochs:
                done = self.epochs[-1]["epochs"] * event["step"] / max(1, event["steps"])
                self.losses.append((done, event["loss"]))

    @property
    def saying(self) -> str:
        """What is being done, for a person."""
        if not self.stage:
            return "starting"
        doing = {
            "membership": "testing membership in", "similarity": "comparing",
            "relearning": "relearning from","blocks": "attacking every block of",
                 "model": "training", "evidence": "attacking", "features": "keeping features of",
                 "maps": "drawing maps of", "inversion": "inverting gradients of"}  # fmt: skip
        word = doing.get(self.stage["name"], self.stage["name"])
        count = f"{self.stage['index'] + 1} of {self.stage['count']}"
        where = ""
        if self.stage["name"] == "model" and self.epochs:
            where = f", epoch {self.epochs[-1]['epoch']} of {self.epochs[-1]['epochs']}"
        return f"{word} {self.stage['model']}{where} (answer {count})"
