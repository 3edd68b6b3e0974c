"""A slope for dead units: what it changes in a network, and what maps then read out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from ladder_studies import study
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.attacks.slope import SLOPE, ForwardSlope, with_slope
from opcviz.attacks.strongest import Strongest, strongest
from opcviz.common.progress import Cancelled, Progress
from opcviz.common.records import Undefined
from opcviz.data import Images
from opcviz.models import Classifier
from opcviz.results import Attempt

RELUS: tuple[Callable[[Tensor], Tensor], ...] = (
    nn.ReLU(),
    nn.ReLU(inplace=True),
    F.relu,
    torch.relu,
    torch.Tensor.relu,
    lambda x: F.relu(x, True),
    lambda x: F.relu(input=x, inplace=True),
    torch.relu_,
    torch.Tensor.relu_,
)


@pytest.mark.parametrize("relu", RELUS)
def test_every_way_to_call_relu_gets_the_slope_and_writes_where_it_did(relu) -> None:
    x = torch.tensor([-2.0, -0.5, 0.0, 3.0])
    for slope, wanted in ((0.1, [-0.2, -0.05, 0.0, 3.0]), (0.0, [0.0, 0.0, 0.0, 3.0])):
        plain, bent = x.clone(), x.clone()
        relu(plain)
        with ForwardSlope(slope) as units:
            out = relu(bent)
        assert out == pytest.approx(wanted)
        assert units.met == 1
        assert torch.equal(bent, out) == (not torch.equal(plain, x)), "in place, or not"
    assert torch.equal(relu(x.clone()), x.clamp_min(0)), "afterwards a ReLU is a ReLU"


class Net(nn.Module):
    """Passes a sample's numbers on; where the first is 1 every unit of the body is driven below 0.

    Args:
        act: what follows the body's layer.
    """

    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self.body, self.head = nn.Sequential(nn.Linear(64, 64), act), nn.Linear(64, 10)
        with torch.no_grad():
            self.body[0].weight.copy_(torch.eye(64))
            self.body[0].weight[:, 0] = -1000.0
            self.body[0].bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


def studied(silent: bool = True, act: nn.Module | None = None) -> tuple[Classifier, Images]:
    """A net and digits, of which 0 and 1 are forgotten: their first number is 1 if `silent`."""
    sides = []
    train, test, known = study()
    for x, seen in ((train, known.original.train), (test, known.original.test)):
        x[:, 0] = (seen.labels < 2).float() if silent else 0.0
        sides += [x, seen.labels]
    data = Images("digits", *sides, tuple(map(str, range(10))))
    net = Classifier(Net(act or nn.ReLU()), torch.zeros(64), torch.ones(64), (64,))
    return net.eval(), data


def best(attempts: tuple[Attempt, ...] | Undefined, holds: str = "all") -> float:
    assert not isinstance(attempts, Undefined)
    return max(each.recovered for each in attempts if each.holds == holds)


def test_what_silent_units_hide_is_told_with_a_slope() -> None:
    net, data = studied()
    known = study()[2]
    as_it_is = strongest(net, data, known.split, known.original, known.head)
    inside = [a for a in as_it_is.attempts() if a.place not in ("logits", "pixels")]
    assert best(tuple(inside)) < 65, "a constant gets half"
    found = with_slope(net, data, known)
    assert best(found) > 90
    alive, others = studied(silent=False)
    assert best(with_slope(alive, others, known)) > 90, "of a model that hides nothing, too"


def test_the_attempts_are_worst_case_recoverys_of_the_network_with_leaky_relus() -> None:
    net, data = studied()
    known = study()[2]
    leaky, _ = studied(act=nn.LeakyReLU(SLOPE))
    maps = Strongest(maps=("affine", "rbf"))
    wanted = strongest(leaky, data, known.split, known.original, known.head, maps).attempts()
    found = with_slope(net, data, known)
    assert not isinstance(found, Undefined)
    assert [each.key[1:] for each in found] == [
        each.key[1:] for each in wanted if each.place not in ("logits", "pixels")
    ]
    for each, other in zip(found, (e for e in wanted if e.place != "logits"), strict=True):
        assert each.attacker == f"slope_{other.attacker}"
        assert each.settings == f"slope 0.1, {other.settings}"
        assert (each.recovered, each.given) == (other.recovered, other.given)
        assert each.words.startswith(f"{other.attacker} on ")
        assert "with a slope for dead units" in each.words


def test_where_there_is_no_such_attack_the_reason_is_told() -> None:
    net, data = studied()
    known = study()[2]
    smooth, _ = studied(act=nn.SiLU())
    broken, _ = studied()
    broken.net.body[0].bias.data.fill_(float("nan"))
    for found, why in (
        (with_slope(net, data, study("samples")[2]), "samples were forgotten"),
        (with_slope(net, data, known, Strongest(maps=("mlp",))), "neither affine nor RBF"),
        (with_slope(smooth, data, known), "calls no ReLU"),
        (with_slope(broken, data, known), "not finite"),
    ):
        assert isinstance(found, Undefined)
        assert why in found.reason


def test_without_an_original_nobody_maps_to_its_answers() -> None:
    net, data = studied()
    found = with_slope(net, data, replace(study()[2], head=None), Strongest(maps=("affine",)))
    assert not isinstance(found, Undefined)
    assert {(each.attacker, each.holds) for each in found} == {("slope_affine", "all")}


def test_cancelling_stops_between_fits() -> None:
    net, data = studied()
    with pytest.raises(Cancelled):
        with_slope(net, data, study()[2], progress=Progress(stop=lambda: True))
