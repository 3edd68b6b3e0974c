"""Peak memory sees an allocation that is gone again, and forgets it when asked anew."""

import sys

import pytest
import torch

from opcviz.common.memory import PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's high-water mark is Linux's")
def test_a_passing_allocation_is_seen_and_then_forgotten():
    cpu = torch.device("cpu")
    before = PeakMemory(cpu).megabytes
    during = PeakMemory(cpu)
    block = torch.ones(300 * 2**20 // 4)  # 300 MiB, touched
    del block
    peak = during.megabytes
    assert peak > before + 200
    assert PeakMemory(cpu).megabytes < peak - 200


def test_there_is_no_figure_where_nobody_tells():
    assert PeakMemory(torch.device("meta")).megabytes is None
