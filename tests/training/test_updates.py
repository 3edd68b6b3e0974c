"""Updates of our own: torch's arithmetic to the last bit, without what torch's own import."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from opcviz.training import Training
from opcviz.training.loop import make_optimizer


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3))


@pytest.mark.parametrize(("momentum", "decay"), [(0.9, 5e-4), (0.0, 0.0), (0.9, 0.0)])
def test_sgd_is_torchs_to_the_last_bit(momentum: float, decay: float) -> None:
    ours, theirs = net(), net()
    ours[2].bias.requires_grad_(False)
    theirs[2].bias.requires_grad_(False)
    spec = Training(lr=0.1, momentum=momentum, weight_decay=decay)
    first = make_optimizer(spec, ours.parameters())
    moving = [p for p in theirs.parameters() if p.requires_grad]
    second = torch.optim.SGD(moving, 0.1, momentum=momentum, weight_decay=decay)
    for step in range(5):
        x = torch.randn(4, 5, generator=torch.Generator().manual_seed(step))
        for model, optimizer in ((ours, first), (theirs, second)):
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.slow
def test_a_training_by_sgd_imports_no_compiler() -> None:
    code = """
import sys, torch
from opcviz.training import RelativeAdam, Training
from opcviz.training.loop import make_optimizer
model = torch.nn.Linear(2, 2)
for update in (make_optimizer(Training(), model.parameters()), RelativeAdam(model.parameters())):
    update.zero_grad()
    model(torch.ones(1, 2)).sum().backward()
    update.step()
print([name for name in sys.modules if name in ("torch._dynamo", "sympy")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
