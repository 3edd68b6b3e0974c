"""Steps in proportion to weights: the rule by hand, and that scale means nothing to it."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from opcviz.training import RelativeAdam


def weights(*values):
    return nn.Parameter(torch.tensor(values, dtype=torch.float64))


def test_the_first_step_is_a_share_of_a_kept_weight_and_the_rate_of_a_fresh_one():
    kept, fresh, nothing = weights(2.0, -4.0, 0.0), weights(2.0, -4.0), weights(0.0, 0.0)
    optimizer = RelativeAdam([kept, nothing], [fresh], lr=0.1, fresh_rate=0.5)
    for each in (kept, fresh, nothing):
        each.grad = torch.full_like(each, 7.0)  # m / √v is the gradient's sign
    optimizer.step()
    assert kept.tolist() == pytest.approx([2 * math.exp(-0.1), -4 * math.exp(0.1), 0.0])
    assert fresh.tolist() == pytest.approx([2 - 0.05, -4 - 0.05])
    assert nothing.tolist() == pytest.approx([-0.05, -0.05])


def test_means_are_adams():
    ours, theirs = weights(1.0, -3.0), weights(1.0, -3.0)
    mine = RelativeAdam([], [ours], lr=0.01, fresh_rate=1.0)
    adam = torch.optim.Adam([theirs], 0.01, betas=(0.9, 0.99), eps=0.0)
    for gradient in ((1.0, -2.0), (0.5, 3.0), (-4.0, 0.1), (0.2, 0.3)):
        for each, optimizer in ((ours, mine), (theirs, adam)):
            each.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
    assert ours.tolist() == pytest.approx(theirs.tolist())


def test_a_weight_in_another_unit_stays_the_same_weight():
    scale = torch.tensor([1e-3, 1.0, 1e4], dtype=torch.float64)
    plain, scaled = (
        weights(0.5, -2.0, 3.0),
        nn.Parameter(scale * torch.tensor([0.5, -2.0, 3.0], dtype=torch.float64)),
    )
    ours, theirs = RelativeAdam([plain]), RelativeAdam([scaled])
    target = torch.tensor([1.0, 1.0, 2.0], dtype=torch.float64)
    for _ in range(20):
        for weight, unit, optimizer in ((plain, 1.0, ours), (scaled, scale, theirs)):
            optimizer.zero_grad()
            ((weight / unit - target) ** 2).sum().backward()
            optimizer.step()
    assert (scaled / scale).tolist() == pytest.approx(plain.tolist())
    assert plain[1] < 0, "no weight changes its sign"


def test_where_no_gradient_ever_came_nothing_moves():
    weight = weights(1.0, 2.0)
    weight.grad = torch.tensor([0.0, 1.0], dtype=torch.float64)
    RelativeAdam([weight], lr=0.1).step()
    assert weight[0] == 1.0
    assert weight[1] != 2.0
