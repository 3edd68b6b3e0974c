"""What an exported program may count with: sizes of tensors, and nothing that grows without end."""

from __future__ import annotations

import pytest

from opcviz.common.config import ConfigError
from opcviz.models.exported import OPERATIONS


def test_sizes_are_counted_as_python_counts_them():
    assert OPERATIONS["_operator.mul"](6, 7) == 42
    assert OPERATIONS["_operator.floordiv"](7, 2) == 3
    assert OPERATIONS["_operator.sub"](2, 7) == -5


@pytest.mark.parametrize("given", [([0], 4), ("a", 4), (10**40, 2), (2, 10**40), (1.5, 2)])
def test_nothing_else_is_counted_with(given):
    with pytest.raises(ConfigError, match="no size of a tensor"):
        OPERATIONS["_operator.mul"](*given)
