"""Where work runs and in which number format."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from opcviz.common import devices
from opcviz.common.config import ConfigError
from opcviz.common.devices import autocast, memory_format, pick_device, synchronize

CPU = torch.device("cpu")
SMALL = nn.Linear(4, 4)
LARGE = nn.Linear(1000, 1001)


@pytest.mark.parametrize(
    ("cuda", "mps", "picked"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_there_is(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, picked: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert pick_device().type == picked


@pytest.mark.parametrize("name", ["", "abacus", "CPU", "meta", "hpu", "vulkan", "cuda:99"])
def test_a_device_that_is_not_there_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match=f"device '{name}' cannot be used here: .") as error:
        pick_device(name)
    assert "\n" not in str(error.value)


def test_the_cpu_is_always_there() -> None:
    assert pick_device("cpu") == CPU
    synchronize(CPU)


def test_full_precision_stays_full() -> None:
    with autocast("fp32", CPU, LARGE):
        assert SMALL(torch.ones(1, 4)).dtype == torch.float32


def test_bf16_can_be_forced_on_a_small_net() -> None:
    with autocast("bf16", CPU, SMALL):
        assert SMALL(torch.ones(1, 4)).dtype == torch.bfloat16


@pytest.mark.parametrize("units", [True, False])
def test_auto_casts_only_where_it_pays(monkeypatch: pytest.MonkeyPatch, units: bool) -> None:
    monkeypatch.setattr(
        torch.backends.cpu, "get_cpu_capability", lambda: "AVX512" if units else "AVX2"
    )
    if units and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("this processor has no bf16 units")
    for model, expected in ((SMALL, False), (LARGE, units)):
        assert devices._bf16_pays(CPU, model) is expected
        wide = memory_format(CPU, model) == torch.channels_last
        assert wide is expected
        with autocast("auto", CPU, model):
            kind = SMALL(torch.ones(1, 4)).dtype
        assert (kind == torch.bfloat16) is expected


@pytest.mark.parametrize("error", [None, RuntimeError])
def test_threads_are_given_back(error: type[Exception] | None) -> None:
    before = torch.get_num_threads()

    def compute() -> None:
        with devices.fitting_threads(SMALL, 64):
            assert torch.get_num_threads() == 1
            if error:
                raise error

    if error:
        with pytest.raises(error):
            compute()
    else:
        compute()
    assert torch.get_num_threads() == before
    with devices.fitting_threads(nn.Linear(2000, 2000), 224 * 224 * 3):
        assert torch.get_num_threads() == before
