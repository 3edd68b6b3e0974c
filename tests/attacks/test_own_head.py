"""A model's own last layer behind a map from pixels: by plain algebra, and on nets built for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from opcviz.attacks.own_head import RIDGE, own_head
from opcviz.attacks.strongest import Strongest
from opcviz.attacks.strongest.maps import fit_map
from opcviz.data import Images, Split
from opcviz.results import Attempt

FORGOTTEN = (1, 3, 4)
CLASSES, SIDE, WIDTH = 6, 5, 8


@pytest.fixture
def data() -> Images:
    """Pictures of six classes, each its class's mean and noise."""
    generator = torch.Generator().manual_seed(0)
    means = torch.rand(CLASSES, 1, SIDE, SIDE, generator=generator)

    def drawn(count: int) -> tuple[Tensor, Tensor]:
        labels = torch.arange(count) % CLASSES
        noise = 0.15 * torch.randn(count, 1, SIDE, SIDE, generator=generator)
        return ((means[labels] + noise).clamp(0, 1) * 255).round().to(torch.uint8), labels

    return Images("made", *drawn(600), *drawn(240), tuple("abcdef"))


def split(data: Images, classes: tuple[int, ...] = FORGOTTEN) -> Split:
    parts = []
    for labels in (data.y_train, data.y_test):
        gone = torch.isin(labels, torch.tensor(classes))
        parts += [gone.nonzero()[:, 0], (~gone).nonzero()[:, 0]]
    return Split(*parts, classes)


def pixels(x: Tensor) -> np.ndarray:
    return x.flatten(1).double().numpy() / 255


def body(x: Tensor) -> Tensor:
    """What a body computes that is a random linear map."""
    drawn = torch.randn(SIDE**2, WIDTH, generator=torch.Generator().manual_seed(1))
    return torch.from_numpy(pixels(x)).float() @ drawn


def head_of(data: Images) -> tuple[Tensor, Tensor]:
    """A last layer that tells all classes by what `body` computes."""
    seen = np.hstack([body(data.x_train).numpy(), np.ones((600, 1))])
    solved = np.linalg.lstsq(seen, np.eye(CLASSES)[data.y_train.numpy()], rcond=None)[0]
    weights = torch.from_numpy(solved).float()
    return weights[:-1].T, weights[-1]


def recovered(found: tuple[Attempt, ...]) -> dict[str, float]:
    return {each.attacker: each.recovered for each in found}


def test_it_is_ridge_regression_from_pixels_and_then_the_last_layer(data: Images) -> None:
    parts, features = (
        split(data),
        torch.randn(600, WIDTH, generator=torch.Generator().manual_seed(2)),
    )
    weight, bias = head = head_of(data)
    kept, asked = parts.retain_train, parts.forget_test
    x, q = pixels(data.x_train[kept]), pixels(data.x_test[asked])
    z, q = ((each - x.mean(0)) / x.std(0) for each in (x, q))
    targets = features[kept].double().numpy()
    # standardised numbers have a variance of 1 each, so the relative ridge is the ridge, per sample
    inner = z.T @ z + RIDGE * len(z) * np.eye(z.shape[1])
    flat = q @ np.linalg.solve(inner, z.T @ (targets - targets.mean(0))) + targets.mean(0)

    def kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        apart = ((one[:, None] - other[None]) ** 2).sum(2)
        return np.exp(-apart / one.shape[1])

    system = kernel(z, z) + Strongest().kernel_ridge * np.eye(len(z))
    bent = kernel(q, z) @ np.linalg.solve(system, targets - targets.mean(0)) + targets.mean(0)
    logits, curved = (
        (mapped @ weight.double().numpy().T + bias.double().numpy())[:, FORGOTTEN]
        for mapped in (flat, bent)
    )
    truth = data.y_test[asked].numpy()
    told = {
        "own_head": logits,
        "own_head_centred": logits - logits.mean(0),
        "own_head_standardised": (logits - logits.mean(0)) / logits.std(0),
        "own_head_rbf": (curved - curved.mean(0)) / curved.std(0),
    }
    wanted = {
        name: 100 * (np.array(FORGOTTEN)[each.argmax(1)] == truth).mean()
        for name, each in told.items()
    }
    found = own_head(features, head, data, parts)
    assert recovered(found) == pytest.approx(wanted)
    assert len(set(wanted.values())) == 4, "else two rules could change places unseen"
    assert {(each.holds, each.given, each.scored) for each in found} == {("retain", 0, len(truth))}
    by_name = {each.attacker: each.renamed for each in found}
    assert by_name.pop("own_head") == by_name.pop("own_head_centred") == ()
    for name, shares in by_name.items():
        answers = told[name].argmax(1)
        orders = [
            100 * (np.array(order)[answers] == truth).mean() for order in permutations(FORGOTTEN)
        ]
        assert shares == pytest.approx(orders)


@pytest.mark.parametrize(
    ("forgotten", "orders"), [((1, 3), 2), ((0, 1, 2, 3), 24), ((0, 1, 2, 3, 4), 24)]
)
def test_names_are_tried_in_so_many_orders_the_true_one_first(
    data: Images, forgotten: tuple[int, ...], orders: int
) -> None:
    found = own_head(body(data.x_train), head_of(data), data, split(data, forgotten))
    for each in found[2:]:
        assert (len(each.renamed), each.renamed[0]) == (orders, each.recovered)
        assert each.recovered > sorted(each.renamed)[-2], "no other order says as much"


def test_a_standardised_logit_has_no_unit(data: Images) -> None:
    parts, features, (weight, bias) = split(data), body(data.x_train), head_of(data)
    sizes = torch.tensor([1.0, 30, 1, 0.1, 7, 1])
    before, after = (
        recovered(own_head(features, head, data, parts))
        for head in ((weight, bias), (weight * sizes[:, None], bias + sizes))
    )
    for name in ("own_head_standardised", "own_head_rbf"):
        assert after[name] == pytest.approx(before[name], abs=1)
    assert after["own_head"] < before["own_head"] - 20


def test_outputs_that_say_the_same_of_all_are_one_answer(data: Images) -> None:
    same = torch.zeros(CLASSES, WIDTH), torch.rand(CLASSES)
    found = own_head(body(data.x_train), same, data, split(data))
    assert len(found) == 4
    assert all(each.one_answer and each.recovered <= each.constant for each in found)


def test_what_the_body_does_to_forgotten_pictures_is_never_looked_at(data: Images) -> None:
    parts, head, features = split(data), head_of(data), body(data.x_train)
    before = own_head(features, head, data, parts)
    emptied = features.clone()
    emptied[parts.forget_train] = float("nan")
    assert own_head(emptied, head, data, parts) == before
    assert max(recovered(before).values()) > 75, "the last layer as it was tells what was forgotten"


def test_new_rows_of_the_last_layer_tell_nothing(data: Images) -> None:
    parts, features, (weight, bias) = split(data), body(data.x_train), head_of(data)
    shares: dict[str, list[float]] = {}
    for seed in range(20):
        anew, rows = weight.clone(), list(FORGOTTEN)
        generator = torch.Generator().manual_seed(seed)
        anew[rows] = weight.std() * torch.randn(3, WIDTH, generator=generator)
        for name, share in recovered(own_head(features, (anew, bias), data, parts)).items():
            shares.setdefault(name, []).append(share)
    for name in ("own_head_centred", "own_head_standardised", "own_head_rbf"):
        assert 20 < sum(shares[name]) / 20 < 47, "a third, by luck"


def test_wide_pictures_are_projected(data: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []

    def watched(name: str, seen: Tensor, *args: Any) -> Any:
        widths.append(seen.shape[1])
        return fit_map(name, seen, *args)

    monkeypatch.setattr("opcviz.attacks.own_head.fit_map", watched)
    wide = replace(
        data,
        x_train=data.x_train.repeat(1, 1, 5, 5),
        x_test=data.x_test.repeat(1, 1, 5, 5),
    )
    parts, head, features = split(data), head_of(data), body(data.x_train)
    assert min(recovered(own_head(features, head, wide, parts)).values()) > 75
    own_head(features, head, data, parts)
    assert widths == [512, 512, SIDE**2, SIDE**2], (
        "of 625 numbers, and of so few that they are taken as they are"
    )


def test_pictures_in_parts_are_all_of_them(data: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, head, features = split(data), head_of(data), body(data.x_train)
    whole = own_head(features, head, data, parts)
    monkeypatch.setattr("opcviz.attacks.own_head.BATCH", 7)
    assert own_head(features, head, data, parts) == whole


def test_where_it_cannot_be_made_there_is_no_attempt(data: Images) -> None:
    features, head = body(data.x_train), head_of(data)
    everyone = torch.arange(600)
    assert own_head(features, head, data, split(data, (2,))) == ()
    broken = features.clone()
    broken[split(data).retain_train[0], 0] = float("nan")
    assert own_head(broken, head, data, split(data)) == ()
    nobody = replace(split(data), retain_train=everyone[:0])
    assert own_head(features, head, data, nobody) == ()
