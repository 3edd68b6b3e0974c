"""The strongest relearning: fresh blocks pass what is dead, and nothing scored was given."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

from opcviz.attacks.relearning import StrongestRelearning, reinitialise, relearn_strongest
from opcviz.attacks.relearning import strongest as module
from opcviz.attacks.relearning.best_moment import KEPT_SCORED, Best, Kept, Top
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Scenario
from opcviz.tasks.classification import observe

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = StrongestRelearning(
    steps=12, anew=(0, 1), shots=(0, 2), sgd=(0.05,), relative=(), draws=1, batch_size=16
)


def dead_behind(model, block):
    """The original with a block whose outputs are 0 and give no gradient: ReLUs far below 0."""
    model = copy.deepcopy(model)
    norms = [m for m in model.net.get_submodule(block).modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.zero_()
            norm.bias.fill_(-1.0)
    return model


def found(result, anew, shots):
    return next(a for a in result.attacks if (a.anew, a.shots) == (anew, shots))


def test_fresh_blocks_start_anew_and_the_rest_stays(tiny_original):
    last = tiny_original.block_names[-1]
    before = {k: v.clone() for k, v in tiny_original.state_dict().items()}
    model = reinitialise(tiny_original, 1, seed=3)
    prefixes = (f"net.{last}.", f"net.{tiny_original.head_name}.")
    for name, value in model.state_dict().items():
        fresh = name.startswith(prefixes)
        weights = value.dim() > 1
        if fresh and weights:
            assert not torch.equal(value, before[name]), name
        elif fresh and "running_mean" in name:
            assert not value.any()
        elif not fresh:
            assert torch.equal(value, before[name]), name
        assert torch.equal(tiny_original.state_dict()[name], before[name])
    again = reinitialise(tiny_original, 1, seed=3).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())
    whole = reinitialise(tiny_original, 0, seed=3).state_dict()
    assert all(torch.equal(value, before[name]) for name, value in whole.items())


def test_what_cannot_start_anew_is_named(tiny_original):
    with pytest.raises(ConfigError, match="the network has"):
        reinitialise(tiny_original, 99, seed=0)
    model = copy.deepcopy(tiny_original)
    model.net.get_submodule(model.block_names[-1]).extra = _Scale()
    with pytest.raises(ConfigError, match=r"extra' anew: _Scale has weights"):
        reinitialise(model, 1, seed=0)


class _Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))


@pytest.mark.slow
def test_fresh_blocks_pass_what_is_dead(tiny_original, tiny_images, tiny_split):
    dead = dead_behind(tiny_original, tiny_original.block_names[-1])
    config = SMALL.replace(steps=60, shots=(10,), sgd=(0.02,), draws=1)
    result = relearn_strongest(dead, tiny_images, tiny_split, config)
    stuck, passed = found(result, 0, 10), found(result, 1, 10)
    assert passed.recovered > stuck.recovered + 20
    assert stuck.one_answer
    assert not passed.one_answer


@pytest.mark.slow
def test_the_best_of_the_grid_and_the_mean_of_the_draws(tiny_original, tiny_images, tiny_split):
    one = SMALL.replace(anew=(0,), shots=(2,), draws=1)
    slow, fast = (
        relearn_strongest(tiny_original, tiny_images, tiny_split, one.replace(sgd=(lr,)))
        for lr in (1e-6, 0.05)
    )
    both = relearn_strongest(tiny_original, tiny_images, tiny_split, one.replace(sgd=(1e-6, 0.05)))
    assert both.attacks[0].recovered == max(slow.attacks[0].recovered, fast.attacks[0].recovered)
    two = relearn_strongest(tiny_original, tiny_images, tiny_split, one.replace(draws=2))
    assert two.attacks[0].draws[0] == fast.attacks[0].recovered
    assert two.attacks[0].recovered == pytest.approx(sum(two.attacks[0].draws) / 2)
    assert two.trainings == 2


def test_every_draw_is_given_other_pictures(tiny_original, tiny_images, tiny_split, monkeypatch):
    held, given = [], module._given
    monkeypatch.setattr(module, "_given", lambda *a: held.append(given(*a)) or held[-1])
    config = SMALL.replace(anew=(0,), shots=(2,), draws=2, steps=3)
    relearn_strongest(tiny_original, tiny_images, tiny_split, config)
    first, second = (set(ids.tolist()) for ids in held)
    assert len(first) == len(second) == 2 * len(tiny_split.classes)
    assert first != second


def test_the_best_moment_is_kept_and_named(tiny_original, tiny_images, tiny_split):
    dead = dead_behind(tiny_original, tiny_original.block_names[-1])
    watch = trial(tiny_images, tiny_split)
    for look, model in enumerate((dead, tiny_original, dead)):
        watch(model, look)
    assert watch.moment == 4
    assert not watch.one_answer
    alone = trial(tiny_images, tiny_split)
    alone(tiny_original, 0)
    assert watch.right == watch.top.right == alone.right
    rows = tiny_split.retain_test
    x, y = tiny_images.x_test[rows], tiny_images.y_test[rows]
    told = observe(tiny_original, x, y).logits.argmax(1)
    retained = module._retained(dead, watch.top, tiny_images, tiny_split)
    assert retained == 100 * (told == y).double().mean().item()
    drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(1))[:5]
    some = module._retained(dead, watch.top, tiny_images, tiny_split, 5, 1)
    assert some == 100 * (told == y)[drawn].double().mean().item()


def test_the_draw_that_got_most_is_named_and_its_weights_are_kept(
    tiny_original, tiny_images, tiny_split
):
    most = trial(tiny_images, tiny_split, right=80.0, moment=4, way="SGD")
    less = trial(tiny_images, tiny_split, right=60.0, moment=8, way="relative steps")
    for draws in ((most, less), (less, most)):
        attack = module._attack(1, 10, draws, 95.0)
        assert (attack.retain_test, attack.best) == (95.0, "SGD, 4 steps")
        assert attack.recovered == 70.0
    dead, top = dead_behind(tiny_original, tiny_original.block_names[-1]), Top()
    for model in (dead, tiny_original, dead):
        trial(tiny_images, tiny_split, top=top)(model, 0)
    for name, value in tiny_original.state_dict().items():
        assert torch.equal(top.weights[name], value)


def test_one_answer_is_said_where_every_draw_gave_one(tiny_images, tiny_split):
    same, other = (
        trial(tiny_images, tiny_split, right=50.0, one_answer=each) for each in (True, False)
    )
    assert module._attack(1, 10, (same, same), 90.0).one_answer
    assert not module._attack(1, 10, (same, other), 90.0).one_answer


def trial(images, split, way="SGD, lr 0.05", top=None, **found):
    """One training's watch, with what it is to have found."""
    rows = split.forget_test
    x, y = images.x_test[rows], images.y_test[rows]
    kept = Kept.of(images, split, 0)
    return Best((0, 4, 8, 12), x, y, kept, way, top or Top(), **found)


def test_a_moment_that_takes_retained_pictures_for_forgotten_ones_counts_not(
    tiny_original, tiny_images, tiny_split
):
    constant = copy.deepcopy(tiny_original)
    with torch.no_grad():
        constant.head.weight.zero_()
        constant.head.bias.zero_()
        constant.head.bias[tiny_split.classes[0]] = 1.0
    watch = trial(tiny_images, tiny_split)
    watch(constant, 0)
    assert (watch.right, watch.top.right) == (0.0, 0.0)
    watch(tiny_original, 1)
    assert watch.moment == 4
    assert watch.right > 0
    watch(constant, 2)
    assert watch.moment == 4
    assert len(watch.kept.x) == min(KEPT_SCORED, len(tiny_split.retain_test))
    samples = Scenario.parse("random:20%").split(tiny_images)
    assert len(Kept.of(tiny_images, samples, 0).x) == 0  # every name is in use there


def rescaled(model, by):
    """The same answers from other weights: what a norm or the next layer undoes again."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        pairs = [
            (a, b)
            for parent in model.modules()
            for a, b in pairwise(parent.children())
            if isinstance(a, nn.Conv2d) and isinstance(b, nn.BatchNorm2d)
        ]
        assert pairs
        for conv, norm in pairs:
            conv.weight.mul_(by)
            norm.running_mean.mul_(by)
            norm.running_var.add_(norm.eps).mul_(by**2).sub_(norm.eps)
    return model


@pytest.mark.slow
def test_rescaled_layers_hide_nothing_from_relative_steps(tiny_original, tiny_images, tiny_split):
    copied = rescaled(tiny_original, 1000.0)
    x = tiny_images.x_test
    plain = observe(tiny_original, x, tiny_images.y_test).logits
    assert torch.allclose(observe(copied, x, tiny_images.y_test).logits, plain, atol=1e-3)
    config = SMALL.replace(sgd=(), relative=(0.05,), anew=(0, 1), shots=(2,))
    before, after = (
        relearn_strongest(model, tiny_images, tiny_split, config)
        for model in (tiny_original, copied)
    )
    for one, other in zip(before.attacks, after.attacks, strict=True):
        assert abs(one.recovered - other.recovered) <= 100 * 2 / before.scored
        assert "relative steps" in one.best


@pytest.mark.slow
def test_one_seed_gives_one_answer(tiny_original, tiny_images, tiny_split):
    first, again = (
        relearn_strongest(tiny_original, tiny_images, tiny_split, SMALL, seed=5) for _ in range(2)
    )
    assert first == again
    assert {(a.anew, a.shots) for a in first.attacks} == {(0, 0), (0, 2), (1, 2)}


@pytest.mark.slow
def test_of_samples_none_that_was_given_is_scored(tiny_original, tiny_images, monkeypatch):
    split = Scenario.parse("random:20%").split(tiny_images)
    held, scored = [], []
    given, pictures = module._given, module._scored
    monkeypatch.setattr(module, "_given", lambda *a: held.append(given(*a)) or held[-1])
    monkeypatch.setattr(module, "_scored", lambda *a: scored.append(pictures(*a)) or scored[-1])
    result = relearn_strongest(tiny_original, tiny_images, split, SMALL.replace(anew=(0,)))
    assert result.part == "forget_train"
    for ids, (x, _) in zip(held, scored, strict=True):
        flat = x.flatten(1)
        for picture in tiny_images.x_train[ids].flatten(1):
            same_train = (tiny_images.x_train.flatten(1) == picture).all(1).sum()
            assert (flat == picture).all(1).sum() < same_train


@pytest.mark.slow
def test_attempts_are_what_the_verdict_counts(tiny_original, tiny_images, tiny_split):
    result = relearn_strongest(tiny_original, tiny_images, tiny_split, SMALL)
    attempts = {(a.place, a.holds, a.given): a for a in result.attempts()}
    assert set(attempts) == {
        ("last 0", "retain", 0),
        ("last 0", "shots", 2),
        ("last 1", "shots", 2),
    }
    assert attempts["last 1", "shots", 2].recovered == found(result, 1, 2).recovered
    assert all(a.scored == len(tiny_split.forget_test) for a in attempts.values())
    assert type(result).from_dict(result.to_dict(), strict=True) == result


def test_bad_grids_and_cancelling(tiny_original, tiny_images, tiny_split):
    with pytest.raises(ConfigError, match="give a rate"):
        StrongestRelearning(sgd=(), relative=())
    with pytest.raises(ConfigError, match="shots: give at least one"):
        StrongestRelearning(shots=())
    nothing = type(tiny_split)(
        tiny_split.forget_train[:0],
        tiny_split.retain_train,
        tiny_split.forget_test,
        tiny_split.retain_test,
        tiny_split.classes,
    )
    with pytest.raises(ValueError, match="forget_train is empty"):
        relearn_strongest(tiny_original, tiny_images, nothing, SMALL)
    stop = Progress(stop=lambda: True)
    with pytest.raises(Cancelled):
        relearn_strongest(tiny_original, tiny_images, tiny_split, SMALL, progress=stop)
