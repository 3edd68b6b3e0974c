"""Gradient inversion against autograd, finite differences, scikit-image and solvable models."""

import copy
import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from inversion_nets import (
    MODELS,
    Odd,
    Scaled,
    batch,
    picture_gradients,
    plain_gradient,
    ready,
    regression,
    small_resnet,
)
from torch import nn
from torch.nn import functional as F

from opcviz.attacks.inversion import Inversion, flushed_denormals, invert
from opcviz.attacks.inversion.gradients import GradientMatch, alike
from opcviz.attacks.inversion.objectives import OBJECTIVES, objective_of, total_variation
from opcviz.attacks.inversion.search import reconstruct
from opcviz.attacks.inversion.view import InversionView, SearchLimits
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.models import Classifier
from opcviz.tasks.classification import exact_cross_entropy


@pytest.mark.parametrize("name", MODELS)
def test_gradients_of_pictures_are_those_of_a_plain_loop(name):
    model = MODELS[name]()
    x, y = batch()
    found = picture_gradients(model, x, y)
    for b in range(len(x)):
        for weight, value in plain_gradient(model, x[b], y[b]).items():
            torch.testing.assert_close(found[weight][b], value, msg=f"{weight} of picture {b}")


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("name", MODELS)
def test_cost_and_slope_are_those_of_double_backward(name, objective):
    model = MODELS[name]()
    match = GradientMatch([model], (2, 6, 6))
    assert match.route == ("anything" if name == "scaled" else "layers")
    truth, y = batch()
    x, _ = batch(seed=2)
    target = match.gradients(truth, y)
    norm = torch.stack([t.flatten(1).norm(dim=1) for t in target.values()]).norm(dim=0)
    unit = {n: t / norm.view(-1, *[1] * (t.dim() - 1)) for n, t in target.items()}
    cost, slope = match(x, y, unit, objective_of(objective, norm[None]))
    for b in range(len(x)):
        picture = x[b].clone().requires_grad_()
        g = plain_gradient(model, picture, y[b], create_graph=True)
        ours = torch.cat([v.flatten() for v in g.values()])
        theirs = torch.cat([target[n][b].flatten() for n in g])
        if objective == "cosine":
            wanted = 1 - F.cosine_similarity(ours, theirs, dim=0)
        else:
            wanted = (ours - theirs).square().sum() / theirs.square().sum()
        torch.testing.assert_close(cost[b], wanted.detach())
        torch.testing.assert_close(slope[b], torch.autograd.grad(wanted, picture)[0])


def test_slope_agrees_with_finite_differences():
    model = ready(Odd())
    match = GradientMatch([model], (2, 6, 6))
    truth, y = batch(1)
    x, _ = batch(1, seed=5)
    target = match.gradients(truth, y)
    objective = objective_of("cosine", torch.ones(1, 1, dtype=torch.float64))
    _, slope = match(x, y, target, objective)
    step = 1e-6
    for at in [(0, 0, 0, 0), (0, 1, 3, 2), (0, 0, 5, 5), (0, 1, 2, 4)]:
        costs = []
        for sign in (1, -1):
            moved = x.clone()
            moved[at] += sign * step
            costs.append(match(moved, y, target, objective)[0][0])
        numeric = (costs[0] - costs[1]) / (2 * step)
        assert slope[at].item() == pytest.approx(numeric.item(), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("make", [lambda seed: ready(Odd(), seed), small_resnet])
@pytest.mark.parametrize("route", ["layers", "anything"])
def test_models_side_by_side_give_what_each_gives_alone(make, route):
    models = [make(seed) for seed in (0, 1, 2)]
    x, y = batch(6)
    truth, _ = batch(6, seed=3)
    together = GradientMatch(models, (2, 6, 6), route)
    target = together.gradients(truth, y)
    objective = objective_of("cosine", torch.ones(1, 2, dtype=torch.float64))
    cost, slope = together(x, y, target, objective)
    for m, model in enumerate(models):
        own = slice(2 * m, 2 * m + 2)
        alone = GradientMatch([model], (2, 6, 6))
        mine = alone.gradients(truth[own], y[own])
        for name, value in mine.items():
            torch.testing.assert_close(target[name][own], value)
        expected = alone(x[own], y[own], mine, objective)
        torch.testing.assert_close((cost[own], slope[own]), expected)


def test_models_are_told_apart():
    first, second = small_resnet(0), small_resnet(1)
    assert alike(first, second, (2, 6, 6))
    assert not alike(first, ready(Odd()), (2, 6, 6))
    ones, zeros = torch.ones(2), torch.zeros(2)
    wide = Classifier(copy.deepcopy(first).float(), zeros, ones, (2, 6, 6), resize=12).eval()
    narrow = Classifier(copy.deepcopy(first).float(), zeros, ones, (2, 6, 6)).eval()
    assert not alike(wide, narrow, (2, 6, 6))


def test_cross_entropy_is_exact_where_torch_rounds():
    logits = torch.tensor([[20.0, 0.0, 1.0], [0.3, -2.0, 0.1]], requires_grad=True)
    labels = torch.tensor([0, 2])
    ours = exact_cross_entropy(logits, labels)
    exact = logits.detach().double().requires_grad_()
    wanted = F.cross_entropy(exact, labels, reduction="none")
    torch.testing.assert_close(ours.double(), wanted, rtol=1e-6, atol=0)
    torch.testing.assert_close(
        torch.autograd.grad(ours.sum(), logits)[0].double(),
        torch.autograd.grad(wanted.sum(), exact)[0],
        rtol=1e-6,
        atol=0,
    )


@pytest.mark.slow
def test_a_softmax_regression_gives_its_picture_away():
    x, y = batch(4, channels=1, side=6, dtype=torch.float32)
    models = [
        ready(nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), s, torch.float32) for s in (0, 1)
    ]
    result = invert(models, x, y, Inversion(iterations=300, scout=100, tv=0, frames=3))
    assert result.psnr.min() > 40, result.psnr
    torch.testing.assert_close(result.reconstructions[1], x, atol=0.02, rtol=0)
    assert result.frames.shape == (2, 3, 4, 1, 6, 6)
    torch.testing.assert_close(result.frames[:, -1], result.reconstructions)
    assert result.frame_steps == [44, 178, 400]


@pytest.mark.slow
def test_one_ascent_step_is_undone_from_the_weight_difference():
    x, y = batch(1, channels=1, side=6, dtype=torch.float32)
    before = regression(0)
    after = copy.deepcopy(before)
    with torch.no_grad():
        for name, weight in after.named_parameters():
            weight += 0.1 * picture_gradients(before, x, y)[name][0]
    config = Inversion(target="difference", iterations=300, tv=0)
    assert invert([after], x, y, config, originals=[before]).psnr[0, 0] > 40


@pytest.mark.slow
def test_batched_equals_one_at_a_time():
    models = [small_resnet(seed) for seed in (0, 1)]
    x, y = batch(3)
    config = Inversion(iterations=5, restarts=2, start="noise")
    together = invert(models, x, y, config, seed=4)
    for m, model in enumerate(models):
        first = invert([model], x[:1], y[:1], config, seed=4)
        torch.testing.assert_close(first.reconstructions[0, 0], together.reconstructions[m, 0])
        torch.testing.assert_close(first.cost[0, 0], together.cost[m, 0])


@pytest.mark.slow
def test_cutting_the_work_changes_nothing(monkeypatch):
    models = [small_resnet(seed) for seed in (0, 1, 2)]
    held = sum(8 * p.numel() for p in models[0].parameters())
    x, y = batch(3)
    config = Inversion(iterations=3, restarts=2, decoys=0)
    whole = invert(models, x, y, config)
    # one cell at a time; two models, then one with two pictures; two pictures of all models
    for cells in (0, 2, 7):
        events = []
        monkeypatch.setattr("opcviz.attacks.inversion.copies.BUDGET", cells * held)
        progress = Progress(events.append)
        parts = invert(models, x, y, config, progress=progress)
        assert events[-1].step == events[-1].steps == 12 * {0: 9, 2: 5, 7: 2}[cells]
        torch.testing.assert_close(parts.reconstructions, whole.reconstructions)
        torch.testing.assert_close(parts.cost, whole.cost)


@pytest.mark.slow
def test_the_best_restart_is_kept():
    model = small_resnet()
    x, y = batch(2)
    one = invert([model], x, y, Inversion(iterations=20))
    many = invert([model], x, y, Inversion(iterations=20, restarts=4))
    assert (many.cost <= one.cost + 1e-6).all()


@pytest.mark.slow
def test_models_of_different_architecture_go_together():
    models = [ready(Odd()), small_resnet(), ready(Odd(), 1)]
    x, y = batch(2)
    result = invert(models, x, y, Inversion(iterations=3))
    alone = invert([models[2]], x, y, Inversion(iterations=3))
    torch.testing.assert_close(result.reconstructions[2], alone.reconstructions[0])


def test_each_round_is_searched_at_the_weights_of_the_models_it_is_for(monkeypatch):
    monkeypatch.setattr("opcviz.attacks.inversion.search.PROMISING", 0.0)
    models = [regression(seed) for seed in (0, 1, 2)]
    x, y = batch(3, channels=1, side=6, dtype=torch.float32)
    config = Inversion(iterations=3, scout=2, restarts=2, decoys=0)
    # of three models the first two try another start, then the first and the last go on
    starts, rounds = torch.tensor([2, 2, 1]), torch.tensor([1, 0, 1])

    def found(which):
        given = [picture_gradients(models[m], x[m : m + 1], y[m : m + 1]) for m in which]
        target = {name: torch.cat([each[name] for each in given]) for name in given[0]}
        view = InversionView([models[m] for m in which], target, y[which], (1, 6, 6))
        limits = SearchLimits(starts[which], rounds[which])
        return reconstruct(view, config, [10 + m for m in which], limits=limits)

    together = found([0, 1, 2])
    assert together["steps"].tolist() == [7, 4, 5]
    for m in range(3):
        alone = found([m])
        for name in ("reconstructions", "cost", "frames"):
            torch.testing.assert_close(together[name][m], alone[name][0])


@pytest.mark.slow
def test_nothing_to_invert_is_said_not_scored():
    good, x_y = small_resnet(dtype=torch.float32), batch(2, dtype=torch.float32)
    broken = copy.deepcopy(good)
    broken.head.weight.data.fill_(torch.nan)
    blind = copy.deepcopy(good)
    blind.head.weight.data.zero_()  # logits are the bias whatever the picture
    for name, weight in blind.named_parameters():
        if name.startswith("stage3") and weight.dim() == 1:
            weight.data.zero_()  # features 0: only the head's bias has a gradient
    result = invert([good, broken, blind], *x_y, Inversion(iterations=4))
    same = invert([good], *x_y, Inversion(target="difference", iterations=1), originals=[good])
    rows = [each.to_dict() for each in (*result.summary(), *same.summary())]
    json.dumps(rows, allow_nan=False)
    assert rows[0]["reason"] is None
    assert all(math.isfinite(v) for v in rows[0]["per_picture"]["psnr"])
    for row, why in ((rows[1], "not finite"), (rows[3], "zero")):
        assert row["psnr"] is row["ssim"] is row["cost"] is None
        assert row["per_picture"]["psnr"] == [None, None]
        assert f"2 of 2 pictures: the target gradient is {why}" in row["reason"]
    assert rows[3]["gradient_norm"] == 0
    assert rows[2]["reason"] == "2 of 2 pictures: no gradient reaches the body"
    assert rows[2]["psnr"] is rows[2]["ssim"] is rows[2]["random_gradient"]["psnr"] is None
    assert rows[2]["gradient_norm"] > 0 == rows[2]["body_gradient_norm"]
    assert result.reconstructions[2].isnan().all()


def test_models_are_left_as_they_were():
    model = small_resnet(dtype=torch.float32).train().requires_grad_(True)
    before = copy.deepcopy(model.state_dict())
    invert([model], *batch(2, dtype=torch.float32), Inversion(iterations=3))
    assert model.training
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_denormals_are_flushed_inside_only():
    tiny = torch.full((4,), 1e-38)
    with flushed_denormals():
        assert not (tiny * 1e-3).any()
    assert (tiny * 1e-3).all()


@pytest.mark.slow
def test_progress_and_cancel():
    events = []
    x, y = batch(2)
    config = Inversion(iterations=20, rounds=1, restarts=1)
    invert([small_resnet()] * 2, x, y, config, progress=Progress(events.append))
    told = [(e.step, e.steps) for e in events]
    assert told[:4] == [(10, 40), (20, 40), (30, 40), (40, 40)]
    assert set(told[4:]) <= {(40, 40)}
    asked = iter([False, False, True])
    progress = Progress(stop=lambda: next(asked))
    with pytest.raises(Cancelled):
        invert([small_resnet()], x, y, Inversion(iterations=20), progress=progress)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda a: a.update(pictures=a["pictures"][0]), r"float \(P, C, H, W\)"),
        (lambda a: a.update(pictures=(a["pictures"] * 255).byte()), "not uint8"),
        (lambda a: a.update(pictures=a["pictures"] * 2), r"lie in \[0, 1\]"),
        (lambda a: a.update(pictures=a["pictures"] * torch.nan), r"lie in \[0, 1\]"),
        (lambda a: a.update(labels=a["labels"][:1]), r"int64 \(2,\)"),
        (lambda a: a.update(config=Inversion(target="difference")), "before unlearning"),
    ],
)
def test_bad_input_is_named(change, says):
    x, y = batch(2, dtype=torch.float32)
    asked = {
        "models": [small_resnet(dtype=torch.float32)],
        "pictures": x,
        "labels": y,
        "config": Inversion(),
    }
    change(asked)
    with pytest.raises(ValueError, match=says):
        invert(**asked)


def test_an_operation_without_second_derivative_is_named():
    net = nn.Sequential(nn.Flatten(), nn.Linear(72, 4), nn.Hardsigmoid(), nn.Linear(4, 3))
    with pytest.raises(ValueError, match="differentiates twice"):
        invert([ready(net)], *batch(1), Inversion())


def test_bad_settings_are_named():
    with pytest.raises(ConfigError, match=r"Inversion\.target"):
        Inversion(target="weights")
    with pytest.raises(ConfigError, match="optimizer: 'lbfgs' is not one of adam, adamw_signed"):
        Inversion.from_dict({"optimizer": "lbfgs"})
    with pytest.raises(ValueError, match="no layer-by-layer gradient for this model"):
        GradientMatch([ready(Scaled())], (2, 6, 6), "layers")


def test_total_variation_and_its_slope():
    x = torch.rand(2, 3, 5, 1, dtype=torch.float64, requires_grad=True)
    value, slope = total_variation(x.detach())
    wanted = x.diff(dim=2).abs().mean((1, 2, 3))
    torch.testing.assert_close(value, wanted.detach())
    torch.testing.assert_close(slope, torch.autograd.grad(wanted.sum(), x)[0])


def test_frames_are_dense_first_and_end_at_the_end():
    assert Inversion(iterations=100, scout=100, frames=5).frame_steps == [8, 32, 72, 128, 200]
    assert Inversion(iterations=3, frames=9).frame_steps == [1, 2, 3, 4, 5, 6]
    assert Inversion(frames=0).frame_steps == []


@given(st.integers(1, 300), st.integers(1, 40))
def test_every_frame_has_a_step_of_its_own(iterations, frames):
    config = Inversion(iterations=iterations, frames=frames)
    steps, last = config.frame_steps, iterations + config.scouting
    assert len(steps) == min(last, frames)
    assert steps == sorted(set(steps))
    assert 1 <= steps[0] <= steps[-1] == last
