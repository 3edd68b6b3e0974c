"""Batches, layerwise distances, inferred labels and random gradients of the inversion."""

import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from inversion_nets import (
    MODELS,
    batch,
    picture_gradients,
    plain_gradient,
    ready,
    regression,
    small_resnet,
)
from torch import nn
from torch.nn import functional as F

from opcviz.attacks.inversion import Inversion, invert
from opcviz.attacks.inversion.descent import AdamDescent, rate
from opcviz.attacks.inversion.gradients import GradientMatch, layer_names
from opcviz.attacks.inversion.groups import GradientGroups, randomise
from opcviz.attacks.inversion.labels import head_of, infer_labels, labels_right
from opcviz.attacks.inversion.objectives import OBJECTIVES, layer_norms, objective_of
from opcviz.models import Classifier


def mean_gradient(model, x, y, create_graph=False):
    """The textbook's gradient of a batch: the mean of its pictures' gradients."""
    each = [plain_gradient(model, x[b], y[b], create_graph) for b in range(len(x))]
    return {name: torch.stack([g[name] for g in each]).mean(0) for name in each[0]}


@pytest.mark.parametrize(
    ("name", "route"),
    [(name, "anything") for name in MODELS] + [(n, "layers") for n in MODELS if n != "scaled"],
)
def test_a_batchs_gradient_is_the_mean_of_its_pictures(name, route):
    models = [MODELS[name](), MODELS[name]()]
    x, y = batch(12)  # two models, two cells each, three pictures a cell
    match = GradientMatch(models, (2, 6, 6), route, group_size=3)
    found = match.gradients(x, y)
    for cell in range(4):
        own = slice(3 * cell, 3 * cell + 3)
        for weight, value in mean_gradient(models[cell // 2], x[own], y[own]).items():
            torch.testing.assert_close(found[weight][cell], value, msg=f"{weight} of {cell}")


@pytest.mark.parametrize("layerwise", [False, True])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", MODELS)
def test_cost_and_slope_of_batches_are_those_of_double_backward(name, objective, layerwise):
    model = MODELS[name]()
    match = GradientMatch([model], (2, 6, 6), group_size=2)
    truth, y = batch(4)
    x, _ = batch(4, seed=2)
    target = match.gradients(truth, y)
    norms = layer_norms(target, match.layers)
    if not layerwise:
        norms = norms.norm(dim=0).expand_as(norms)
    unit = {
        n: t / norms[match.layers.index(n.rpartition(".")[0])].view(-1, *[1] * (t.dim() - 1))
        for n, t in target.items()
    }
    cost, slope = match(x, y, unit, objective_of(objective, norms, layerwise))
    for cell in range(2):
        own = slice(2 * cell, 2 * cell + 2)
        pictures = x[own].clone().requires_grad_()
        g = mean_gradient(model, pictures, y[own], create_graph=True)
        groups = [list(g)]
        if layerwise:
            groups = [[n for n in g if n.rpartition(".")[0] == at] for at in layer_names(model)]
        parts = []
        for group in groups:
            ours = torch.cat([g[n].flatten() for n in group])
            theirs = torch.cat([target[n][cell].flatten() for n in group])
            if objective == "cosine":
                parts.append(1 - F.cosine_similarity(ours, theirs, dim=0))
            else:
                parts.append((ours - theirs).square().sum() / theirs.square().sum())
        wanted = torch.stack(parts).mean()
        torch.testing.assert_close(cost[cell], wanted.detach())
        torch.testing.assert_close(slope[own], torch.autograd.grad(wanted, pictures)[0])


def test_a_layer_without_gradient_pulls_nowhere():
    dots, squares = torch.tensor([[0.5], [0.0]]), torch.tensor([[1.0], [0.0]])
    cost, by_dot, by_square = objective_of("cosine", torch.ones(2, 1), True)(dots, squares)
    assert cost.item() == pytest.approx((0.5 + 1) / 2)
    assert by_dot[1] == by_square[1] == 0
    assert by_dot[0].item() == pytest.approx(-0.5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), bias=st.booleans(), classes=st.integers(2, 6))
def test_one_pictures_label_is_read_off_its_gradient(seed, bias, classes):
    net = nn.Sequential(nn.Flatten(), nn.Linear(36, 5), nn.ReLU(), nn.Linear(5, classes, bias=bias))
    ready(net, seed)
    x, y = batch(8, channels=1, classes=classes, seed=seed)
    lit = (net[2](net[1](net[0](x))) > 0).any(1)  # a picture with no feature has no head gradient
    found = infer_labels(picture_gradients(net, x, y), head_of(net))
    readable = lit if not bias else torch.ones_like(lit)
    assert torch.equal(found[readable], y[readable])


def test_a_batchs_labels_are_read_off_one_by_one():
    """An untrained-like head, p near 1/C: n_i/B stands out; repeated labels are counted."""
    net = ready(nn.Sequential(nn.Flatten(), nn.Linear(36, 8)), 0)
    net[1].weight.mul_(0.05)
    net[1].bias.zero_()
    x, _ = batch(8, channels=1)
    y = torch.tensor([3, 3, 5, 0, 1, 2, 6, 7])
    target = GradientMatch([net], (1, 6, 6), group_size=4).gradients(x, y)
    found = infer_labels(target, head_of(net), 4).view(2, 4)
    assert sorted(found[0].tolist()) == [0, 3, 3, 5]
    assert sorted(found[1].tolist()) == [1, 2, 6, 7]
    assert labels_right(found.flatten(), y, 4) == 100
    assert labels_right(torch.tensor([3, 0, 5, 5]), torch.tensor([0, 3, 3, 5]), 4) == 75


@pytest.mark.slow
def test_inferred_labels_serve_as_well_as_told_ones():
    x, y = batch(4, channels=1, side=6, dtype=torch.float32)
    config = Inversion(iterations=300, tv=0, labels="inferred")
    result = invert([regression(0)], x, y, config)
    assert torch.equal(result.labels[0], y)
    assert result.psnr.min() > 40
    row = result.summary()[0].to_dict()
    assert row["labels_right"] == 100
    assert row["per_picture"]["label"] == y.tolist()
    told = invert([regression(0)], x, y, config.replace(labels="known"))
    assert told.summary()[0].labels_right is None
    torch.testing.assert_close(told.reconstructions, result.reconstructions)


def test_the_heads_name_is_found():
    wrapped = Classifier(
        small_resnet(dtype=torch.float32), *torch.tensor([[0.0] * 2, [1.0] * 2]), (2, 6, 6)
    )
    assert dict(wrapped.named_modules())[head_of(wrapped)] is wrapped.head
    with pytest.raises(ValueError, match="ends in a linear layer"):
        head_of(nn.Sequential(nn.Conv2d(1, 1, 1)))


@pytest.mark.slow
def test_a_batch_is_reconstructed_and_put_in_order():
    """Four pictures from one mean gradient of a softmax regression with four classes.

    ∂L/∂W mixes the pictures, but each row weighs them differently: the four rows give four
    equations for every pixel.
    """
    net = ready(nn.Sequential(nn.Flatten(), nn.Linear(36, 8)), 0, torch.float32)
    net[1].weight.mul_(0.2)
    x, _ = batch(8, channels=1, side=6, dtype=torch.float32)
    y = torch.tensor([0, 1, 2, 3, 4, 5, 6, 7])
    config = Inversion(iterations=600, tv=0, batch=4, frames=2, decoys=1)
    result = invert([net], x, y, config)
    assert torch.equal(result.batches, torch.tensor([[0, 2, 4, 6], [1, 3, 5, 7]]))
    assert result.reconstructions.shape == (1, 8, 1, 6, 6)
    row = result.summary()[0].to_dict()
    json.dumps(row, allow_nan=False)
    assert row["psnr"] > row["random_gradient"]["psnr"] + 8
    assert row["random_gradient"]["pictures"] == 4
    errors = torch.cdist(x.flatten(1), result.reconstructions[0].flatten(1))
    for members in result.batches:  # no exchange of two pictures of a batch would fit better
        own = errors[members][:, members].square()
        for i in range(4):
            for j in range(i):
                assert own[i, i] + own[j, j] <= own[i, j] + own[j, i] + 1e-6
    torch.testing.assert_close(result.frames[:, -1], result.reconstructions)
    assert torch.equal(result.labels[0].sort().values, y)
    assert (result.cost[0, result.batches[0]] == result.cost[0, 0]).all()


@pytest.mark.slow
def test_pictures_of_one_label_do_not_stay_the_same():
    x, _ = batch(2, dtype=torch.float32)
    config = Inversion(iterations=20, batch=2, decoys=0)
    result = invert([small_resnet(dtype=torch.float32)], x, torch.tensor([1, 1]), config)
    assert (result.reconstructions[0, 0] - result.reconstructions[0, 1]).abs().max() > 0.05


def test_cells_cover_every_picture_once():
    cells = GradientGroups(12, 3, 2)
    assert len(cells) == 6
    assert sorted(cells.pictures[~cells.random].flatten().tolist()) == list(range(12))
    assert cells.random.sum() == 2
    assert len(GradientGroups(3, 1, 50)) == 6


def test_random_gradients_keep_the_norm_and_nothing_else():
    target = {"a": torch.randn(3, 4, 5), "b": torch.randn(3, 7)}
    chosen = torch.tensor([False, True, True])
    drawn = randomise(target, chosen, torch.arange(3), seed=1)

    def flat(gradients, row):
        return torch.cat([t[row].flatten() for t in gradients.values()])

    assert torch.equal(flat(drawn, 0), flat(target, 0))
    for row in (1, 2):
        ours, theirs = flat(drawn, row), flat(target, row)
        assert ours.norm().item() == pytest.approx(theirs.norm().item(), rel=1e-5)
        assert abs(F.cosine_similarity(ours, theirs, dim=0)) < 0.6
    again = randomise(target, chosen, torch.arange(3), seed=1)
    assert torch.equal(flat(again, 2), flat(drawn, 2))


@pytest.mark.slow
def test_the_random_gradient_tells_what_the_search_makes_of_nothing():
    x, y = batch(4, channels=1, side=6, dtype=torch.float32)
    result = invert([regression(0), regression(1)], x, y, Inversion(iterations=200, tv=0))
    for row in (each.to_dict() for each in result.summary()):
        assert row["random_gradient"]["psnr"] < 20 < 40 < row["psnr"]
        assert row["psnr_interval"]["low"] <= row["psnr"] <= row["psnr_interval"]["high"]
    without = invert([regression(0)], x, y, Inversion(iterations=200, tv=0, decoys=0))
    assert without.summary()[0].random_gradient is None
    torch.testing.assert_close(without.reconstructions[0], result.reconstructions[0])


@pytest.mark.slow
def test_layerwise_inversion_works_on_a_deep_net():
    net = ready(
        nn.Sequential(nn.Flatten(), nn.Linear(36, 30), nn.Tanh(), nn.Linear(30, 5)),
        0,
        torch.float32,
    )
    x, y = batch(2, channels=1, side=6, classes=5, dtype=torch.float32)
    result = invert([net], x, y, Inversion(iterations=300, tv=0, layerwise=True, decoys=0))
    assert result.psnr.min() > 25
    assert math.isfinite(result.summary()[0].cost)


def test_batches_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="3 pictures cannot be cut into batches of 2"):
        invert([small_resnet()], *batch(3), Inversion(batch=2))


@pytest.mark.parametrize("signed", [False, True])
def test_pictures_move_as_torchs_own_optimisers_move_them(signed: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(3, 1, 8, 8, generator=generator)
    y = x.clone()
    ours = AdamDescent(x, 0.2, "cosine", signed)
    theirs = (
        torch.optim.AdamW([y], 0.2) if signed else torch.optim.Adam([y], 0.2, betas=(0.9, 0.99))
    )
    for step in range(30):
        slope = torch.randn(x.shape, generator=generator)
        ours.step(slope, step / 30)
        y.grad = slope.sign() if signed else slope
        theirs.param_groups[0]["lr"] = 0.2 * rate("cosine", step / 30)
        theirs.step()
        y.clamp_(0, 1)
    assert torch.allclose(x, y, rtol=0, atol=1e-6)
