"""The look at a brought original finds how its pictures were prepared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from opcviz.common.untrusted import IntakeError
from opcviz.data import Images, assemble
from opcviz.intake.advice import advice
from opcviz.intake.findings import Sanity, Trial
from opcviz.intake.preparations import Way, preparations
from opcviz.intake.recognise import brought, recognise
from opcviz.intake.sanity import sanity
from opcviz.intake.weights import Weights
from opcviz.models import Architecture, build_network

COLOURS = np.array([[200, 60, 60], [60, 60, 200], [60, 200, 60], [90, 90, 90], [150, 150, 150]])


def coloured() -> Images:
    """Five classes that are told apart by colour and brightness alone."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 5
    x = COLOURS[y][:, :, None, None] + rng.normal(0, 8, (200, 3, 8, 8))
    part = x.clip(0, 255).astype(np.uint8), y
    return assemble("coloured", part, part, class_names=("red", "blue", "green", "dark", "bright"))


@pytest.fixture(scope="module")
def data() -> Images:
    return coloured()


def trained(data: Images, mean: Sequence[float], std: Sequence[float], flip: bool) -> nn.Module:
    """A small residual net without anything that would forgive another preparation."""
    torch.manual_seed(0)
    net = build_network(Architecture("cifar:resnet8"), 3, 5)
    x = data.batch(torch.arange(200))
    x = (x - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
    x = x.flip(1) if flip else x
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(25):
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(x), data.y_train).backward()
        optimiser.step()
    for _ in range(20):  # the running statistics catch up
        net(x)
    return net.eval()


ZERO, ONE = (0.0,) * 3, (1.0,) * 3


@pytest.fixture(scope="module")
def plain(data: Images) -> nn.Module:
    return trained(data, ZERO, ONE, flip=False)


def look(net: nn.Module, data: Images, **given: Sequence[float]) -> tuple[Sanity, Weights]:
    weights = Weights(dict(net.state_dict()), "test", "")
    return sanity(recognise(weights, (3, 8, 8), 5), weights, data, **given), weights


@pytest.mark.slow
def test_a_model_as_it_should_be_gives_no_warning(data: Images, plain: nn.Module) -> None:
    found, _ = look(plain, data)
    assert found.best == found.expected
    assert found.best.accuracy > 95
    assert found.warnings == ()
    assert found.labels is None
    assert found.chance == pytest.approx(20, abs=4)


@pytest.mark.slow
@pytest.mark.parametrize("flip", [False, True])
def test_the_preparation_is_found(flip: bool, data: Images) -> None:
    net = trained(data, ZERO, (1 / 255,) * 3, flip)
    found, weights = look(net, data)
    assert found.expected.accuracy < 80
    assert found.best.accuracy > 95
    assert found.best.reversed_channels == flip
    assert found.best.std == pytest.approx((1 / 255,) * 3)
    assert "pictures from 0 to 255" in found.warnings[0]
    assert ("blue, green, red" in found.warnings[0]) == flip
    (candidate,) = recognise(weights, (3, 8, 8), 5)
    best = found.best
    model = brought(candidate, weights, data, best.mean, best.std, best.reversed_channels)
    with torch.no_grad():
        right = model(data.batch(torch.arange(200))).argmax(1) == data.y_train
    assert 100 * right.double().mean() > 95


@pytest.mark.slow
def test_the_warning_carries_the_options_that_mend_it(data: Images) -> None:
    net = trained(data, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616), flip=False)
    found, _ = look(net, data, mean=ZERO, std=(1 / 255,) * 3)
    assert found.best.accuracy >= 90
    said = found.warnings[0]
    assert "that is how it was probably trained" in said
    mean, std = (
        tuple(map(float, re.search(rf"--{name} (\S+[0-9])", said)[1].split(",")))
        for name in ("mean", "std")
    )
    assert (mean, std) == (found.best.mean, found.best.std)
    again, _ = look(net, data, mean=mean, std=std)
    assert again.warnings == ()
    assert again.expected.accuracy == found.best.accuracy


def test_what_is_better_and_still_bad_is_not_called_the_way_it_was_trained(data: Images) -> None:
    trial = Trial("cifar:resnet8", "pictures from 0 to 1, as they are", ZERO, ONE, False, 21.0, 512)
    other = replace(trial, preparation="pictures from −1 to 1", mean=(0.5,) * 3, accuracy=44.0)
    found = Sanity(20.0, trial, other, (other, trial), 44.0, None, ())
    (said,) = advice(found, data)
    assert "probably trained" not in said
    assert "whether it was trained so cannot be told" in said
    assert "--mean 0.5,0.5,0.5 --std 1,1,1" in said
    (low,) = advice(replace(found, expected=other, trials=(other,)), data)
    assert "under nothing else that was tried clearly more" in low


def test_a_normalisation_inside_the_weights_is_held_against_none_at_all(
    data: Images, plain: nn.Module
) -> None:
    """It may be left over from another run: the network itself never saw normalised pictures."""
    (candidate,) = recognise(Weights(dict(plain.state_dict()), "test", ""), (3, 8, 8), 5)
    inside = replace(candidate, mean=(0.0,) * 3, std=(1 / 255,) * 3)
    found = sanity((inside,), Weights(dict(plain.state_dict()), "test", ""), data)
    assert found.expected.preparation == "the normalisation that came with the weights"
    assert found.best.preparation == "pictures from 0 to 1, as they are"
    assert "--mean 0,0,0 --std 1,1,1" in found.warnings[0]


def test_what_was_given_is_believed_where_it_works(data: Images, plain: nn.Module) -> None:
    found, _ = look(plain, data, mean=ZERO, std=ONE)
    assert found.expected.preparation == "the normalisation given"
    assert found.best == found.expected
    assert len(found.trials) == 1  # nothing else was tried


def test_another_order_of_classes_is_said(data: Images, plain: nn.Module) -> None:
    net = deepcopy(plain)
    order = torch.tensor([2, 0, 1, 4, 3])
    net.fc.weight.data, net.fc.bias.data = net.fc.weight.data[order], net.fc.bias.data[order]
    found, _ = look(net, data)
    assert found.best.accuracy < 20
    assert found.matched > 95
    assert found.labels == tuple(order.tolist())
    assert any("output 0 is 'green'" in each for each in found.warnings)


def test_weights_of_nothing_are_called_so(data: Images) -> None:
    torch.manual_seed(1)
    net = build_network(Architecture("cifar:resnet8"), 3, 5)
    nn.init.zeros_(net.fc.weight)
    found, _ = look(net, data)
    assert "no better than naming the most frequent class" in found.warnings[-1]


@pytest.mark.slow
def test_the_kept_pool_is_told_from_none() -> None:
    """A max-pool has no weights: the pictures say whether there is one."""
    x = np.random.default_rng(1).integers(0, 256, (48, 3, 8, 8), dtype=np.uint8)
    torch.manual_seed(0)
    net = build_network(Architecture("pooled:resnet18"), 3, 2).eval()
    with torch.no_grad():  # labels are what the pooled network answers
        logits = net(torch.from_numpy(x).float() / 255)
        gap = logits[:, 1] - logits[:, 0]
        net.fc.bias[0] += gap.median()
    y = (gap > gap.median()).numpy().astype(np.int64)
    data = assemble("noise", (x, y), (x, y))
    weights = Weights(dict(net.state_dict()), "test", "")
    candidates = recognise(weights, (3, 8, 8), 2)
    assert [each.architecture.name for each in candidates] == ["small:resnet18", "pooled:resnet18"]
    found = sanity(candidates, weights, data)
    assert found.best.architecture == "pooled:resnet18"
    assert "as pooled:resnet18" in found.warnings[0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mean": ZERO}, "without the other"),
        ({"mean": ZERO, "std": ZERO}, "above 0"),
        ({"mean": (0.5,), "std": (0.5,)}, "3 numbers"),
    ],
)
def test_half_a_normalisation_is_refused(
    given: dict[str, tuple[float, ...]], message: str, data: Images
) -> None:
    net = build_network(Architecture("cifar:resnet8"), 3, 5)
    with pytest.raises(IntakeError, match=message):
        look(net, data, **given)


def test_to_guess_is_to_name_the_most_frequent_class(data: Images, plain: nn.Module) -> None:
    y = np.arange(200) % 5
    rows = np.concatenate([np.flatnonzero(y == 0), np.flatnonzero(y != 0)[:40]])  # 40 of 80
    part = data.x_train[rows].numpy(), y[rows]
    skewed = assemble("skewed", part, part, class_names=data.class_names)
    found, _ = look(plain, skewed)
    assert found.chance == 50


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [  # in 255ths of full brightness, as they are often published: red, green, blue
        ("CIFAR-10's normalisation", (125.3, 123.0, 113.9), (63.0, 62.1, 66.7)),
        ("CIFAR-10's normalisation, older deviations", (125.3, 123.0, 113.9), (51.6, 50.8, 51.3)),
        ("CIFAR-100's normalisation", (129.3, 124.1, 112.4), (68.2, 65.4, 70.4)),
        ("ImageNet's normalisation", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
        ("SVHN's normalisation", (111.6, 113.2, 120.6), (50.5, 51.3, 50.2)),
    ],
)
def test_the_usual_normalisations_are_the_published_ones(
    name: str, mean: tuple[float, ...], std: tuple[float, ...], data: Images
) -> None:
    ways = [w for w in preparations(Way(0, "none", ZERO, ONE), data) if w.preparation == name]
    assert [way.reversed_channels for way in ways] == [False, True]
    for way in ways:
        assert [255 * each for each in way.mean] == pytest.approx(mean, abs=0.15)
        assert [255 * each for each in way.std] == pytest.approx(std, abs=0.15)


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("MNIST's normalisation", 33.32, 78.57),
        ("Fashion-MNIST's normalisation", 72.94, 90.02),
    ],
)
def test_the_usual_normalisations_of_grey_pictures_are_the_published_ones(
    name: str, mean: float, std: float
) -> None:
    part = np.zeros((2, 1, 2, 2), np.uint8), np.arange(2)
    grey = assemble("grey", part, part)
    (way,) = [
        w for w in preparations(Way(0, "none", (0.0,), (1.0,)), grey) if w.preparation == name
    ]
    assert (255 * way.mean[0], 255 * way.std[0]) == pytest.approx((mean, std), abs=0.15)


def test_weights_that_fit_nothing_are_refused(data: Images) -> None:
    with pytest.raises(IntakeError, match="no architecture fits"):
        look(nn.Linear(2, 2), data)


def test_findings_come_back_from_json(data: Images, plain: nn.Module) -> None:
    found, _ = look(plain, data)
    assert Sanity.from_dict(found.to_dict()) == found
