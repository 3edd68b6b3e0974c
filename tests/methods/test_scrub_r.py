"""SCRUB+R: the model of the epoch whose error on forget data is nearest to the reference."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from opcviz.methods import Request, create
from opcviz.models import Classifier

MakeRequest = Callable[..., Request]
SETTINGS = {"epochs": 6, "lr": 0.003, "batch_size": 12, "msteps": 2, "weight_decay": 0.0}


class Watch:
    """Keeps each epoch's weights and error on the forget data."""

    def __init__(self, request: Request) -> None:
        ids = request.split.forget_train
        self.x, self.y = request.data.x_train[ids].float() / 255, request.data.y_train[ids]
        self.errors: list[float] = []
        self.weights: list[dict[str, Tensor]] = []

    def __call__(self, model: Classifier, epoch: int) -> None:
        self.errors.append(100 * (model(self.x).argmax(1) != self.y).float().mean().item())
        self.weights.append({k: v.clone() for k, v in model.state_dict().items()})

    def state(self) -> dict[str, Tensor]:
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        raise AssertionError("nothing was resumed")


@pytest.mark.parametrize("reference", [0.0, 30.0, 100.0])
def test_it_rewinds_to_the_nearest_epoch(tiny_request: MakeRequest, reference: float) -> None:
    watch = Watch(tiny_request())
    request = tiny_request(watch=watch)
    model, _ = create("scrub_r", reference=reference, **SETTINGS).unlearn(request)
    assert len(watch.errors) == 7  # who watched before goes on watching
    gaps = [abs(error - reference) for error in watch.errors[1:]]
    chosen = watch.weights[1 + gaps.index(min(gaps))]
    assert all(torch.equal(value, chosen[name]) for name, value in model.state_dict().items())


@pytest.mark.slow
def test_the_reference_decides(tiny_request: MakeRequest, same_weights: Callable) -> None:
    """Of a run whose errors differ, the extremes are two models, and neither is the original."""
    watch = Watch(tiny_request())
    create("scrub", **SETTINGS).unlearn(tiny_request(watch=watch))
    errors = watch.errors[1:]
    low, high = min(errors), max(errors)
    assert low < high
    few, many = (
        create("scrub_r", reference=reference, **SETTINGS).unlearn(tiny_request())[0]
        for reference in (low, high)
    )
    assert not same_weights(few, many)
    for model, error in ((few, low), (many, high)):
        kept = watch.weights[1 + errors.index(error)]
        assert all(torch.equal(value, kept[k]) for k, value in model.state_dict().items())
