"""Remaining time of a run: estimated by stage from the finished runs of its store.

Stages differ by a factor of a hundred (a comparison takes milliseconds, training minutes), so each
is estimated by itself. The stages still to come are those of a finished run whose end is like this
one's; each is expected to take the median over finished runs. A stage that trains counts epochs,
whose pace the run itself shows. Where any of this is unknown there is no estimate.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from ..common.json_types import Json
from ..common.progress import Epoch, Stage, Step

__all__ = ["Timeline", "seconds_left", "work_key"]

OWN_PACE_SHARE = 0.2  # once this share of a stage's steps is done, their own pace is extrapolated


@dataclass
class _Stage:
    """One stage of a run; times are seconds since 1970.

    Attributes:
        name, model: as the stage event has them.
        index: how many answers were made before it.
        began: when.
        epochs: how many it will train, 0 before its first epoch event.
        epoch_times: (epochs done, time) of the first and the last epoch event.
        step: (share of the steps done, time) of the last step event.
        ended: when; None while it lasts.
    """

    name: str
    model: str
    index: int
    began: float
    epochs: int = 0
    epoch_times: list[tuple[int, float]] = field(default_factory=list)
    step: tuple[float, float] | None = None
    ended: float | None = None

    @property
    def pace(self) -> float | None:
        """Seconds an epoch; None before two epoch events."""
        if len(self.epoch_times) < 2:
            return None
        (first, since), (last, until) = self.epoch_times
        return max(until - since, 0.0) / max(last - first, 1)

    @property
    def seconds(self) -> float:
        """How long it took, once it has ended."""
        return 0.0 if self.ended is None else max(self.ended - self.began, 0.0)


class Timeline:
    """When the stages of one run began and ended, built up event by event."""

    def __init__(self) -> None:
        self.stages: list[_Stage] = []
        self.count = 0  # of answers, over all stages
        self.closed = False

    def take(self, records: Iterable[Json]) -> None:
        """Add further records of the event file, each with its `time`."""
        for record in records:
            kind, time = record["kind"], record["time"]
            if kind == Stage.kind:
                self._end(time)
                self.count = record["count"]
                begun = _Stage(record["name"], record.get("model", ""), record["index"], time)
                self.stages.append(begun)
            elif kind == Epoch.kind and self.stages:
                stage = self.stages[-1]
                stage.epochs = record["epochs"]
                stage.epoch_times = [*stage.epoch_times[:1], (record["epoch"], time)]
            elif kind == Step.kind and self.stages:
                share = record["step"] / max(record["steps"], 1)
                self.stages[-1].step = (share, time)

    def close(self, time: float) -> None:
        """Note when the run ended."""
        self._end(time)
        self.closed = True

    def _end(self, time: float) -> None:
        if self.stages and self.stages[-1].ended is None:
            self.stages[-1].ended = time


def work_key(job: Json, runner: str) -> str:
    """What runs must have in common for their stages to take equally long: work, data, device."""
    study = (job.get("plan") or {}).get("study") or {}
    same = {name: study.get(name) for name in ("data", "architecture", "evidence")}
    # a race is of many short stages, which say nothing of other runs
    return json.dumps([runner, job.get("device"), job.get("together", False), same], sort_keys=True)


def seconds_left(
    run: Timeline,
    past: Sequence[Timeline],
    now: float,
    epochs: Mapping[str, int] | None = None,
) -> float | None:
    """Seconds that a run still needs.

    Args:
        run: the run so far.
        past: finished runs like it, the newest first.
        now: seconds since 1970.
        epochs: how many epochs a model will train, by its title; the length of a model that is not
            named and has no epoch event yet is unknown.

    Returns:
        None without an estimate: before the first stage, without a finished run that shows which
        stages are to come, or where a stage like one of them was never measured.
    """
    if not run.stages:
        return None
    after = _stages_to_come(run, past)
    if after is None:
        return None
    known = epochs or {}
    parts = [_seconds_to_end(run.stages[-1], past, now, known)]
    parts += [_stage_seconds(stage, past, known) for stage in after]
    return None if None in parts else sum(filter(None, parts))


def _stages_to_come(run: Timeline, past: Sequence[Timeline]) -> list[_Stage] | None:
    """The stages after the present one, taken from a finished run that went on like this.

    A run with as many answers is preferred; else one with as many left from the same stage on.
    """
    last = run.stages[-1]
    left = run.count - last.index
    if left <= 1:
        return []
    alike = sorted(past, key=lambda other: other.count != run.count)  # stable: newest first
    for other in alike:
        for place, stage in enumerate(other.stages):
            if stage.name == last.name and other.count - stage.index == left:
                return other.stages[place + 1 :]
    return None


def _seconds_to_end(
    stage: _Stage, past: Sequence[Timeline], now: float, epochs: Mapping[str, int]
) -> float | None:
    """Seconds until the present stage ends."""
    if stage.epochs:
        pace = stage.pace if stage.pace is not None else _epoch_seconds(stage, past)
        done, since = stage.epoch_times[-1]
        # an epoch that takes longer than those before is about to end
        return None if pace is None else max((stage.epochs - done) * pace - (now - since), 0.0)
    share, since = stage.step or (0.0, now)
    usual = _stage_seconds(stage, past, epochs)
    if share >= OWN_PACE_SHARE or (share > 0 and usual is None):
        rest = (since - stage.began) * (1 - share) / share
        return max(rest - (now - since), 0.0)
    return None if usual is None else max(usual - (now - stage.began), 0.0)


def _stage_seconds(
    stage: _Stage, past: Sequence[Timeline], epochs: Mapping[str, int]
) -> float | None:
    """Seconds of a stage from its begin to its end, as finished runs had them."""
    same = [s for other in past for s in other.stages if s.name == stage.name]
    mine = [s for s in same if s.model == stage.model]
    if not any(s.epochs for s in same):
        return median(s.seconds for s in same) if same else None
    count, pace = epochs.get(stage.model), _epoch_seconds(stage, past)
    if count is None:  # nothing that is done epoch by epoch
        return median(s.seconds for s in mine) if mine else None
    if pace is None:
        return None
    around = [
        s.seconds - (s.epoch_times[-1][1] - s.epoch_times[0][1])
        for s in mine or same
        if s.epoch_times
    ]
    return max(median(around), 0.0) + count * pace


def _epoch_seconds(stage: _Stage, past: Sequence[Timeline]) -> float | None:
    """Seconds an epoch of this model in finished runs, or of any where it was not trained."""
    trained = [s for other in past for s in other.stages if s.name == stage.name and s.pace]
    mine = [s.pace for s in trained if s.model == stage.model and s.pace]
    paces = mine or [s.pace for s in trained if s.pace]
    return median(paces) if paces else None
