"""About how long an audit takes, told before it begins: from the first look, as a range.

What costs time is mostly that pictures pass through networks: to be observed, to be trained on, to
be searched for. The first look measures one such pass; the settings say how many there will be. The
rest are fits to what networks compute, which cost about the same whatever the network.
`python -m benchmarks.audit` says what audits took, by which the numbers below were set.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..artefacts import Evidence, kinds
from .budget import spared

if TYPE_CHECKING:
    from .case import Case

__all__ = ["DIGITS", "expected", "in_words", "of_case", "picture_seconds"]

OBSERVED = 2.0  # passes that observing a picture costs: one, and projecting what blocks put out
TRAINED = 3.0  # passes that a step of training costs a picture: there and back
SEARCHED = 12.0  # the same of a step of a search for a picture, through its gradient and its blocks
BATCH = 48  # pictures in a step of relearning, kept and forgotten ones
FITS = {"full": 6.0, "quick": 2.0}  # seconds of fits for a model, of some thousand pictures
SPREAD = 2.0  # by which an estimate may be wrong either way
LOOKED_AT = 128  # pictures in the pass that is measured
ENOUGH = 0.2  # seconds that a pass takes which need not be measured again
DIGITS = 4e-5
"""Seconds of a picture of the digits through the network that is shipped, on one core."""
MINUTES = 100  # seconds from which on minutes are told


def expected(
    seconds: float,
    pictures: int,
    models: int,
    suite: str,
    evidence: Evidence,
    without: tuple[str, ...] = (),
    *,
    retrain: int = 0,
    epochs: int = 0,
) -> tuple[float, float]:
    """About how many seconds an audit takes: at least, and at most.

    Args:
        seconds: that one picture takes through one network, see `picture_seconds`.
        pictures: of the data, train and test.
        models: that are attacked, trained here or not.
        suite: full or quick.
        evidence: how it measures.
        without: attacks that are left out.
        retrain: models that are trained here.
        epochs: that each of them is trained for.
    """
    asked = evidence.in_suite(suite)
    made = [
        kind.name
        for kind in kinds("classification")
        if not asked.leaves_out(kind)
        and kind.name not in without
        and (not kind.optional or kind.name in asked.chosen)
    ]
    less, passes = spared(evidence), models * OBSERVED * pictures
    for name in made:  # the original has forgotten nothing: it is not relearned
        count = max(models - 1, 1) if name in less else models
        passes += count * _passes(asked, name)
    passes += retrain * epochs * TRAINED * pictures
    found = passes * seconds + models * FITS[suite]
    return found / SPREAD, found * SPREAD


def of_case(case: Case, seconds: float, suite: str) -> tuple[float, float]:
    """About how many seconds the audit of what was brought takes; see `expected`."""
    return expected(
        seconds,
        len(case.data.y_train) + len(case.data.y_test),
        len(case.models) + case.retrain,
        suite,
        case.study.evidence,
        tuple(case.without),
        retrain=case.retrain,
        epochs=case.study.training.epochs,
    )


def _passes(evidence: Evidence, kind: str) -> float:
    """How many pictures pass through one model for an attack that trains or searches."""
    if kind not in ("relearned", "relearning", "inversion"):
        return 0.0
    asked: Any = evidence.table(kind)
    if kind == "relearned":
        rates = len(asked.sgd) + len(asked.relative)
        runs = len(asked.anew) * len(asked.shots) * asked.draws * rates
        steps = runs * asked.steps * BATCH * TRAINED
    elif kind == "relearning":
        steps = (2 + len(asked.shots)) * asked.steps * asked.batch_size * TRAINED
    else:
        steps = evidence.pictures * asked.most_steps * SEARCHED
    return float(steps)


def in_words(low: float, high: float) -> str:
    """As in "about 10 to 40 s" or "about 2 to 8 minutes"."""
    if high <= MINUTES:
        first, last = max(1, round(low)), max(2, round(high))
        return f"about {first} to {last} s"
    first, last = max(1, round(low / 60)), max(2, round(high / 60))
    return f"about {first} to {last} minutes"


def picture_seconds(case: Case) -> float:
    """Seconds that a picture takes through the audited model: the shortest of a few passes."""
    import torch

    from ..models import as_body_head
    from ..tasks.classification import observe

    x, y = case.data.x_test[:LOOKED_AT], case.data.y_test[:LOOKED_AT]
    model = as_body_head(case.unlearned.model)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        observe(model, x, y)
        if case.data.device.type == "cuda":
            torch.cuda.synchronize(case.data.device)
        took.append((time.perf_counter() - began) / len(y))
        if took[-1] * len(y) > ENOUGH:
            break
    return min(took)
