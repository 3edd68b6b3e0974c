"""Gradients that dead units mask: nothing is scored, and the stronger attackers rebuild."""

import copy

import pytest
import torch
from inversion_nets import batch, picture_gradients, ready, regression
from torch import nn
from torch.nn import functional as F

from opcviz.attacks.inversion import Inversion, class_mean_scores, examine, invert
from opcviz.attacks.inversion.activations import invert_activations
from opcviz.attacks.inversion.attack import invert_beside
from opcviz.attacks.inversion.gradients import GradientMatch
from opcviz.attacks.inversion.masked import masked
from opcviz.attacks.inversion.objectives import objective_of
from opcviz.attacks.inversion.scores import psnr
from opcviz.attacks.inversion.search import NEARLY
from opcviz.attacks.inversion.surrogate import SurrogateSlope
from opcviz.common.records import Undefined
from opcviz.models import Classifier
from opcviz.results import InversionSummary, SurrogateScores

CONFIG = Inversion(iterations=200, restarts=6, scout=100, tv=0, decoys=0, frames=0)


class Layered(nn.Module):
    """flatten, `stem`, ReLU, `last`, ReLU, head; a bias of −50 switches `last` off."""

    def __init__(self, dead=False, gate=F.relu):
        super().__init__()
        self.stem, self.last = nn.Sequential(nn.Linear(36, 48)), nn.Sequential(nn.Linear(48, 20))
        self.head = nn.Linear(20, 3)
        self.gate = gate
        ready(self, 0, torch.float32)
        if dead:
            self.last[0].bias.fill_(-50.0)
            self.last[0].weight.clamp_(max=0.5)

    def forward(self, x):
        x = self.gate(self.stem(x.flatten(1)))
        return self.head(self.gate(self.last(x)))


def classifier(net):
    return Classifier(net, torch.zeros(1), torch.ones(1), (1, 6, 6)).eval().requires_grad_(False)


def pictures(count=2):
    return batch(count, channels=1, dtype=torch.float32)


def judged(model, config=CONFIG, *, forgotten=9, originals=None, count=2):
    x, y = pictures(count)
    guess = class_mean_scores(torch.full((3, 1, 6, 6), 0.5), torch.arange(3), x, y)
    _, (record,) = examine(
        [model], x, y, config,
        class_mean=guess, forgotten=forgotten, originals=originals,
    )  # fmt: skip
    assert InversionSummary.from_dict(record.to_dict(), strict=True) == record
    return record


@pytest.mark.parametrize("call", [F.relu, torch.relu, nn.ReLU(inplace=True), torch.relu_])
def test_the_slope_is_in_backward_alone(call):
    x = torch.tensor([-2.0, -0.5, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
    with SurrogateSlope(0.1) as watch:
        out = call(x * 1)
    assert watch.met == 1 or isinstance(call, nn.ReLU)
    torch.testing.assert_close(out, x.detach().clamp_min(0))
    (slope,) = torch.autograd.grad((out * out.new_tensor([1, 2, 3, 4])).sum(), x)
    torch.testing.assert_close(slope, x.new_tensor([0.1, 0.2, 0.3, 4.0]))
    with SurrogateSlope(0.0):
        plain = call(x * 1)
    assert torch.autograd.grad(plain.sum(), x)[0].tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("route", ["layers", "anything"])
def test_gradients_behind_a_known_dead_layer_are_the_textbooks(route):
    net = Layered(dead=True).double()
    x, y = batch(3, channels=1)
    found = GradientMatch([net], (1, 6, 6), route, slope=0.1).gradients(x, y)
    first = net.stem(x.flatten(1))
    assert (net.last(first.relu()) < 0).all()  # dead, so the logits are the head's bias
    error = net.head.bias.softmax(0) - F.one_hot(y, 3)
    last = 0.1 * error @ net.head.weight
    stem = (last @ net.last[0].weight) * torch.where(first > 0, 1.0, 0.1)
    torch.testing.assert_close(found["last.0.weight"], last[:, :, None] * first.relu()[:, None])
    torch.testing.assert_close(found["stem.0.weight"], stem[:, :, None] * x.flatten(1)[:, None])
    silent = GradientMatch([net], (1, 6, 6), route).gradients(x, y)
    assert not silent["last.0.weight"].any()
    assert not silent["stem.0.weight"].any()


def test_both_routes_match_the_bent_gradient_alike():
    net, (x, y) = Layered().double(), batch(3, channels=1)
    at, _ = batch(3, channels=1, seed=5)
    costs = []
    for route in ("layers", "anything"):
        match = GradientMatch([net], (1, 6, 6), route, slope=0.1)
        target = match.gradients(x, y)
        norms = torch.ones(len(match.layers), 3, dtype=torch.float64)
        costs.append(match(at, y, target, objective_of("cosine", norms)))
    torch.testing.assert_close(costs[0], costs[1])


@pytest.mark.slow
def test_a_masked_gradient_has_no_score_and_is_called_masked():
    about = judged(classifier(Layered(dead=True)))
    assert about.psnr is about.ssim is about.cost is None
    assert about.reason == "2 of 2 pictures: no gradient reaches the body"
    assert about.body_gradient_norm == 0 < about.gradient_norm
    assert about.without_body_gradient == 2
    assert isinstance(about.surrogate, SurrogateScores)
    assert about.surrogate.slope == 0.1
    assert "all 2 ReLU layers, backward only" in about.surrogate.units
    assert about.surrogate.psnr > 30
    blocks = {each.block: each for each in about.activations}
    assert list(blocks) == ["stem", "last", "features"]
    assert blocks["stem"].psnr > 40
    assert blocks["stem"].rebuilt == 2
    assert blocks["features"].psnr is None
    assert (
        blocks["features"].reason == "2 of 2 pictures: the activations are zero: every unit is off"
    )
    assert about.masked is True
    assert about.rebuilt_by == ("surrogate", "stem")


@pytest.mark.slow
def test_a_living_gradient_is_scored_and_not_called_masked():
    about = judged(classifier(Layered()))
    assert about.psnr > 30
    assert about.body_gradient_norm > 0
    assert about.without_body_gradient == 0
    assert about.masked is False
    assert about.rebuilt_by == ()
    assert about.surrogate == Undefined("a gradient reaches the body without it")


@pytest.mark.slow
def test_a_network_that_lost_the_picture_is_not_called_masked():
    """Its first layer is zero: nothing behind it can tell one picture from another."""
    net = Layered(dead=True)
    net.stem[0].weight.zero_()
    net.stem[0].bias.fill_(-1)
    about = judged(classifier(net))
    assert about.without_body_gradient == 2
    assert all(each.psnr is None for each in about.activations)
    assert {
        "the activations do not depend on the picture" in each.reason
        for each in about.activations[:2]
    } == {True}
    assert about.surrogate.psnr > 30  # out of the first layer's gradient, whatever the network
    assert about.rebuilt_by == ("surrogate",)
    assert about.masked is False


def test_a_network_without_relu_has_no_unit_that_is_off():
    net = Layered(gate=torch.tanh)
    net.head.weight.zero_()  # so its own gradient is all there is
    about = judged(classifier(net))
    assert about.without_body_gradient == 2
    assert about.surrogate == Undefined("the network calls no ReLU, so no unit is off")


@pytest.mark.slow
def test_a_blocks_picture_is_where_its_activations_agree():
    model, (x, _) = classifier(Layered()), pictures(3)
    stem, *_ = invert_activations(model, x, 200)
    assert psnr(stem.pictures, x).min() > 50
    seen, wanted = (model.activations(each).blocks["stem"] for each in (stem.pictures, x))
    off = (seen - wanted).square().sum(1) / wanted.square().sum(1)
    torch.testing.assert_close(off, stem.error, rtol=1e-3, atol=1e-9)
    assert invert_activations(Layered(), x, 5) == []  # a bare network has no named blocks


@pytest.mark.slow
def test_one_forgotten_picture_is_searched_in_the_weight_difference():
    before = regression(0)
    x, y = pictures(1)
    after = copy.deepcopy(before)
    with torch.no_grad():
        for name, weight in after.named_parameters():
            weight += 0.1 * picture_gradients(before, x, y)[name][0]
    found = judged(after, originals=[before], forgotten=1, count=1).difference
    assert found.psnr > 40
    assert found.reason is None
    many = judged(after, originals=[before], forgotten=430, count=1).difference
    assert isinstance(many, Undefined)
    assert "430 samples were forgotten" in many.reason
    assert "cannot tell" in many.reason


def test_a_changed_head_says_that_the_body_is_as_it_was():
    before = Layered()
    after = copy.deepcopy(before)
    after.head.bias.add_(1)
    x, y = pictures(1)
    found = invert([after], x, y, CONFIG.replace(target="difference"), originals=[before])
    assert found.reasons == [["unlearning did not change the body"]]
    assert found.psnr.isnan().all()


@pytest.mark.slow
def test_searches_that_ran_out_of_steps_or_stalled_say_so():
    x, y = pictures(2)
    model = Layered()
    short = invert([model], x, y, Inversion(iterations=2, rounds=1, restarts=1, decoys=0))
    long = invert([model], x, y, CONFIG)
    assert not short.settled.any()
    assert short.steps.tolist() == [[4, 4]]
    # the first stalls in a local minimum
    assert long.settled.tolist() == [[False, True]]
    assert long.cost[0, 1] <= NEARLY < long.cost[0, 0]
    assert (long.cost < short.cost).all()


@pytest.mark.parametrize("route", ["layers", "anything"])
def test_each_model_of_a_batch_has_its_own_slope(route):
    nets, (x, y) = [Layered().double(), Layered(dead=True).double()], batch(3, channels=1)
    together = GradientMatch(nets, (1, 6, 6), route, slope=(0.0, 0.1))
    found = together.gradients(x.repeat(2, 1, 1, 1), y.repeat(2))
    for m, (net, slope) in enumerate(zip(nets, (0.0, 0.1), strict=True)):
        alone = GradientMatch([net], (1, 6, 6), route, slope=slope).gradients(x, y)
        for name, gradient in alone.items():
            torch.testing.assert_close(found[name].unflatten(0, (2, 3))[m], gradient)


@pytest.mark.slow
def test_what_is_searched_beside_is_found_as_if_alone():
    nets, (x, y) = [Layered(), Layered(dead=True)], pictures(3)
    config = Inversion(iterations=12, rounds=2, restarts=2, scout=6, tv=0, frames=2)
    assert masked(nets, x, y, config) == [False, True]
    found, bent = invert_beside(nets, [1], x, y, config)
    without = invert(nets, x, y, config)
    once = config.replace(decoys=0, frames=0, rounds=1)
    alone = invert(nets[1:], x, y, once, slope=config.surrogate)
    for one, other in ((found, without), (bent, alone)):
        assert one.reasons == other.reasons
        assert torch.equal(one.steps, other.steps)
        for name in ("reconstructions", "frames", "cost", "psnr", "body_gradient_norm"):
            torch.testing.assert_close(
                getattr(one, name), getattr(other, name), rtol=1e-3, atol=1e-3, equal_nan=True
            )
    torch.testing.assert_close(found.random["cost"], without.random["cost"])
    assert bent.random is alone.random is None
    assert int(bent.steps.max()) <= 2 * 6 + 12
