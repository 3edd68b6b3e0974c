"""Batch norms folded into convolutions: the same numbers, and none where they would not be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from opcviz.models import folded

X = torch.rand(40, 3, 12, 12, generator=torch.Generator().manual_seed(0))


class Net(nn.Module):
    """Two normalised convolutions and a shortcut.

    Args:
        bias: of the first convolution.
        read_twice: whether what the first one puts out is read beside its batch norm.
        shared: whether it is used twice.
    """

    def __init__(self, bias: bool = False, read_twice: bool = False, shared: bool = False) -> None:
        super().__init__()
        self.read_twice, self.shared = read_twice, shared
        self.conv1, self.norm1 = nn.Conv2d(3, 3, 3, padding=1, bias=bias), nn.BatchNorm2d(3)
        self.conv2, self.norm2 = nn.Conv2d(3, 5, 3, stride=2), nn.BatchNorm2d(5)
        for norm in (self.norm1, self.norm2):
            for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
                nn.init.uniform_(value, 0.5, 2.0)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 5, h, w)."""
        out = self.conv1(x)
        out = out + self.norm1(out) if self.read_twice else self.norm1(out)
        if self.shared:
            out = self.conv1(out.relu())
        return self.norm2(self.conv2(out.relu() + x))


def looking(net: nn.Module) -> Callable[[Tensor], tuple[Tensor, ...]]:
    return lambda x: (net(x),)


def norms_made(net: Net, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    made = []
    plain = torch.batch_norm

    def counted(*args: object) -> Tensor:
        made.append(1)
        return plain(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(torch, "batch_norm", counted)
    return lambda: len(made)


@pytest.mark.parametrize("bias", [False, True])
@torch.no_grad()
def test_a_folded_pass_gives_the_same_without_its_batch_norms(
    bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Net(bias).eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    plain = net(X)
    with folded(net, X[:2], looking(net)) as done:
        made = norms_made(net, monkeypatch)
        quick = net(X)
        assert done
        assert made() == 0
    assert torch.allclose(quick, plain, rtol=1e-4, atol=1e-5 * float(plain.abs().max()))
    assert not torch.equal(quick, plain)  # it was folded indeed
    assert torch.equal(net(X), plain)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


@torch.no_grad()
def test_a_convolution_with_another_reader_is_left_alone() -> None:
    net = Net(read_twice=True).eval()
    plain = net(X)
    with folded(net, X[:2], looking(net)) as done:
        assert not done
        assert torch.equal(net(X), plain)


@torch.no_grad()
def test_a_convolution_that_is_used_twice_keeps_its_kernel() -> None:
    net = Net(shared=True).eval()
    plain = net(X)
    with folded(net, X[:2], looking(net)) as done:
        assert done  # the second one is folded all the same
        assert torch.allclose(net(X), plain, rtol=1e-4, atol=1e-5 * float(plain.abs().max()))


@torch.no_grad()
def test_nothing_is_folded_where_answers_are_no_numbers_and_the_mode_of_the_model_stays() -> None:
    net = Net().train()
    net.norm2.weight[0] = torch.nan
    with folded(net, X[:2], looking(net)) as done:
        assert not done
    assert net.training
