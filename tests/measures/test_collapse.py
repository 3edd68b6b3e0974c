import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from json_form import as_json

from opcviz.measures import collapse

collapse = as_json(collapse)


def test_agrees_with_numpy():
    g = torch.Generator().manual_seed(0)
    forget, retain = torch.randn(50, 6, generator=g) * 0.1 + 1, torch.randn(80, 6, generator=g)
    values = collapse(forget, retain)
    f, r = forget.double().numpy(), retain.double().numpy()
    assert values["norm_ratio"] == pytest.approx(
        np.linalg.norm(f, axis=1).mean() / np.linalg.norm(r, axis=1).mean()
    )
    assert values["variance"] == pytest.approx(f.var(0).sum())
    assert values["radius_ratio"] == pytest.approx((f.var(0).sum() / r.var(0).sum()) ** 0.5)
    p = np.linalg.eigvalsh(np.cov(f.T))
    p = p / p.sum()
    assert values["effective_rank"] == pytest.approx(np.exp(-(p * np.log(p)).sum()))
    assert "reason" not in values


@pytest.mark.parametrize(("n", "d"), [(8, 3), (3, 8)])
def test_effective_rank_of_equal_axes_is_their_number(n, d):
    """±e_i for the first axes: all eigenvalues alike."""
    axes = torch.eye(max(n, d))[: min(n, d) // 2, :d]
    forget = torch.cat([axes, -axes])
    assert collapse(forget, torch.randn(5, d))["effective_rank"] == pytest.approx(len(axes))


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-30, 1e3), seed=st.integers(0, 999))
def test_ratios_scale_and_rank_does_not(scale, seed):
    g = torch.Generator().manual_seed(seed)
    features = torch.randn(30, 5, generator=g, dtype=torch.float64)
    one, scaled = collapse(features, features), collapse(scale * features, features)
    assert one["radius_ratio"] == one["norm_ratio"] == 1
    assert scaled["norm_ratio"] == pytest.approx(scale)
    assert scaled["radius_ratio"] == pytest.approx(scale)
    assert scaled["effective_rank"] == pytest.approx(one["effective_rank"])
    assert 1 <= one["effective_rank"] <= 5


@pytest.mark.parametrize("point", [0.0, 0.1])
def test_a_perfect_point_has_radius_zero_and_no_rank(point):
    values = collapse(torch.full((1001, 4), point), torch.randn(10, 4))
    assert values["radius_ratio"] == 0
    assert values["variance"] == 0
    assert values["effective_rank"] is None
    assert "do not vary" in values["reason"]["effective_rank"]


def test_what_is_undefined_has_a_reason():
    good, none = torch.randn(5, 3), torch.zeros(0, 3)
    assert collapse(none, good)["reason"]["norm_ratio"] == "there are no forget samples"
    assert collapse(good, none)["norm_ratio"] is None
    assert collapse(good, none)["effective_rank"] > 1
    values = collapse(good * math.nan, good)
    assert values["norm_ratio"] is values["effective_rank"] is values["variance"] is None
    assert "diverged" in values["reason"]["variance"]
    flat = collapse(good, torch.zeros(4, 3))
    assert flat["norm_ratio"] is None
    assert "zero" in flat["reason"]["radius_ratio"]
    with pytest.raises(ValueError, match="collapse wants"):
        collapse(good, torch.randn(5, 4))
