"""Stand-ins for timm and transformers: the few names of theirs that are used, with tiny networks.

They let the way from a folder to a model be tried where the libraries are not installed.
"""

from __future__ import annotations

import importlib.machinery
import sys
import types
from typing import Any

import pytest
import torch
from torch import Tensor, nn

__all__ = ["TinyConfig", "install"]


class TinyNet(nn.Module):
    """A network of timm: body under names of its own, `fc` at the end."""

    def __init__(self, in_chans: int, num_classes: int, depth: int = 1, embed_dim: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_chans, embed_dim, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(embed_dim, embed_dim, 3, padding=1), nn.BatchNorm2d(embed_dim)
                )
                for _ in range(depth)
            )
        )
        self.fc = nn.Linear(embed_dim, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.relu(self.blocks(self.stem(x))).mean((2, 3)))


class TinyConfig:
    """Settings of a network of transformers."""

    def __init__(self, hidden_size: int = 8, num_hidden_layers: int = 1, **more: Any) -> None:
        self.hidden_size, self.num_hidden_layers = hidden_size, num_hidden_layers
        self.num_channels, self.num_labels = more.pop("num_channels", 3), more.pop("num_labels", 2)
        assert not more, more

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), **General().to_dict(), "model_type": "vit"}


class General:
    def to_dict(self) -> dict[str, Any]:
        return {"architectures": None, "id2label": {}, "attn_implementation": None}


class TinyLayer(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.dense = nn.Linear(width, width)

    def forward(self, x: Tensor) -> tuple[Tensor, None]:
        return x + torch.tanh(self.dense(self.norm(x))), None


class TinyBody(nn.Module):
    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        self.embeddings = nn.Conv2d(config.num_channels, config.hidden_size, 8, 8)
        self.layer = nn.ModuleList(
            TinyLayer(config.hidden_size) for _ in range(config.num_hidden_layers)
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        tokens = self.embeddings(x).flatten(2).transpose(1, 2)
        for layer in self.layer:
            tokens, _ = layer(tokens)
        return {"last_hidden_state": tokens}


class TinyClassifier(nn.Module):
    """A network of transformers: a body as one child, results in an object."""

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        self.vit = TinyBody(config)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)

    @classmethod
    def _from_config(cls, config: TinyConfig, attn_implementation: str) -> TinyClassifier:
        assert attn_implementation == "eager"
        return cls(config)

    def forward(self, x: Tensor, return_dict: bool = False) -> types.SimpleNamespace:
        assert return_dict
        tokens = self.vit(x)["last_hidden_state"]
        return types.SimpleNamespace(logits=self.classifier(tokens.mean(1)))


def create_model(kind: str, pretrained: bool = True, **settings: Any) -> nn.Module:
    assert not pretrained
    assert kind == "tiny_net"
    return TinyNet(**settings)


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put both into the place of the libraries, as long as a test lasts."""
    timm, transformers = (types.ModuleType(name) for name in ("timm", "transformers"))
    vars(timm).update(is_model=lambda kind: kind == "tiny_net", create_model=create_model)
    vars(transformers).update(
        PretrainedConfig=General,
        CONFIG_MAPPING={"vit": TinyConfig},
        MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING={TinyConfig: TinyClassifier},
    )
    for module in (timm, transformers):
        module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
        monkeypatch.setitem(sys.modules, module.__name__, module)
