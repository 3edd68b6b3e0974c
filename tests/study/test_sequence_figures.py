"""Erosion, reversal and price of requests in a row, on figures made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opcviz.common.records import Undefined
from opcviz.methods import method_settings
from opcviz.study.sequence import SequenceLine, StepFigures

NONE = Undefined("not looked at")
GA = method_settings("ga")


def step(*requests: float | Undefined, lost: float | Undefined = 0.0, fm: float = 90.0):
    return StepFigures(requests, requests, 98.0, lost, fm, NONE, NONE)


def line(*steps: StepFigures | Undefined, once: StepFigures | Undefined = NONE) -> SequenceLine:
    return SequenceLine(GA, 0, (None,) * len(steps), steps, once)


STEPS = (step(4.0), step(60.0, 3.0), step(10.0, 95.0, 2.0, lost=7.5, fm=80.0))


def test_the_worst_return_counts_whenever_it_was() -> None:
    """Request 1 came back by 56 at step 2 and by 6 at step 3, request 2 by 92 at step 3."""
    assert line(*STEPS).reversal == 92.0
    assert line(*STEPS[:2]).reversal == 56.0
    falling = line(step(40.0), step(12.0, 40.0))
    assert falling.reversal == -28.0  # nothing came back: it went on being forgotten


def test_erosion_and_price_are_of_the_last_request() -> None:
    found = line(*STEPS, once=step(1.0, fm=25.0))
    assert found.erosion == 7.5
    assert found.price == 55.0


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("reversal", line(STEPS[0])),
        ("reversal", line(STEPS[0], NONE, STEPS[2])),
        ("reversal", line(STEPS[0], step(NONE, 3.0))),
        ("erosion", line(*STEPS[:2], NONE)),
        ("erosion", line(step(4.0, lost=NONE))),
        ("price", line(*STEPS)),
        ("price", line(*STEPS, once=replace(STEPS[2], recovered=NONE))),
    ],
)
def test_what_is_missing_leaves_no_figure(name: str, found: SequenceLine) -> None:
    value = getattr(found, name)
    assert isinstance(value, Undefined)
    assert value.reason
