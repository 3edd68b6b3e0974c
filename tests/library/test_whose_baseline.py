"""Attacks of the library's face are measured against the original, not the model under attack."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import opcviz
from opcviz.attacks import inversion as inverting


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(36, 12), nn.ReLU())
        self.head = nn.Linear(12, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


@pytest.fixture(scope="module")
def two() -> SimpleNamespace:
    """A trained original and another model that gets other forget samples right."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = (rng.random((3, 1, 6, 6))[y] + rng.normal(0, 0.1, (60, 1, 6, 6))).clip(0, 1)
    data = opcviz.data_from_arrays(x[:45], y[:45], x[45:], y[45:], device="cpu")
    original = opcviz.train(data, Small, epochs=8, batch_size=9, progress=False)
    torch.manual_seed(3)
    return SimpleNamespace(
        data=data,
        split=opcviz.split(data, "classes:0"),
        original=original,
        other=opcviz.wrap(Small(), data),
    )


def accuracy(model: opcviz.Model, two: SimpleNamespace) -> float:
    """Percent of the forget samples that a model gets right, by its network alone."""
    ids = two.split.forget_train
    with torch.no_grad():
        answers = model.network(two.data.x_train[ids]).argmax(1)
    return 100 * float((answers == two.data.y_train[ids]).double().mean())


def as_json(result: Any) -> dict[str, Any]:
    return result if isinstance(result, dict) else result.to_dict()


def test_relearning_is_measured_against_the_original(two: SimpleNamespace) -> None:
    first, other = accuracy(two.original, two), accuracy(two.other, two)
    assert first > other + 20
    found = as_json(
        opcviz.relearn(
            two.other, two.data, two.split, original=two.original,
            steps=3, shots=[1], other="none", progress=False,
        )
    )  # fmt: skip
    assert found["original_accuracy"] == pytest.approx(first)
    curve = found["variants"]["retain"]["forget_train"]
    assert curve["accuracy"][0] == pytest.approx(other)
    mean = sum((a + b) / 2 for a, b in zip(curve["accuracy"], curve["accuracy"][1:], strict=False))
    assert curve["area"] == pytest.approx(mean / 3 / first)


def test_inversion_takes_the_difference_from_the_original(two: SimpleNamespace) -> None:
    settings: dict[str, Any] = {"target": "difference", "iterations": 3, "restarts": 1}
    found = opcviz.invert(
        two.other, two.data, two.split, original=two.original, pictures=2, progress=False,
        **settings,
    )  # fmt: skip
    ids = found.positions
    expected = inverting.invert(
        [two.other.network],
        two.data.x_train[ids],
        two.data.y_train[ids],
        inverting.Inversion.from_dict(settings),
        originals=[two.original.network],
        seed=0,
    )
    assert found.reconstructions.isfinite().all()
    assert torch.equal(found.reconstructions, expected.reconstructions[0])


def test_the_class_mean_is_that_of_the_training_pictures(two: SimpleNamespace) -> None:
    """What an attacker gets who guesses the mean picture of the class: mean PSNR in dB."""
    found = opcviz.invert(two.other, two.data, two.split, pictures=2, iterations=2, progress=False)
    mean = two.data.x_train[two.data.y_train == 0].double().mean(0)
    errors = [float(((x - mean) ** 2).mean()) for x in found.pictures.double()]
    expected = np.mean([-10 * np.log10(error) for error in errors])
    assert as_json(found)["class_mean"]["psnr"] == pytest.approx(expected, rel=1e-4)
