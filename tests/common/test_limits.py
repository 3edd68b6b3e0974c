"""A process that may not allocate more than it was given."""

import sys

import numpy as np
import pytest
import torch

from opcviz.common.limits import allocating_at_most

GIB = 2**30


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to it")
def test_what_goes_beyond_the_bound_fails_and_the_bound_ends() -> None:
    with allocating_at_most(GIB) as holds:
        assert holds
        assert np.empty(GIB // 2, np.uint8).nbytes == GIB // 2
        with pytest.raises(MemoryError):
            np.empty(2 * GIB, np.uint8)
        with pytest.raises(RuntimeError, match="allocate memory"):
            torch.empty(2 * GIB, dtype=torch.uint8)
    assert np.empty(2 * GIB, np.uint8).nbytes == 2 * GIB  # reserved, never touched


def test_no_bound_is_none() -> None:
    with allocating_at_most(None) as holds:
        assert not holds
