"""Follows one run's events, reading only what is new, at a pace the eye can follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...artefacts import kinds
from ...engine import Run, Runs
from ..charts.curves_component import Level

__all__ = ["Tail", "doing"]

CATCH_UP = 15  # polls over which a backlog is shown; no run of as many epochs skips one
TRAINING = "model"  # the stage whose epochs and losses are drawn


def doing(stage: str) -> str:
    """What is done in a stage, from the kind of artefact that it makes: `relearning from`."""
    if stage == TRAINING:
        return "training"
    words = {kind.name: kind.stage for kind in kinds()}
    return words.get(stage, f"measuring {stage} of")  # of a file that is not loaded here


@dataclass
class Tail:
    """What is known of a run so far.

    Attributes:
        run: id of the run.
        stage: the stage event that began last.
        step: the step event that came last.
        model: title of the model trained last, whose epochs and losses these are.
        epochs: epoch events of that model, shown so far.
        losses: (epochs done, loss) of its training steps, shown so far.
        messages: what the run said.
        begun: name and model of each stage so far.
        compared: lines to compare the curves of this model with, and what they are.
    """

    run: str
    attempt: int = 0
    offset: int = 0
    stage: dict[str, Any] = field(default_factory=dict)
    step: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    epochs: list[dict[str, Any]] = field(default_factory=list)
    losses: list[tuple[float, float | None]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    begun: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    compared: tuple[Sequence[Level], str] | None = None  # lines across the curves, and their words
    phase: tuple[int, int] = (0, 0)  # of training: its first epoch, its first place in `losses`

    def poll(self, runs: Runs, record: Run) -> None:
        """Read what is new and take in some of it.

        A run may finish twenty epochs between two looks: they wait here and are shown over the next
        few polls, so that a fast run is seen moving and not only ended.
        """
        if record.attempt != self.attempt:  # resumed: begin anew where this attempt begins
            vars(self).update(vars(Tail(self.run, record.attempt, record.events_from)))
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
            self.begun.append((event["name"], event["model"]))
            if event["name"] == TRAINING:
                self.model, self.epochs, self.losses = event["model"], [], []
                self.phase, self.compared = (0, 0), None
        elif kind == "epoch":
            self.epochs.append(event)
            if self._training and self.step and self.step["step"] == self.step["steps"]:
                self._end_phase(event["epoch"])
        elif kind == "message":
            self.messages.append(event)
        elif kind == "step":
            self._take_step(event)

    @property
    def _training(self) -> bool:
        return self.stage.get("name") == TRAINING

    def _take_step(self, event: dict[str, Any]) -> None:
        """Keep a step, and its loss if it is one of training: attacks have losses of their own."""
        before, self.step = self.step, event
        if not self._training or not self.epochs:
            return
        last = self.epochs[-1]
        if before and event["step"] <= before["step"]:  # the next phase counts from 1 again
            self.phase = (last["epoch"], len(self.losses))
        if event["loss"] is not None:
            start = self.phase[0]
            length = max(last["epochs"], last["epoch"] + 1) - start
            self.losses.append((start + length * _share(event), event["loss"]))

    def _end_phase(self, epoch: int) -> None:
        """Place the losses of a phase whose end is known now.

        `Epoch.epochs` grows while a method trains in phases: until a phase ends its steps stand
        too far to the left.
        """
        start, first = self.phase
        placed = self.losses[first:]
        if placed and placed[-1][0] < epoch:
            stretch = (epoch - start) / max(placed[-1][0] - start, 1e-9)
            self.losses[first:] = [(start + stretch * (x - start), loss) for x, loss in placed]

    @property
    def saying(self) -> str:
        """What is being done, for a person."""
        if not self.stage:
            return "starting"
        word = doing(self.stage["name"])
        count = f"{self.stage['index'] + 1} of {self.stage['count']}"
        where = ""
        if self._training and self.epochs:
            where = f", epoch {self.epochs[-1]['epoch']} of {self.epochs[-1]['epochs']}"
        return f"{word} {self.stage['model']}{where} (step {count})"


def _share(step: dict[str, Any]) -> float:
    """How much of its phase is done after a step, 0 to 1."""
    return float(step["step"] / max(1, step["steps"]))
