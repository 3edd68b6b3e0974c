"""CF-k and EU-k: everything before the last k layers is the same, bit for bit."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from opcviz.common.config import ConfigError
from opcviz.methods import create
from opcviz.methods.last_layers import last_layers
from opcviz.models import Classifier

# the layers of the tiny residual net, last first, each with its norm
LAYERS = [
    {"net.head"},
    {"net.stage3.0.shortcut.0", "net.stage3.0.shortcut.1"},
    {"net.stage3.0.conv2", "net.stage3.0.norm2"},
    {"net.stage3.0.conv1", "net.stage3.0.norm1"},
    {"net.stage2.0.shortcut.0", "net.stage2.0.shortcut.1"},
]


@pytest.mark.parametrize("k", range(1, 6))
def test_the_last_layers_are_told(tiny_request, k: int) -> None:
    assert last_layers(tiny_request().original, k) == set().union(*LAYERS[:k])


def owner(name: str) -> str:
    return name.rpartition(".")[0]


@pytest.mark.parametrize("name", ["cf_k", "eu_k"])
@pytest.mark.parametrize("k", [1, 3, 10])
def test_earlier_layers_are_the_same_bytes(tiny_request, name: str, k: int) -> None:
    """Parameters, running statistics and counters alike; every later tensor has moved."""
    request = tiny_request()
    method = create(name, k=k, epochs=2, batch_size=16, lr=0.1, weight_decay=0.1)
    model, _ = method.unlearn(request)
    moving = last_layers(request.original, k)
    before, after = request.original.state_dict(), model.state_dict()
    earlier = [n for n in before if owner(n) not in moving]
    assert bool(earlier) == (k < 10) or set(earlier) == {"mean", "std"}
    for entry, value in after.items():
        same = value.numpy().tobytes() == before[entry].numpy().tobytes()
        assert same == (entry in earlier), entry


@pytest.mark.parametrize("k", [1, 4])
def test_exact_unlearning_starts_from_a_fresh_models_layers(tiny_request, k: int) -> None:
    """With a rate that moves nothing, what is left is θo below and the fresh weights above."""
    request = tiny_request()
    model, _ = create("eu_k", k=k, epochs=1, lr=1e-8, weight_decay=0, momentum=0).unlearn(request)
    fresh, old = dict(request.fresh().named_parameters()), dict(request.original.named_parameters())
    moving = last_layers(request.original, k)
    for name, value in model.named_parameters():
        source = fresh if owner(name) in moving else old
        torch.testing.assert_close(value, source[name], atol=1e-6, rtol=0, msg=name)


def test_too_many_layers_are_refused(tiny_request) -> None:
    with pytest.raises(ConfigError, match=r"k: 11 layers are to be trained, and .* has 10"):
        create("cf_k", k=11).unlearn(tiny_request())


def test_a_network_that_names_its_head_first_is_refused(tiny_request) -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(6, 4)
            self.body = nn.Linear(64, 6)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.body(x.flatten(1)))

    model = Classifier(Backwards(), torch.zeros(1), torch.ones(1), (1, 8, 8))
    with pytest.raises(ConfigError, match=r"names 'net\.body' after its head 'net\.head'"):
        create("cf_k", k=1).unlearn(tiny_request(original=model))
