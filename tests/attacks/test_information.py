"""Information about forgetting against constructions whose mutual information is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from opcviz.attacks.information import entropy_bits, idi, information
from opcviz.attacks.judging_settings import Informing
from opcviz.common.records import Undefined
from opcviz.results import IdiResult


def normal(count: int, seed: int, d: int = 1) -> torch.Tensor:
    return torch.randn(count, d, generator=torch.Generator().manual_seed(seed))


def gaussian_bits(distance: float, share: float) -> float:
    """I(Z; Y) of two unit normals so far apart, the first of this share, by summation."""
    z = np.linspace(-12, 12 + distance, 40001)
    one, other = (np.exp(-((z - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (distance, 0))
    mixed = share * one + (1 - share) * other
    logs = share * one * np.log2(one / mixed) + (1 - share) * other * np.log2(other / mixed)
    return float(np.trapezoid(logs, z))


@pytest.mark.parametrize("crossed", [False, True])
@pytest.mark.parametrize(("distance", "forgotten"), [(1.0, 2000), (2.0, 2000), (2.0, 600)])
def test_gaussians_carry_what_they_should(distance, forgotten, crossed):
    def parts(seed: int):
        return normal(forgotten, seed) + distance, normal(2000, seed + 1)

    bits = information("x", *parts(1), learnt=None if crossed else parts(10))
    truth = gaussian_bits(distance, forgotten / (forgotten + 2000))
    assert truth - 0.04 < bits < truth + 0.04


@pytest.mark.parametrize("wrong", [0.0, 0.1, 0.3, 0.5])
def test_a_bit_that_is_sometimes_wrong(wrong):
    """Z is Y, flipped with a known probability: 1 − h(p) bits."""

    def parts(seed: int):
        lot = torch.rand(2, 2000, 1, generator=torch.Generator().manual_seed(seed)) < wrong
        return (~lot[0]).float(), lot[1].float()

    bits = information("x", *parts(1), learnt=parts(2))
    assert bits == pytest.approx(1 - entropy_bits(wrong), abs=0.03)


def test_what_no_line_can_tell_is_found_by_the_kernel():
    """Y is the sign of a product: one bit, none of it in either factor or any sum."""

    def parts(seed: int):
        z = normal(4000, seed, 2)
        same = z[:, 0] * z[:, 1] > 0
        return z[same], z[~same]

    assert information("x", *parts(1), learnt=parts(2)) > 0.75


@pytest.mark.slow
def test_independent_numbers_tell_nothing_and_no_bound_exceeds_what_there_is():
    for learnt in (None, (normal(300, 3, 40), normal(900, 4, 40))):
        assert information("x", normal(300, 1, 40), normal(900, 2, 40), learnt=learnt) < 0.02
    still = torch.ones(100, 3)
    assert information("x", still, still, learnt=(still, still)) == 0
    told = information("x", normal(100, 1) + 50, normal(300, 2))
    assert entropy_bits(0.25) - 0.02 < told <= entropy_bits(0.25)


def test_entropy_is_one_bit_at_a_half_and_nothing_at_the_ends():
    assert entropy_bits(0.5) == 1
    assert entropy_bits(0.0) == entropy_bits(1.0) == 0
    assert entropy_bits(0.1) == pytest.approx(0.4690, abs=1e-4)


def test_few_or_infinite_numbers_are_not_measured():
    few = information("stem", normal(9, 1), normal(50, 2))
    assert few == Undefined("9 pictures of a kind are too few to bound information")
    lost = information("stem", normal(50, 1) / 0, normal(50, 2))
    assert lost == Undefined("the model's stem are not finite: it diverged")


ORIGINAL = {"stem": 0.45, "stage1": 0.40, "features": 0.45}
RETRAINED = {"stem": 0.44, "stage1": 0.20, "features": 0.10}


def test_idi_is_one_for_the_original_and_nothing_for_the_retrained():
    assert idi(ORIGINAL, ORIGINAL, RETRAINED, 0.47).idi == 1
    assert idi(RETRAINED, ORIGINAL, RETRAINED, 0.47).idi == 0
    halved = {name: (ORIGINAL[name] + RETRAINED[name]) / 2 for name in ORIGINAL}
    result = idi(halved, ORIGINAL, RETRAINED, 0.47)
    assert result.idi == pytest.approx(0.5)
    assert [block.name for block in result.blocks] == list(ORIGINAL)
    assert result.blocks[1].idi == pytest.approx(0.5)
    less = idi(dict.fromkeys(ORIGINAL, 0.0), ORIGINAL, RETRAINED, 0.47)
    assert less.idi == pytest.approx(-0.74 / 0.56)
    assert IdiResult.from_dict(result.to_dict(), strict=True) == result


def test_where_original_and_retrained_tell_the_same_there_is_no_index():
    result = idi(ORIGINAL, ORIGINAL, RETRAINED, 0.47)
    assert isinstance(result.blocks[0].idi, Undefined)
    assert "differ by 0.010 bits, less than 0.024" in result.blocks[0].idi.reason
    same = idi(RETRAINED, ORIGINAL, ORIGINAL, 0.47)
    assert isinstance(same.idi, Undefined)
    assert isinstance(idi(ORIGINAL, RETRAINED, ORIGINAL, 0.47).idi, Undefined)
    wide = idi(ORIGINAL, ORIGINAL, RETRAINED, 0.47, Informing(least=0.01))
    assert wide.blocks[0].idi == 1
    with pytest.raises(ValueError, match="the same blocks of three models"):
        idi({"stem": 0.1}, ORIGINAL, RETRAINED, 0.47)
