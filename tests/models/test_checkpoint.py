"""Weights on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from opcviz.models import CheckpointError, load_weights, save_weights
from opcviz.models.checkpoint import read_tensors

SPEC = {"method": "opc", "settings": {"lr": 0.05}, "title": "größer × kleiner"}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "weights.safetensors"
    save_weights(path, nn.Linear(3, 2).state_dict(), SPEC)
    return path


def test_weights_and_spec_come_back(saved: Path) -> None:
    torch.manual_seed(0)
    expected = nn.Linear(3, 2)
    model = nn.Linear(3, 2)
    load_weights(model, saved)
    assert read_tensors(saved)[1] == SPEC
    assert torch.equal(model.weight, expected.weight)
    assert torch.equal(model.bias, expected.bias)


def test_any_layout_and_type_is_kept(tmp_path: Path) -> None:
    tensors = {
        "wide": torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last),
        "turned": torch.rand(3, 5).T,
        "count": torch.tensor(7),
        "half": torch.rand(4).bfloat16(),
        "tracked": torch.rand(2, requires_grad=True),
    }
    save_weights(tmp_path / "x.safetensors", tensors, {})
    back, spec = read_tensors(tmp_path / "x.safetensors")
    assert spec == {}
    for name, value in tensors.items():
        assert torch.equal(back[name], value.detach())
        assert back[name].dtype == value.dtype


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Linear(3, 2, bias=False), "tensor 'bias' is missing in the model"),
        (nn.Linear(4, 2), r"tensor 'weight' is \(2, 3\) in the file, \(2, 4\) in the model"),
        (nn.BatchNorm1d(2), "is missing in the file|in the model"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_whole(
    saved: Path, model: nn.Module, message: str
) -> None:
    before = {k: v.clone() for k, v in model.state_dict().items()}
    with pytest.raises(CheckpointError, match=message) as error:
        load_weights(model, saved)
    assert str(saved) in str(error.value)
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.safetensors: there is no such weights file"):
        read_tensors(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 60, -4])
def test_a_truncated_file_is_refused(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        read_tensors(saved)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    torch.save(nn.Linear(3, 2).state_dict(), path)
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        load_weights(nn.Linear(3, 2), path)
