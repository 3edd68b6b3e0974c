"""The document about earthquakes says what the shipped study says."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.earthquake_answers import edge_of, joint_interval, line_error
from benchmarks.earthquakes import DOCS, STATISTICS, Found, rewritten
from opcviz.study import Store, shipped_root


def test_the_document_is_that_of_the_shipped_study() -> None:
    text = DOCS.read_text("utf-8")
    assert rewritten(text, Found.read([Store(shipped_root())]), several=False) == text, (
        "`python -m benchmarks.earthquakes` is due"
    )


def test_the_edge_is_the_nearest_place_outside_that_is_still_in_the_area() -> None:
    asked = np.array([[32.0, 10.0, 5, 4, 0, 0], [55.0, 29.0, 5, 4, 0, 0], [58.0, 5.0, 5, 4, 0, 0]])
    moved = edge_of(asked, ((0, 30.0, 60.0), (1, 0.0, 30.0)))
    assert moved[:, :2].tolist() == [[29.9, 10.0], [55.0, 30.1], [58.0, 30.1]]
    assert (moved[:, 2:] == asked[:, 2:]).all()


def test_who_lacks_a_regions_speed_alone_answers_on_a_line() -> None:
    away = np.linspace(5, 40, 200)
    assert line_error(away, away / 3.5 + 0.2) == pytest.approx((3.5, 0))
    odd = np.resize([0.9, -0.9], 200)
    assert line_error(away, away / 3.5 + odd) == pytest.approx((3.5, 0.9), rel=0.02)


def test_the_joint_interval_holds_the_noise_that_was_drawn() -> None:
    spread = np.random.RandomState(1).normal(0, 0.1, 300)
    none, one = np.tile(spread, (5, 1)), np.tile(spread + 1, (5, 1))
    model = np.stack([spread + f for f in (0.5, 0.6, 0.7, 0.8, 0.9)])
    middle, low, high = joint_interval(none, one, model)
    assert (middle, low, high) == pytest.approx((0.7, 0.5, 0.9), abs=0.03)
    _, low, high = joint_interval(none, one, model[2:3].repeat(5, 0))
    assert high - low < 0.1, "of records alone"


def test_statistics_of_the_shifts_are_what_they_are_called() -> None:
    shift = np.array([-4.0, 1.0, 1.0, 0.0])
    told = {name: of(shift) for name, of in STATISTICS.items()}
    assert told == pytest.approx(
        {"mean error": 1.5, "signed bias": -0.5, "median error": 1, "root mean square": 4.5**0.5}
    )
