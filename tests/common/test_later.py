"""A row that is made when first looked at."""

from __future__ import annotations

import copy
import pickle

from opcviz.common.later import later


def test_it_is_made_once_when_looked_at_and_then_as_good_as_its_tuple() -> None:
    made: list[int] = []
    row = later(lambda: made.append(1) or ["a", "b"])
    assert not made
    assert row == ("a", "b")
    assert row != ("a",)
    assert (len(row), row[1], row[:1], list(row)) == (2, "b", ("a",), ["a", "b"])
    assert repr(row) == "('a', 'b')"
    assert pickle.loads(pickle.dumps(row)) == copy.deepcopy(row) == ("a", "b")
    assert made == [1]
