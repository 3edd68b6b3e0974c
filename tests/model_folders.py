"""Folders of models that tests write, of networks of `fake_libraries`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fake_libraries
import torch
from published import trained_like
from safetensors.torch import save_file
from torch import nn

SHAPE = (3, 32, 32)
NAMES = tuple(f"class {letter}" for letter in "abcdefghij")
MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
PREPARED = {"image_mean": list(MEAN), "image_std": list(STD), "size": {"height": 32, "width": 32}}
TIMM: dict[str, Any] = {
    "architecture": "tiny_net",
    "num_classes": 10,
    "model_args": {"depth": 2},
    "pretrained_cfg": {"input_size": [3, 32, 32], "mean": list(MEAN), "std": list(STD)},
}
TRANSFORMERS: dict[str, Any] = {
    "architectures": ["ViTForImageClassification"],
    "model_type": "vit",
    "hidden_size": 12,
    "num_hidden_layers": 2,
    "torch_dtype": "float32",
    "auto_map": {"AutoConfig": "evil.Config"},
}


def folder_of(
    place: Path, net: nn.Module, config: dict[str, Any], prepared: dict[str, Any] | None = None
) -> Path:
    place.mkdir(parents=True)
    save_file(
        {key: each.clone() for key, each in net.state_dict().items()}, place / "model.safetensors"
    )
    (place / "config.json").write_text(json.dumps(config))
    if prepared is not None:
        (place / "preprocessor_config.json").write_text(json.dumps(prepared))
    return place


def of_timm() -> nn.Module:
    torch.manual_seed(0)
    return trained_like(fake_libraries.TinyNet(3, 10, depth=2))


def of_transformers() -> nn.Module:
    torch.manual_seed(0)
    config = fake_libraries.TinyConfig(12, 2, num_labels=10)
    return trained_like(fake_libraries.TinyClassifier(config))
