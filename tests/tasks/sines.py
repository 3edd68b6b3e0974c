"""A second, small task: how many periods a noisy sine has, told by a one-dimensional network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from opcviz.common.progress import Progress
from opcviz.common.records import Record, Undefined
from opcviz.data import Data, DataSpec, Tensors
from opcviz.models import Architecture
from opcviz.results import PlainResult
from opcviz.tasks import Task

LENGTH = 32


def make_sines(train: int = 96, test: int = 32, seed: int = 0) -> Tensors:
    """Sines of 1 to 4 periods and any phase under noise, (N, 1, LENGTH), with their periods."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.linspace(0, 1, LENGTH)

    def part(count: int) -> tuple[Tensor, Tensor]:
        periods = 1 + 3 * torch.rand(count, generator=generator)
        phase = torch.rand(count, 1, generator=generator)
        clean = torch.sin(2 * math.pi * (periods[:, None] * time + phase))
        noise = torch.randn(count, LENGTH, generator=generator)
        return (clean + 0.1 * noise)[:, None], periods

    return Tensors("sines", *part(train), *part(test))


def read_sines(spec: DataSpec, folder: Path, download: bool) -> Tensors:
    return make_sines()


class SineNet(nn.Module):
    """Two convolutions and a linear map, (B, 1, T) -> (B,), with batch norm and so statistics."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(1, width, 5, stride=2, padding=2),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.head = nn.Linear(width * LENGTH // 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x)).squeeze(1)


@dataclass(frozen=True)
class Predictions:
    """What a model says of samples: (N,) each."""

    values: Tensor
    targets: Tensor


@dataclass(frozen=True)
class SineOutputs:
    """Predictions on the train and the test set."""

    train: Predictions
    test: Predictions


class Sines(Task):
    """Regression by squared error; everything else is the protocol's own."""

    name = "sines"
    scored = ("error",)

    def build(self, architecture: Architecture, data: Data, seed: int) -> SineNet:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return SineNet(max(1, round(8 * architecture.width))).to(data.device)

    def losses(self, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return (model(x) - y).square()

    @torch.no_grad()
    def observe(
        self, model: nn.Module, data: Data, *, progress: Progress | None = None
    ) -> SineOutputs:
        training = model.training
        model.eval()
        seen = []
        for split, y in (("train", data.y_train), ("test", data.y_test)):
            if progress:
                progress.check()
            x = data.batch(torch.arange(len(y), device=data.device), split)
            seen.append(Predictions(model(x), y))
        model.train(training)
        return SineOutputs(*seen)

    def networks(self) -> tuple[str, ...]:
        return ("resnet8", "tiny")  # the first is what a study says that names none

    def gap(
        self, model: Mapping[str, Record | Undefined], retrained: Mapping[str, Record | Undefined]
    ) -> float | Undefined:
        shown, ideal = model["error"], retrained["error"]
        if not (isinstance(shown, PlainResult) and isinstance(ideal, PlainResult)):
            return Undefined("an error is missing")
        parts = ("forget_train", "retain_test")
        return sum(abs(shown.at(part) - ideal.at(part)) for part in parts)

    def final_layer(self, model: SineNet) -> nn.Linear:
        return model.head
