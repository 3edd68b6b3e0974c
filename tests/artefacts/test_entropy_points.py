"""What is kept of every sample: to half precision, thinned evenly, the same for all models."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opcviz.artefacts.classification import entropy_points as entropy
from opcviz.data import Split
from opcviz.measures.entropy import entropy_view, least_entropy


def split_of(forget: int, retain: int) -> Split:
    order = torch.randperm(forget + retain, generator=torch.Generator().manual_seed(0))
    none = torch.empty(0, dtype=torch.int64)
    parts = order[:forget].sort().values, order[forget:].sort().values
    return Split(
        forget_train=parts[0], retain_train=parts[1], forget_test=none, retain_test=none, classes=()
    )


def logits_of(samples: int, scale: float = 3.0) -> torch.Tensor:
    return scale * torch.randn(samples, 5, generator=torch.Generator().manual_seed(1))


def test_a_small_set_is_kept_whole():
    split, logits = split_of(30, 70), logits_of(100)
    about, arrays = entropy.entropy_points(logits, split)
    assert about.to_dict() == {"classes": 5, "forget": [30, 30], "retain": [70, 70]}
    assert arrays["forget"].tolist() == [True] * 30 + [False] * 70
    rows = torch.cat([split.forget_train, split.retain_train])
    view = entropy_view(logits[rows])
    assert np.allclose(arrays["norm"], view.norm, rtol=1e-3)
    assert np.allclose(arrays["entropy"], view.entropy, rtol=1e-3, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(2, 40).map(lambda n: 2 * n))
def test_a_large_one_is_thinned_to_equal_parts(forget, retain, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entropy, "MAX_POINTS", most)
        about, arrays = entropy.entropy_points(logits_of(forget + retain), split_of(forget, retain))
    kept = about.forget[0], about.retain[0]
    assert (about.forget[1], about.retain[1]) == (forget, retain)
    assert sum(kept) == min(most, forget + retain) == len(arrays["norm"])
    assert all(k == n or k >= most // 2 for k, n in zip(kept, (forget, retain), strict=True))
    assert int(arrays["forget"].sum()) == kept[0]


def test_the_thinned_are_spread_over_the_whole_set(monkeypatch):
    monkeypatch.setattr(entropy, "MAX_POINTS", 20)
    kept, _ = entropy._thinned(torch.arange(100), torch.arange(100, 300))
    assert kept.tolist() == [0, 11, 22, 33, 44, 55, 66, 77, 88, 99]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 30.0, 1e5])
def test_no_point_lies_below_the_bound(scale):
    _, arrays = entropy.entropy_points(logits_of(200, scale), split_of(100, 100))
    assert np.isfinite(arrays["norm"]).all()
    bound = least_entropy(arrays["norm"].astype(float), 5).numpy()
    assert (arrays["entropy"] >= bound - 4e-3).all()


def test_logits_that_are_not_finite_have_a_reason():
    logits = logits_of(20)
    logits[3] = torch.nan
    about, arrays = entropy.entropy_points(logits, split_of(10, 10))
    assert "not finite" in about.reason
    assert arrays == {}


def test_two_thousand_samples_take_less_than_ten_kilobytes(tmp_path):
    _, arrays = entropy.entropy_points(logits_of(60_000), split_of(20_000, 40_000))
    np.savez_compressed(tmp_path / "entropy.npz", **arrays)
    assert len(arrays["norm"]) == entropy.MAX_POINTS
    assert (tmp_path / "entropy.npz").stat().st_size < 10_000
