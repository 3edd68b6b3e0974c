"""Weights that a task has stored in half precision."""

from __future__ import annotations

import torch

from opcviz.models import load_weights, save_weights
from opcviz.study.trainer import _as_stored
from opcviz.tasks import get_task


def test_a_generator_is_stored_in_half_and_read_in_full(tmp_path):
    model = torch.nn.BatchNorm1d(3)
    with torch.no_grad():
        model.weight[:] = torch.tensor([0.1, 1e5, 2.0])  # the second is beyond half precision
        model.bias[:] = torch.tensor([1 / 3, -4.0, 0.0])
    generation, classification = get_task("generation"), get_task("classification")
    assert _as_stored(classification, model.state_dict())["bias"].dtype == torch.float32
    stored = _as_stored(generation, model.state_dict())
    assert stored["bias"].dtype == torch.float16
    assert stored["weight"].dtype == torch.float32
    assert stored["num_batches_tracked"].dtype == torch.int64
    save_weights(tmp_path / "weights.safetensors", stored, {})
    again = torch.nn.BatchNorm1d(3)
    load_weights(again, tmp_path / "weights.safetensors")
    assert again.bias.dtype == torch.float32
    assert torch.equal(again.bias, model.bias.half().float())
    twice = _as_stored(generation, again.state_dict())
    assert all(torch.equal(twice[name], stored[name]) for name in stored), "read, it is the same"
