"""Peak memory sees an allocation that is gone again."""

import sys

import pytest
import torch

from opcviz.memory import PeakMemory


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's high-water mark is Linux's")
def test_a_passing_allocation_is_seen_and_a_later_one_alone():
    cpu = torch.device("cpu")
    first = PeakMemory(cpu)
    block = torch.ones(40 * 2**20 // 4)  # 40 MiB, touched
    del block
    assert 35 < first.megabytes < 200
    second = PeakMemory(cpu)
    assert second.megabytes < 20


def test_there_is_no_figure_where_nobody_tells():
    assert PeakMemory(torch.device("meta")).megabytes is None
