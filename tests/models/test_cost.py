"""What a pass costs is known before it is made, and what costs more than networks do is refused."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from opcviz.common.config import ConfigError
from opcviz.models import Architecture, build_network
from opcviz.models.cost import FEW, check_cost, cost_of


def empty(name: str) -> nn.Module:
    with torch.device("meta"):
        return build_network(Architecture(name), 3, 10)


def test_a_pass_is_counted_as_it_would_be_made() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 5, bias=False)).to("meta")
    found = cost_of(net, (3, 2, 2), 7)
    assert (found.pictures, found.largest, found.flops) == (7, 84, 2 * 7 * 12 * 5)
    assert found.numbers >= 84 + 35


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small:resnet18", "wrn:16-4", "torchvision:vit_b_16"])
def test_usual_networks_are_let_through(name: str) -> None:
    side = 224 if "vit" in name else 32
    assert check_cost(empty(name), (3, side, side), name).pictures == FEW


def test_a_network_in_memory_is_looked_at_in_a_copy() -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
    check_cost(net, (3, 1, 1), "it")
    assert not next(net.parameters()).is_meta


def test_a_transformer_of_a_million_tokens_is_refused() -> None:
    """Its weights take a few megabytes, and one picture would take hours."""
    net = empty("vit:side1000-patch1-width8-depth1-heads1")
    with pytest.raises(ConfigError, match="it: one p"):
        check_cost(net, (3, 1000, 1000), "it")


class Grown(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1).repeat(x.shape[0], 1)


def test_what_grows_faster_than_the_batch_is_refused() -> None:
    with pytest.raises(ConfigError, match="grow faster than the number of pictures"):
        check_cost(Grown(), (3, 4, 4), "it")


def test_a_result_without_end_is_stopped_while_it_is_counted() -> None:
    with pytest.raises(ConfigError, match="would make more than"):
        check_cost(nn.ZeroPad2d(2**16), (3, 4, 4), "it")
