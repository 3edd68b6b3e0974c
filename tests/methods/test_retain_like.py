"""The OPC family beyond one point: retain-like, retain mean, frozen head, head only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.measures import accuracy, separability
from opcviz.methods import Request, create
from opcviz.methods.classification.contraction import random_directions, sliced_wasserstein
from opcviz.methods.classification.opc import directions_seed
from opcviz.methods.classification.opc_head import fit_head
from opcviz.models import Classifier
from opcviz.tasks.classification import Observation, observe
from opcviz.training import Batch

MakeRequest = Callable[..., Request]


def seen(request: Request, model: Classifier) -> Observation:
    return observe(model, request.data.x_train, request.data.y_train)


def batch_of(request: Request) -> Batch:
    index = torch.cat([request.split.retain_train[:9], request.split.forget_train[:7]])
    x = request.data.x_train[index].float() / 255
    return Batch(x, request.data.y_train[index], index, torch.arange(16) >= 9, epochs_done=0.5)


# ---- sliced Wasserstein ---------------------------------------------------------------------


@given(
    st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=5).flatmap(
        lambda a: st.tuples(
            st.just(a),
            st.lists(st.floats(-9, 9, width=32), min_size=len(a), max_size=len(a)),
        )
    )
)
def test_on_a_line_it_is_the_best_of_all_pairings(sets: tuple[list[float], list[float]]) -> None:
    a, b = sets
    best = min(
        sum((x - y) ** 2 for x, y in zip(a, other, strict=True)) / len(a)
        for other in permutations(b)
    )
    left, right = (torch.tensor(v, dtype=torch.float64)[:, None] for v in sets)
    line = torch.tensor([[1.0, -1.0]], dtype=torch.float64)  # either way along it
    squared = sliced_wasserstein(left, right, line, "squared").item()
    assert squared == pytest.approx(best, abs=1e-9)
    assert sliced_wasserstein(left, right, line).item() == pytest.approx(best**0.5, abs=1e-5)


def test_it_averages_over_lines_and_uses_equally_many() -> None:
    a, b = torch.randn(6, 3), torch.randn(9, 3)
    lines = random_directions(40, 3, torch.Generator().manual_seed(0))
    torch.testing.assert_close(lines.norm(dim=0), torch.ones(40))
    each = [sliced_wasserstein(a, b[:6], line[:, None]) for line in lines.T]
    torch.testing.assert_close(sliced_wasserstein(a, b, lines), torch.stack(each).mean())
    torch.testing.assert_close(sliced_wasserstein(b, a, lines), torch.stack(each).mean())


def test_a_shift_is_its_length_over_the_root_of_the_width() -> None:
    """E_v (v·s)² = ‖s‖²/d for directions uniform on the sphere."""
    a, shift = torch.randn(30, 4), torch.tensor([3.0, 0, 4.0, 0])
    lines = random_directions(20_000, 4, torch.Generator().manual_seed(0))
    found = sliced_wasserstein(a, a + shift, lines, "squared").item()
    assert found == pytest.approx(25 / 4, rel=0.03)


# ---- the objective --------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["logits", "features", "blocks"])
def test_the_retained_are_a_goal_that_does_not_move(tiny_request: MakeRequest, target: str) -> None:
    """The distance has a gradient by the forget part alone."""
    request = tiny_request()
    model, batch = request.copy_of_original().eval(), batch_of(request)
    opc = create("opc", point="retain_like", target=target)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        activations = model.activations(batch.x)
    for representation in opc.targets(activations):
        leaf = representation.clone().requires_grad_(True)
        opc.distance(leaf, batch, generator).backward()
        assert leaf.grad[batch.forget].flatten(1).norm(dim=1).min() > 0
        assert leaf.grad[batch.retain].abs().max() == 0


def test_retain_mean_is_the_distance_to_it(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    model, batch = request.original.eval(), batch_of(request)
    with torch.no_grad():
        features, logits = model.features(batch.x)
    mean = features[:9].mean(0)
    by_hand = sum((f - mean).norm() for f in features[9:]) / 7
    expected = F.cross_entropy(logits[:9], batch.y[:9]) + 2 * by_hand
    opc = create("opc", point="retain_mean", target="features", weight=2.0)
    torch.testing.assert_close(opc.objective(request, model)(model, batch), expected)


def test_lines_depend_on_seed_and_time_alone(tiny_request: MakeRequest) -> None:
    request, later = tiny_request(), tiny_request(seed=1)
    model, batch = request.original.eval(), batch_of(request)
    opc = create("opc_retain_like")

    def loss(request: Request, batch: Batch) -> float:
        torch.rand(3)
        return opc.objective(request, model)(model, batch).item()

    assert loss(request, batch) == loss(request, batch)
    assert loss(request, batch) != loss(later, batch)
    assert loss(request, batch) != loss(request, replace(batch, epochs_done=0.6))


def test_the_head_stays_if_asked(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    settings = {"target": "features", "epochs": 2, "lr": 0.05, "batch_size": 16}
    for frozen in (True, False):
        model, _ = create("opc", head_frozen=frozen, **settings).unlearn(request)
        assert torch.equal(model.head.weight, request.original.head.weight) == frozen
        assert torch.equal(model.head.bias, request.original.head.bias) == frozen
        stem = request.original.net.stem[0].weight
        assert not torch.equal(model.net.stem[0].weight, stem)


def test_a_point_among_nobody_is_refused(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    everyone = torch.arange(len(request.data.y_train))
    split = replace(request.split, forget_train=everyone, retain_train=everyone[:0])
    for point in ("retain_mean", "retain_like"):
        with pytest.raises(ConfigError, match=rf"OPC\.point: {point} needs retain data"):
            create("opc", point=point).unlearn(tiny_request(split=split))


@pytest.mark.slow
def test_retain_like_hides_what_one_point_betrays(tiny_request: MakeRequest) -> None:
    """One point is told apart perfectly; the retain-like is not, and no worse at the rest."""
    request = tiny_request()
    gone, kept = request.split.forget_train, request.split.retain_train
    settings = {"target": "features", "epochs": 60, "lr": 0.1, "batch_size": 24}
    auc = {}
    for point in ("origin", "retain_like"):
        model, _ = create("opc", point=point, weight=2.0, **settings).unlearn(request)
        now = seen(request, model)
        auc[point] = separability(now.features[gone], now.features[kept]).to_dict()
        assert accuracy(now.logits[kept], now.labels[kept]) == 100
        assert accuracy(now.logits[gone], now.labels[gone]) <= 50
    assert auc["origin"]["linear"] > 0.95
    assert auc["origin"]["knn"] > 0.95
    assert auc["retain_like"]["linear"] < 0.75
    assert auc["retain_like"]["knn"] < 0.75


def test_the_preset_is_opc_with_other_settings(tiny_request: MakeRequest, same_weights) -> None:
    request = tiny_request()
    preset = create("opc_retain_like", epochs=2)
    assert (preset.point, preset.target) == ("retain_like", "features")
    plain = create("opc", **preset.to_dict())
    assert same_weights(preset.unlearn(request)[0], plain.unlearn(request)[0])


# ---- the head alone -------------------------------------------------------------------------


@pytest.mark.parametrize(("weight", "ridge"), [(1.0, 0.0), (10.0, 1e-2), (0.1, 1.0)])
def test_the_new_head_minimises_what_it_says(weight: float, ridge: float) -> None:
    """Normal equations of the same sum, and a gradient of zero."""
    generator = torch.Generator().manual_seed(0)
    retain, forget = (torch.randn(n, 5, generator=generator).double() for n in (40, 25))
    logits = torch.randn(40, 3, generator=generator).double()
    v, c = (t.requires_grad_(True) for t in fit_head(retain, logits, forget, weight, ridge))
    scale = (retain.square().mean(0).sum() + weight * forget.square().mean(0).sum()) / 5
    loss = (
        (retain @ v.T + c - logits).square().sum(1).mean()
        + weight * (forget @ v.T + c).square().sum(1).mean()
        + ridge * scale * v.square().sum()
    )
    for gradient in torch.autograd.grad(loss, (v, c)):
        assert gradient.abs().max() < 1e-10


def test_head_only_contracts_logits_and_leaves_the_body(tiny_request: MakeRequest) -> None:
    request = tiny_request()
    model, outcome = create("opc_head").unlearn(request)
    for name, value in model.state_dict().items():
        same = torch.equal(value, request.original.state_dict()[name])
        assert same == (not name.startswith("net.head.")), name
    before, after = seen(request, request.original), seen(request, model)
    gone, kept = request.split.forget_train, request.split.retain_train
    shrunk = after.logits[gone].norm(dim=1).mean() / before.logits[gone].norm(dim=1).mean()
    assert shrunk < 0.2
    assert accuracy(after.logits[kept], after.labels[kept]) == 100
    assert outcome.gradients == 0


def test_the_lines_of_a_step_are_the_same_under_every_interpreter() -> None:
    assert directions_seed(0, 0.5) == 500_000 * 7_919 + 1 - 2**31
    assert directions_seed(3, 0.0) == 3_000_010
    seeds = {directions_seed(seed, step / 40) for seed in range(5) for step in range(400)}
    assert len(seeds) == 5 * 400
