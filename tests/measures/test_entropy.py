import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import entropy

from opcviz.measures import centred_norm, least_entropy, prediction_entropy
from opcviz.measures.entropy import entropy_view

QUOTED = [
    (0.1, 2.3021),
    (0.5, 2.2862),
    (1, 2.2191),
    (2, 1.8396),
    (3, 1.1952),
    (5, 0.2783),
    (8, 0.0184),
]


@pytest.mark.parametrize(("norm", "value"), QUOTED)
def test_quoted_values_for_ten_classes(norm, value):
    assert least_entropy(norm, 10).item() == pytest.approx(value, abs=5e-5)


def test_entropy_agrees_with_scipy():
    logits = 4 * torch.randn(20, 7, generator=torch.Generator().manual_seed(0))
    expected = entropy(logits.double().softmax(1).numpy(), axis=1)
    assert prediction_entropy(logits).numpy() == pytest.approx(expected)
    assert prediction_entropy(torch.tensor([[1e4, 0.0]])).item() == 0


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-30, 30), min_size=2, max_size=20))
def test_both_bounds_hold_for_any_logits(values):
    z = torch.tensor([values], dtype=torch.float64)
    h, r = prediction_entropy(z), centred_norm(z)
    least = least_entropy(r, z.shape[1])
    assert h >= least - 1e-9
    assert least >= math.log(z.shape[1]) - r.square() / 4 - 1e-9  # tight near the origin
    assert h >= math.log(z.shape[1]) - z.square().sum() / 4 - 1e-9


@pytest.mark.parametrize("norm", [0.5, 2.0, 4.0])
def test_no_search_gets_below_the_bound_and_the_bound_is_reached(norm):
    def sphere(v):
        z = torch.tensor(v)[None]
        z = z - z.mean()
        return prediction_entropy(norm * z / z.norm()).item()

    found = min(
        minimize(sphere, np.random.RandomState(seed).normal(size=5)).fun for seed in range(8)
    )
    assert found == pytest.approx(least_entropy(norm, 5).item(), abs=1e-4)


def test_every_sample_stands_on_or_above_the_bound():
    logits = 5 * torch.randn(50, 6, generator=torch.Generator().manual_seed(1))
    logits[0] = 3.0  # all alike: at the origin, where bound and entropy meet
    logits[1] = torch.tensor([8.0, 1, 1, 1, 1, 1])  # the surest of its norm
    view = entropy_view(logits)
    assert torch.equal(view.norm, centred_norm(logits))
    assert torch.equal(view.entropy, prediction_entropy(logits))
    assert (view.entropy >= view.bound - 1e-9).all()
    assert view.norm[0] == 0
    assert view.entropy[:2].numpy() == pytest.approx(view.bound[:2].numpy())
    assert view.bound[0].item() == pytest.approx(math.log(6))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="not finite"):
        entropy_view(torch.full((2, 3), float("nan")))
    with pytest.raises(ValueError, match="C >= 2"):
        entropy_view(torch.zeros(4, 1))
    with pytest.raises(ValueError, match="at least 2 classes"):
        least_entropy(1.0, 1)
    with pytest.raises(ValueError, match="norms >= 0"):
        least_entropy(-1.0, 3)
