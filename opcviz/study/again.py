"""Runs the method of a model once more, watched on its way; see `opcviz.artefacts.again`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..artefacts import NotGiven
from ..common.json_types import Plain
from ..common.progress import Progress
from ..methods import REFERENCES, Iterative, Method, Request
from ..training import EpochCallback
from .asking import asked
from .trainer import RETRAINED_SEED_OFFSET

if TYPE_CHECKING:
    from .work import StudyWork

__all__ = ["UnlearnAgain"]


@dataclass(frozen=True)
class UnlearnAgain:
    """A method of a study, to be run from the original of a seed.

    Attributes:
        runner: the study at work.
        method: it.
        seed: of the original, and of everything random.
    """

    runner: StudyWork
    method: Method
    seed: int

    def steps_an_epoch(self, batch_size: int) -> int:
        """Steps between two looks, by the part of the data that the method goes through."""
        split = self.runner.split.last or self.runner.split
        retain, forget = (
            math.ceil(len(each) / batch_size) for each in (split.retain_train, split.forget_train)
        )
        parts = self._iterative().parts
        return {"forget": forget, "sequence": retain + forget}.get(parts, retain)

    def __call__(self, changes: Mapping[str, Plain], watch: EpochCallback) -> str:
        """Unlearn; the model is watched, and let go."""
        runner = self.runner
        method = self._iterative().replace(**changes)
        given = asked(runner, self.method, self.seed)
        request = Request(
            task=runner.task,
            data=runner.data,
            split=given.split,
            original=given.start,
            fresh=lambda: runner.build(self.seed + RETRAINED_SEED_OFFSET),
            training=runner.study.training,
            seed=self.seed,
            progress=Progress(stop=self._asked),
            watch=watch,
            statistics=given.statistics,
        )
        return method.unlearn(request)[1].reason

    def _iterative(self) -> Iterative:
        if isinstance(self.method, Iterative) and self.method.info.name not in REFERENCES:
            return self.method
        raise NotGiven(f"{self.method.info.title} has no steps of unlearning that could be fewer")

    def _asked(self) -> bool:
        self.runner.progress.check()
        return False
