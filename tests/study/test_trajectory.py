"""Packed features come back close to what they were, however small they are."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from opcviz.study.trajectory import pack, unpack


@given(st.integers(0, 2**31 - 1), st.floats(-30, 30))
def test_every_entry_is_within_half_a_step_of_its_samples_largest(seed, exponent):
    features = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(seed)) * 10.0**exponent
    packed = pack(features)
    back = unpack(packed["shares"].numpy(), packed["largest"].numpy())
    step = features.abs().amax(-1, keepdim=True).numpy() / 127
    assert (np.abs(back - features.numpy()) <= step * 0.501).all()


def test_a_point_at_the_origin_stays_there_and_nan_is_no_number():
    packed = pack(torch.tensor([[0.0, 0.0], [float("nan"), 1.0]]))
    back = unpack(packed["shares"].numpy(), packed["largest"].numpy())
    assert back.tolist() == [[0.0, 0.0], [0.0, 1.0]]
