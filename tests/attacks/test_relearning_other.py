"""Relearning from another data set: the body moves, the model's own head never does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from json_form import as_json
from torch import nn

from opcviz.attacks.inversion.labels import head_of
from opcviz.attacks.relearning import Relearning, relearn
from opcviz.attacks.relearning import attack as relearning
from opcviz.common.config import ConfigError
from opcviz.data import Images, assemble, photo_patches
from opcviz.models import BodyHead, Classifier

relearn = as_json(relearn)

QUICK = Relearning(steps=12, shots=(2,), batch_size=8)

pytestmark = pytest.mark.usefixtures("one_thread")


def other_pictures(classes: int) -> Images:
    """Another data set of 8×8 pictures: a prototype a class, under noise."""
    rng = np.random.default_rng(5)
    y = np.repeat(np.arange(classes), 12)
    x = rng.integers(40, 216, (classes, 1, 8, 8))[y] + rng.normal(0, 30, (len(y), 1, 8, 8))
    part = x.clip(0, 255).astype(np.uint8), y
    return assemble("other", part, part)


@pytest.mark.slow
def test_other_pictures_move_the_body_and_never_the_head(
    tiny_original, tiny_images, tiny_split, same_weights, monkeypatch
):
    ended = []
    train = relearning.train
    monkeypatch.setattr(
        relearning, "train", lambda model, *a, **k: (ended.append(model), train(model, *a, **k))[1]
    )
    other = other_pictures(7)
    config = Relearning(steps=30, shots=(), batch_size=8, lr=0.05)
    result = relearn(
        tiny_original, tiny_images, tiny_split, config, original_accuracy=100, other=other
    )
    assert list(result["variants"]) == ["retain", "other"]
    model = ended[-1]
    assert torch.equal(model.head.weight, tiny_original.head.weight)
    assert torch.equal(model.head.bias, tiny_original.head.bias)
    assert not same_weights(model.net.stem, tiny_original.net.stem)
    with torch.no_grad():
        answers = model.new_head(model.features(other.x_train / 255)[0]).argmax(1)
    assert (answers == other.y_train).double().mean() > 0.8  # the new task was learnt
    scored = result["variants"]["other"]["forget_train"]
    assert scored["samples"] == len(tiny_split.forget_train)


class Bare(BodyHead):
    """The least that the attack asks of a model: a body, a head, and nothing of a classifier's."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.body, self.last = model, model.net.get_submodule(model.head_name)

    @property
    def head(self) -> nn.Linear:
        return self.last

    def features(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.body.features(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


@pytest.mark.slow
def test_any_network_with_a_body_and_a_head_is_attacked(tiny_original, tiny_images, tiny_split):
    asked = tiny_images, tiny_split, QUICK
    told = {"original_accuracy": 100, "other": other_pictures(3)}
    bare = Bare(tiny_original)
    assert relearn(bare, *asked, **told) == relearn(tiny_original, *asked, **told)
    assert bare.get_submodule(head_of(bare)) is tiny_original.head


def test_other_pictures_of_another_shape_are_refused(tiny_original, tiny_images, tiny_split):
    other = other_pictures(2)
    other = replace(other, x_train=other.x_train[:, :, :4], x_test=other.x_test[:, :, :4])
    with pytest.raises(ValueError, match=r"bring them to one shape"):
        relearn(tiny_original, tiny_images, tiny_split, original_accuracy=100, other=other)


def test_the_other_data_set_is_photographs_unless_told():
    assert Relearning().other == "photos"
    assert Relearning(other="none").other == "none"
    with pytest.raises(ConfigError, match="other"):
        Relearning(other="cats")


@pytest.mark.slow
def test_photographs_are_learnt_through_a_head_of_their_own(tiny_original, tiny_images, tiny_split):
    found = relearn(
        tiny_original,
        tiny_images,
        tiny_split,
        QUICK,
        original_accuracy=100,
        other=photo_patches(tiny_images.shape, 32),
    )
    curve = found["variants"]["other"]["forget_train"]
    assert found["variants"]["other"]["given"] == 0
    assert curve["accuracy"][0] > 50  # the untouched head knows the classes before the first step
    assert len(curve["accuracy"]) == len(found["variants"]["other"]["steps"])
