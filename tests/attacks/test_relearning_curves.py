"""When a relearning curve is looked at, and what is read off it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcviz.attacks.relearning.curves import Curves, evaluation_steps

pytestmark = pytest.mark.usefixtures("one_thread")


@given(st.integers(1, 100_000))
def test_looks_are_dense_first_then_a_quarter_apart(steps):
    seen = evaluation_steps(steps)
    assert seen[: min(steps, 8) + 1] == list(range(min(steps, 8) + 1))
    assert seen[-1] == steps
    gaps = [(b - a, a) for a, b in pairwise(seen)]
    assert all(1 <= gap <= max(1, a / 4 + 1) for gap, a in gaps)
    assert len(seen) < 60
    assert evaluation_steps(steps, [4, 1, steps, steps + 1]) == sorted(
        {0, steps, min(1, steps)} | ({4} if steps > 4 else set())
    )


def test_area_and_half_are_read_off_the_curve(tiny_images, tiny_split):
    watch = Curves.of(tiny_images, tiny_split, tiny_split.forget_train[:0], 12, scored=9, seed=0)
    curve = [0, 0, 10, 20, 39, 40, 50, 60, 60, 70, 80]
    watch.seen["forget_train"] = curve
    watch.seen["forget_test"] = [v / 3 for v in curve]
    result = watch.result(80.0, 0, None).to_dict()
    area = np.trapezoid(curve, evaluation_steps(12)) / (12 * 80)
    assert result["forget_train"]["area"] == pytest.approx(area)
    assert result["forget_train"]["steps_to_half"] == 5
    assert result["forget_test"]["area"] == pytest.approx(area / 3)
    assert result["forget_test"]["steps_to_half"] is None
    assert "not reached in 12 steps" in result["forget_test"]["reason"]
