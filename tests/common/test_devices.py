"""Where work runs and in which number format."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from opcviz.common import devices
from opcviz.common.config import ConfigError
from opcviz.common.devices import Pace, pick_device, synchronize
from opcviz.models import Architecture
from opcviz.models.architectures import build_network

CPU = torch.device("cpu")
SMALL = nn.Linear(4, 4)
LARGE = nn.Linear(1000, 1001)
NETS = {name: build_network(Architecture(name), 3, 10) for name in ("resnet8", "resnet20")}


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


def kind_of(pace: Pace) -> torch.dtype:
    """In which numbers a layer computes at this pace."""
    with pace.autocast():
        return SMALL(torch.ones(1, 4)).dtype


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_a_precision_can_be_forced_on_any_net(precision: str, dtype: torch.dtype) -> None:
    for model in (SMALL, LARGE):
        pace = Pace.of(precision, "auto", CPU, model, 1024)
        assert (pace.precision, kind_of(pace)) == (precision, dtype)


@pytest.mark.parametrize("units", [True, False])
def test_auto_takes_half_width_only_where_it_pays(
    monkeypatch: pytest.MonkeyPatch, units: bool
) -> None:
    monkeypatch.setattr(
        torch.backends.cpu, "get_cpu_capability", lambda: "AVX512" if units else "AVX2"
    )
    if units and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("this processor has no bf16 units")
    for model, positions, pays in (
        (SMALL, 1024, False),
        (LARGE, 1, units),
        (NETS["resnet8"], 64, False),  # the digits
        (NETS["resnet20"], 64, False),
        (NETS["resnet20"], 1024, units),
        (NETS["resnet8"], 784, units),
    ):
        pace = Pace.of("auto", "auto", CPU, model, positions)
        assert kind_of(pace) == (torch.bfloat16 if pays else torch.float32)
        assert pace.memory_format == (torch.channels_last if pays else torch.contiguous_format)


def test_the_order_in_memory_can_be_forced() -> None:
    for name, expected in (
        ("contiguous", torch.contiguous_format),
        ("channels_last", torch.channels_last),
    ):
        for model in (SMALL, LARGE):
            assert Pace.of("auto", name, CPU, model, 1024).memory_format == expected


def test_a_weight_seen_without_a_gradient_first_still_has_one() -> None:
    """With casts cached, the second use would take the first one's copy, which has no history."""
    layer = nn.Linear(4, 4)
    with Pace.of("bf16", "auto", CPU, layer, 1).autocast():
        with torch.no_grad():
            layer(torch.ones(1, 4))
        layer(torch.ones(1, 4)).float().sum().backward()
    assert layer.weight.grad is not None


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


@pytest.mark.skipif(torch.get_num_threads() == 1, reason="needs a second thread")
def test_a_net_that_uses_each_weight_once_stays_on_one_thread() -> None:
    """As many weights as would fill all threads, were each used at 64 positions."""
    net = nn.Linear(2000, 500)
    with devices.fitting_threads(net, 64):
        assert torch.get_num_threads() > 1
    net.positions = 1
    with devices.fitting_threads(net, 64):
        assert torch.get_num_threads() == 1
