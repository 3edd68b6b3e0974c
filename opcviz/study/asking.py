"""What a method of a study is asked: of requests in a row, the newest, from its own last model.

    θ_t = U(θ_{t−1}, F_t, D without F_1 … F_t)

What evidence is about stays all that was asked for so far, beside the original θ_0. The study of
the step before is one of its own, in the same store; what is missing of it is made first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ..artefacts import MODEL, NotGiven
from ..common.progress import Epoch, Event, Progress
from ..data import Split
from ..methods import Method, NotDefined, Request

if TYPE_CHECKING:
    from .runner import StudyRunner
    from .work import StudyWork

__all__ = ["Asked", "asked", "step_before", "without_curves"]


def step_before(runner: StudyRunner) -> StudyRunner | None:
    """The study of the same requests but the last, at work in the same store on the same data."""
    earlier = runner.study.before
    if earlier is None:
        return None
    before = type(runner)(
        earlier,
        runner.store,
        runner.device,
        seeds=runner.reference_seeds,
        data_root=runner.data_root,
        download=runner.download,
        progress=runner.progress,
    )
    before.data = runner.data  # nothing is planted in a sequence
    before.prepare()
    return before


def without_curves(told: Progress) -> Progress:
    """Tells all but the epochs: curves on screen are of the model that was asked for alone."""

    def listen(event: Event) -> None:
        if not isinstance(event, Epoch):
            told(event)

    def stop() -> bool:
        told.check()
        return False

    return Progress(listen, stop=stop)


@dataclass(frozen=True, eq=False)
class Asked:
    """What a method is given of its study.

    Attributes:
        split: what it is to forget, and what it may train on.
        start: the model from which it goes; None where there is none.
        original: the original of the study, which what it makes is compared with; None of the
            original itself.
        statistics: see `Request.statistics`.
    """

    split: Split
    start: nn.Module | None
    original: nn.Module | None
    statistics: Mapping[str, Tensor] | None = None


def asked(runner: StudyWork, method: Method, seed: int) -> Asked:
    """What one model of a study is made from.

    Raises:
        NotDefined: when it may not have what it needs, or its model of the step before is missing.
        Cancelled: when asked to stop, while the step before was made.
    """
    name, split = method.info.name, runner.split
    if name == runner.original.info.name:
        return Asked(split, None, None)
    original = _original(runner, seed)
    if split.last is None or method.info.family == "reference":
        return Asked(split, original, original)
    keeps = runner.study.forget.keeps
    if refusal := method.refusal(runner.task.name, split.last.forgets, keeps):
        raise NotDefined(f"method {refusal}")
    start, before = original, runner.before
    if before is not None:
        before.progress = without_curves(runner.progress)
        made = before.make(MODEL, method, seed)
        if reason := made.json()["reason"]:
            raise NotDefined(f"it left no model at the request before this one: {reason}")
        start = before.load_model(method, seed)
    if keeps != "statistics" or not method.stores:
        return Asked(split.last, start, original)
    return Asked(split.last, start, original, _statistics(runner, method, original, seed))


def _statistics(
    runner: StudyWork, method: Method, original: nn.Module | None, seed: int
) -> Mapping[str, Tensor]:
    """What the method would have stored of all data while there was only the original."""
    split = runner.split
    last, none = split.last or split, split.forget_train[:0]
    everything = replace(
        last, forget_train=none, retain_train=_all(split), forget_test=split.forget_test[:0]
    )
    return method.before(
        Request(
            task=runner.task,
            data=runner.data,
            split=everything,
            original=original,
            fresh=lambda: runner.build(seed),
            training=runner.study.training,
            seed=seed,
            progress=runner.progress,
        )
    )


def _all(split: Split) -> Tensor:
    return torch.cat([split.forget_train, split.retain_train]).sort().values


def _original(runner: StudyWork, seed: int) -> nn.Module | None:
    """The original of a seed; None where somebody brought models and no original among them."""
    try:
        return runner.subject(runner.original, seed).network
    except NotGiven:
        return None
