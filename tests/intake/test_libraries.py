"""Folders that timm and transformers themselves save: the same answers as from their networks.

`requirements-test.txt` brings timm. transformers is tried where it is installed; `test_folders` has
a stand-in for both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from model_folders import NAMES
from published import trained_like
from safetensors.torch import save_file
from torch import Tensor, nn

from opcviz.common.config import ConfigError
from opcviz.data import Images, assemble
from opcviz.intake.recognise import brought, recognise
from opcviz.intake.weights import read_weights
from opcviz.models import Architecture, BlockNet, build_classifier, build_network


def pictures(side: int) -> Images:
    rng = np.random.default_rng(0)
    part = rng.integers(0, 256, (12, 3, side, side), dtype=np.uint8), np.arange(12) % 10
    return assemble("noise", part, part, NAMES)


def found_in(folder: Path, side: int) -> tuple[BlockNet, Architecture, Images]:
    """The model of a folder as an audit would take it."""
    data, weights = pictures(side), read_weights(folder)
    (candidate,) = recognise(weights, (3, side, side), 10)
    assert candidate.fits, candidate.explain()
    return brought(candidate, weights, data), candidate.architecture, data


def agree(model: nn.Module, x: Tensor, expected: Tensor) -> None:
    with torch.no_grad():
        torch.testing.assert_close(model(x), expected, atol=1e-5, rtol=1e-5)
    assert expected.std() > 1e-4


TIMM: dict[str, dict[str, Any]] = {
    "resnet10t": {},
    "vit_tiny_patch16_224": {"img_size": 32, "patch_size": 8, "depth": 2, "embed_dim": 48},
    "convnext_atto": {"depths": [1, 1, 1, 1], "dims": [8, 16, 16, 16]},
    "mobilenetv3_small_050": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", TIMM)
@pytest.mark.parametrize("pickled", [False, True])
def test_a_folder_that_timm_saves(kind: str, pickled: bool, tmp_path: Path) -> None:
    timm = pytest.importorskip("timm")
    settings = TIMM[kind]
    torch.manual_seed(0)
    net = trained_like(timm.create_model(kind, pretrained=False, num_classes=10, **settings))
    config = {
        "architecture": kind,
        "num_classes": 10,
        "model_args": {**settings, "num_classes": 10, "in_chans": 3},
        "pretrained_cfg": {"input_size": [3, 32, 32], "mean": [0.5] * 3, "std": [0.25] * 3},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    if pickled:
        torch.save(net.state_dict(), tmp_path / "pytorch_model.bin")
    else:
        save_file(net.state_dict(), tmp_path / "model.safetensors")
    model, architecture, data = found_in(tmp_path, 32)
    assert architecture.name.startswith(f"timm:{kind}")
    x = data.batch(torch.arange(4))
    agree(model, x, net((x - 0.5) / 0.25).detach())
    assert model.block_names
    with torch.no_grad():
        seen = model.activations(x)
    assert all(each.shape[0] == 4 for each in seen.blocks.values())
    fresh = build_classifier(architecture, data, 0)  # what a retrained one begins with
    assert fresh.state_dict().keys() == model.state_dict().keys()


SMALL: dict[str, Any] = {"image_size": 32, "patch_size": 8}
VIT = SMALL | {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
STAGES = {"embedding_size": 8, "hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]}
SWIN = {
    "image_size": 32,
    "patch_size": 2,
    "embed_dim": 16,
    "depths": [1, 1],
    "num_heads": [2, 2],
    "window_size": 4,
}
TRANSFORMERS: dict[str, dict[str, Any]] = {
    "vit": VIT,
    "deit": VIT,
    "dinov2": VIT,
    "swin": SWIN,
    "resnet": STAGES | {"layer_type": "basic"},
    "convnext": {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]},
    "mobilenet_v2": {},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_a_folder_that_transformers_saves(kind: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.CONFIG_MAPPING[kind](
        **TRANSFORMERS[kind], num_labels=10, id2label=dict(enumerate(reversed(NAMES)))
    )
    chosen = transformers.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING[type(config)]
    net = (chosen[0] if isinstance(chosen, tuple) else chosen)(config).float()
    net = trained_like(net)
    net.save_pretrained(tmp_path)
    prepared = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3, "size": 32}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(prepared))
    model, architecture, data = found_in(tmp_path, 32)
    assert architecture.name.startswith(f"transformers:{kind}")
    x = data.batch(torch.arange(4))
    agree(model, x, net((x - 0.5) / 0.25).logits.detach().flip(1))
    assert len(model.block_names) >= 2
    with torch.no_grad():
        assert len(model.activations(x).blocks) == len(model.block_names)


def test_networks_that_would_fetch_others_are_not_made() -> None:
    with pytest.raises(ConfigError, match="are not made here"):
        build_network(Architecture("transformers:timm_wrapper"), 3, 10)
