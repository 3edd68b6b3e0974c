"""Verdicts on all methods of a study, a few at a time: together they take seconds.

Pages show their numbers first and ask for more verdicts after; what was found is kept with the
study, for all visitors, as long as none of its files changes (see `kept`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

from ...study import ModelResult, StudyResult
from ...verdict import Consensus
from .board import Line

__all__ = ["beyond", "judge_more", "judged"]

_judging = threading.Lock()  # two visitors at once wait for one judgement instead of making two


def judged(study: StudyResult, lines: Sequence[Line]) -> dict[str, Consensus]:
    """The verdicts that are known, by line's key.

    Args:
        study: whose lines they are.
        lines: those of floors have none.
    """
    known = ((line, study.judged(model)) for line, model in _first(study, lines))
    return {line.key: found for line, found in known if found is not None}


def beyond(study: StudyResult, lines: Sequence[Line]) -> dict[str, float]:
    """How far the figure that decided lies beyond its line, by line's key: the mean over seeds.

    Args:
        study: whose lines they are.
        lines: of which every verdict is known; those without a figure are left out.
    """
    models = {model.key: model for model in study.models}
    found = {}
    for line in lines:
        verdicts = [study.verdict(models[key]) for key in line.models.values()]
        margins = [each.numbers[0].margin for each in verdicts if each.gone and each.numbers]
        if margins:
            found[line.key] = sum(margins) / len(margins)
    return found


def judge_more(study: StudyResult, lines: Sequence[Line], seconds: float) -> bool:
    """Judge some of the methods that nobody judged yet, at least one.

    Args:
        study: whose lines they are.
        lines: judged in this order.
        seconds: after which no further one is begun.

    Returns:
        Whether there is a verdict, or the reason for none, on each of them now.
    """
    with _judging:
        until = time.monotonic() + seconds
        waiting = [m for _, m in _first(study, lines) if study.judged(m) is None]
        for i, model in enumerate(waiting):
            if i and time.monotonic() > until:
                return False
            study.consensus(model)
    return True


def _first(study: StudyResult, lines: Sequence[Line]) -> Iterator[tuple[Line, ModelResult]]:
    models = {model.key: model for model in study.models}
    for line in lines:
        if line.models:
            yield line, models[line.models[min(line.models)]]
