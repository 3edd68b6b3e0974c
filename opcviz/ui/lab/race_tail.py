"""Follows a race's events: the epochs of every method, at a pace the eye can follow."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine import Run, Runs
from ..sections.follower import CATCH_UP, TRAINING

__all__ = ["RaceTail", "Runner"]


@dataclass
class Runner:
    """One method in a race.

    Attributes:
        title: of the method.
        epochs: its epoch events, shown so far.
        ended: why it came to an end before its last epoch; empty where it did not.
    """

    title: str
    epochs: list[dict[str, Any]] = field(default_factory=list)
    ended: str = ""

    @property
    def last(self) -> int:
        """The number of its last epoch, as far as that is known."""
        return int(self.epochs[-1]["epochs"]) if self.epochs else 0

    @property
    def done(self) -> float:
        """Share of its run that is done, 0 to 1."""
        if self.ended:
            return 1.0
        return self.epochs[-1]["epoch"] / max(1, self.last) if self.epochs else 0.0

    @property
    def values(self) -> list[dict[str, float | None]]:
        """Its live numbers, one table an epoch."""
        return [each["values"] for each in self.epochs]

    def points(self, samples: int) -> NDArray[np.float32] | None:
        """(epochs so far, samples, 2); NaN where an epoch has no map. None before the first."""
        if not self.epochs:
            return None
        nowhere = np.full((samples, 2), np.nan, np.float32)
        maps = [np.asarray(each["points"], np.float32).reshape(-1, 2) for each in self.epochs]
        return np.stack([each if len(each) == samples else nowhere for each in maps])

    def groups(self, samples: int) -> NDArray[np.int16] | None:
        """(epochs so far, samples) groups of coincident samples; None where no epoch has any."""
        told = [each.get("groups") or [] for each in self.epochs]
        if not any(told):
            return None
        alone = np.full(samples, -1, np.int16)
        return np.stack(
            [np.asarray(each, np.int16) if len(each) == samples else alone for each in told]
        )

    def rebuilt(self) -> dict[str, NDArray[Any]]:
        """What was rebuilt after every epoch, as a stored film has it; empty where nothing was."""
        told = [each.get("pictures") or {} for each in self.epochs]
        if not told or not all(told):
            return {}
        pixels = [
            np.frombuffer(base64.b64decode(each["pixels"]), np.uint8).reshape(each["shape"])
            for each in told
        ]
        psnr = [[np.nan if v is None else v for v in each["psnr"]] for each in told]
        return {
            "rebuilt_ids": np.asarray(told[0]["ids"], np.int64),
            "rebuilt": np.stack(pixels),
            "rebuilt_psnr": np.asarray(psnr, np.float32),
        }


@dataclass
class RaceTail:
    """What is known of a race so far.

    Attributes:
        run: id of the run.
        titles: of the methods in it.
        runners: by title.
        stage: the stage event that began last.
        step: the step event that came last, of the stage that is under way in truth.
        now: the stage that it is of.
        messages: what the run said.
    """

    run: str
    titles: Sequence[str]
    attempt: int = 0
    offset: int = 0
    runners: dict[str, Runner] = field(default_factory=dict)
    stage: dict[str, Any] = field(default_factory=dict)
    step: dict[str, Any] = field(default_factory=dict)
    now: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Everybody is at the start."""
        self.runners = {title: Runner(title) for title in self.titles}

    def poll(self, runs: Runs, record: Run) -> None:
        """Read what is new and take in some of it, so that a fast race is seen moving."""
        if record.attempt != self.attempt:  # resumed: begin anew where this attempt begins
            fresh = RaceTail(self.run, self.titles, record.attempt, record.events_from)
            vars(self).update(vars(fresh))
        new, self.offset = runs.events(self.run, self.offset)
        for event in new:
            if event["kind"] == "step":  # what goes on this moment: never shown late
                self.step = event
                continue
            if event["kind"] == "stage":
                self.now, self.step = event, {}
            self.waiting.append(event)
        pending = sum(event["kind"] == "epoch" for event in self.waiting)
        allowed = max(len(self.titles), math.ceil(pending / CATCH_UP))
        while self.waiting and (allowed or self.waiting[0]["kind"] != "epoch"):
            event = self.waiting.pop(0)
            allowed -= event["kind"] == "epoch"
            self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        if event["kind"] == "stage":
            self.stage = event
        elif event["kind"] == "message":
            runner = self.runners.get(self.stage.get("model", ""))
            text = event["text"]
            if runner is not None and not text.startswith(runner.title):
                text = f"{runner.title}: {text}"
            self.messages.append({**event, "text": text})
            if runner is not None and event["text"].startswith(f"{runner.title}: no model"):
                runner.ended = event["text"].removeprefix(f"{runner.title}: ").rstrip(".")
        elif event["kind"] == "epoch" and self.stage.get("name") == TRAINING:
            runner = self.runners.get(self.stage["model"])
            if runner is not None:  # not one of the references that are made first
                runner.epochs.append(event)

    @property
    def behind(self) -> bool:
        """Whether there is more to show than was shown."""
        return bool(self.waiting)

    @property
    def over(self) -> bool:
        """Whether everybody has come to the end; attacks on the models may still be made."""
        return all(runner.done >= 1 for runner in self.runners.values())

    @property
    def done(self) -> float:
        """Share of the race that is done, 0 to 1."""
        return sum(each.done for each in self.runners.values()) / max(1, len(self.runners))
