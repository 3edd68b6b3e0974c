"""Large networks get less relearning, which is declared; small ones get all of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from audited import spec_of

from opcviz.artefacts import Evidence, get_kind
from opcviz.artefacts.threat import in_words
from opcviz.attacks.relearning import Relearning, StrongestRelearning
from opcviz.attacks.strongest import Strongest
from opcviz.audit import AuditSpec, budget
from opcviz.audit.budget import BOUNDED, LARGE, bounded, multiply_adds, spared
from opcviz.audit.spec import command_of
from opcviz.common.devices import SMALL
from opcviz.data import Images, assemble
from opcviz.models import Architecture, Classifier, build_classifier


@pytest.fixture(scope="module")
def pictures() -> Images:
    x = np.zeros((10, 3, 32, 32), np.uint8)
    return assemble("pictures", (x, np.arange(10)), (x, np.arange(10)))


def net(name: str, pictures: Images) -> Classifier:
    return build_classifier(Architecture(name), pictures, 0).eval()


@pytest.mark.slow
def test_work_is_counted_in_multiply_adds(pictures: Images) -> None:
    model = net("resnet8", pictures)
    stem = next(m for m in model.modules() if isinstance(m, torch.nn.Conv2d))
    own = stem.weight.numel() * 32 * 32
    stem.forward = lambda x: torch.zeros(len(x), stem.out_channels, 32, 32)  # costs nothing
    less = multiply_adds(model, pictures)
    assert less + own == multiply_adds(net("resnet8", pictures), pictures)


@pytest.mark.slow
def test_a_large_network_gets_less_and_the_report_says_so(pictures: Images) -> None:
    evidence, (told,) = bounded(Evidence(), net("resnet18", pictures), pictures)
    for cls, changes in BOUNDED.items():
        assert evidence.settings(cls) == cls().replace(**changes)
    assert len(evidence.settings(StrongestRelearning).grid) == 1
    assert "555 million" in told
    assert "steps 30" in told
    assert "sgd none" in told
    relearned = get_kind("relearned")
    spent = in_words(relearned.threat.spends, evidence, tuple(relearned.settings))
    assert spent.startswith("30 training steps")
    assert evidence.replace(relearned={}, relearning={}) == Evidence(), "nothing else changed"
    assert "looks 1, 2, 4, 8 and 15" in told
    assert "How fast the original relearns was not measured" in told
    assert "relearning" in spared(evidence)
    assert "relearning" not in spared(Evidence()) | spared(Evidence(suite="quick"))


@pytest.mark.slow
def test_its_quick_suite_still_has_an_optimiser(pictures: Images) -> None:
    evidence, _ = bounded(Evidence(), net("resnet18", pictures), pictures)
    quick = evidence.in_suite("quick").settings(StrongestRelearning)
    assert quick.grid == evidence.settings(StrongestRelearning).grid
    assert quick.shots == (1,)
    usual = Evidence().in_suite("quick").settings(StrongestRelearning)
    assert [name for name, _ in usual.grid] == ["sgd"]


@pytest.mark.slow
def test_what_was_chosen_stays_and_small_networks_get_all(pictures: Images) -> None:
    chosen = Evidence.from_dict({"relearned": {"steps": 45}})
    evidence, (told,) = bounded(chosen, net("resnet18", pictures), pictures)
    assert evidence.settings(StrongestRelearning) == StrongestRelearning(steps=45)
    assert evidence.settings(Relearning).steps == BOUNDED[Relearning]["steps"]
    assert "relearned" not in told
    small = net("resnet20", pictures)
    assert multiply_adds(small, pictures) < LARGE
    assert bounded(chosen, small, pictures) == (chosen, ())


@pytest.mark.slow
@pytest.mark.parametrize(("count", "passes"), [(2500, 20), (4000, 12), (10_000, 5), (50_000, 5)])
def test_maps_that_train_see_many_pictures_less_often(
    pictures: Images, count: int, passes: int
) -> None:
    x = np.zeros((1, 3, 32, 32), np.uint8).repeat(count, 0)
    many = assemble("many", (x, np.arange(count) % 10), (x[:10], np.arange(10)))
    evidence, (told,) = bounded(Evidence(), net("resnet18", pictures), many)
    assert evidence.settings(Strongest).epochs == passes
    assert (f"strongest: epochs {passes}" in told) == (passes < Strongest().epochs)


def test_a_network_that_is_surely_small_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.zeros((10, 1, 8, 8), np.uint8)
    digits = assemble("digits", (x, np.arange(10)), (x, np.arange(10)))
    small = net("resnet8", digits)
    assert multiply_adds(small, digits) < SMALL < LARGE
    monkeypatch.setattr(budget, "multiply_adds", lambda *_: pytest.fail("counting is slow"))
    assert bounded(Evidence(), small, digits) == (Evidence(), ())
    with pytest.raises(pytest.fail.Exception, match="slow"):
        bounded(Evidence(), build_classifier(Architecture("resnet8", resize=32), digits, 0), digits)


@pytest.mark.slow
def test_all_of_it_can_be_asked_for() -> None:
    spec = spec_of(bounded=False)
    assert "--set bounded=false" in command_of(spec)
    assert "bounded" not in command_of(spec_of())
    assert AuditSpec.from_dict(spec.to_dict()) == spec
