"""CKA against its Gram-matrix definition; invariances, bounds, and what is undefined."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import pytest
import torch
from constructed import World
from hypothesis import given, settings
from hypothesis import strategies as st
from json_form import as_json
from scipy.stats import entropy
from torch import Tensor

from opcviz.common.records import Undefined
from opcviz.measures import collapse
from opcviz.measures.similarity import (
    feature_similarity,
    linear_cka,
    prediction_similarity,
    similarity,
)
from opcviz.results import AccuracyReport
from opcviz.verdict.gap import average_gap, tug_of_war

average_gap = as_json(average_gap)
feature_similarity = as_json(feature_similarity)
linear_cka = as_json(linear_cka)
prediction_similarity = as_json(prediction_similarity)
similarity = as_json(similarity)
tug_of_war = as_json(tug_of_war)


def pair(n: int = 60, d: int = 7, e: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two feature sets that share a part."""
    rng = torch.Generator().manual_seed(seed)
    a = torch.randn(n, d, generator=rng, dtype=torch.float64) + 3
    b = a[:, :e] @ torch.randn(e, e, generator=rng, dtype=torch.float64)
    return a, b + torch.randn(n, e, generator=rng, dtype=torch.float64)


def gram_cka(a: Tensor, b: Tensor, debiased: bool = False) -> float:
    """The definition: HSIC of n×n Gram matrices, plain or unbiased (Song et al. 2012, eq. 5)."""
    k, l = a @ a.T, b @ b.T
    n = len(k)
    h = torch.eye(n, dtype=torch.float64) - 1 / n

    def plain(k: Tensor, l: Tensor) -> Tensor:
        return (k @ h @ l @ h).trace()

    def unbiased(k: Tensor, l: Tensor) -> Tensor:
        k, l = k - k.diag().diag(), l - l.diag().diag()
        middle = k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 * (k @ l).sum() / (n - 2)
        return ((k @ l).trace() + middle) / (n * (n - 3))

    hsic = unbiased if debiased else plain
    return (hsic(k, l) / (hsic(k, k) * hsic(l, l)).sqrt()).item()


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("n", [8, 60])
def test_it_is_the_gram_matrix_definition(n: int, debiased: bool, monkeypatch) -> None:
    monkeypatch.setattr(
        sys.modules[linear_cka.__module__], "CHUNK", 7
    )  # pieces that do not fit evenly
    a, b = pair(n)
    found = linear_cka(a, b, debiased=debiased)
    assert found["cka"] == pytest.approx(gram_cka(a, b, debiased), abs=1e-10)
    assert found["samples"] == n


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), exponent=st.floats(-12, 12), shift=st.floats(-5, 5))
def test_rotation_scale_and_shift_change_nothing(seed: int, exponent: float, shift: float) -> None:
    a, b = pair(seed=seed % 7)
    rng = torch.Generator().manual_seed(seed)
    turn = torch.linalg.qr(torch.randn(7, 7, generator=rng, dtype=torch.float64))[0]
    for debiased in (False, True):
        before = linear_cka(a, b, debiased=debiased)["cka"]
        scale = 10**exponent
        after = linear_cka(scale * (a @ turn + shift), b, debiased=debiased)["cka"]
        assert after == pytest.approx(before, abs=1e-9)
    assert linear_cka(a, a @ turn)["cka"] == pytest.approx(1, abs=1e-12)


def test_an_uneven_stretch_does_change_it() -> None:
    a, _ = pair()
    assert linear_cka(a, a * torch.logspace(0, 3, 7))["cka"] < 0.9


def test_unrelated_features_show_the_bias_and_its_cure() -> None:
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randn(50, 400, generator=rng) for _ in range(2))
    assert linear_cka(a, b)["cka"] > 0.8
    assert abs(linear_cka(a, b, debiased=True)["cka"]) < 0.05


def test_variance_and_rank_are_those_of_collapse() -> None:
    a, b = pair()
    found = linear_cka(a, b)
    for i, features in enumerate((a, b)):
        expected = collapse(features, features).to_dict()
        assert found["variance"][i] == pytest.approx(expected["variance"], rel=1e-10)
        assert found["effective_rank"][i] == pytest.approx(expected["effective_rank"], rel=1e-8)


@pytest.mark.parametrize("value", [0.0, 1e-30, 0.1, 1e4])
@pytest.mark.parametrize("debiased", [False, True])
def test_a_point_has_no_cka(value: float, debiased: bool) -> None:
    a, _ = pair()
    found = linear_cka(torch.full((60, 5), value), a, debiased=debiased)
    assert found["cka"] is None
    assert found["reason"] == "undefined: the first model's features do not vary"
    assert found["variance"][0] == 0
    assert found["variance"][1] > 0
    assert found["effective_rank"][0] is None
    assert found["effective_rank"][1] > 1


def test_float32_rounding_around_a_point_is_not_variance() -> None:
    point = torch.full((60, 5), 0.3)
    point[::2] = torch.nextafter(point[::2], torch.tensor(1.0))
    found = linear_cka(point, pair()[0])
    assert found["cka"] is None
    assert found["variance"][0] > 0


def test_tiny_features_that_do_vary_have_one() -> None:
    """A contraction that is not complete: small is not nil, and nothing underflows."""
    a, b = pair()
    tiny = (1e-30 * (a - a.mean(0))).float()
    assert linear_cka(tiny, b)["cka"] == pytest.approx(gram_cka(a, b), abs=1e-6)


def test_what_cannot_be_compared_says_so() -> None:
    a, b = pair()
    assert "1 samples" in linear_cka(a[:1], b[:1])["reason"]
    assert "at least 4" in linear_cka(a[:3], b[:3], debiased=True)["reason"]
    assert linear_cka(a[:0], b[:0])["cka"] is None
    broken = b.clone()
    broken[3, 1] = float("inf")
    assert "second model's features are not finite" in linear_cka(a, broken)["reason"]
    with pytest.raises(ValueError, match="same samples"):
        linear_cka(a, b[:-1])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.floats(0, 200), classes=st.integers(2, 12))
def test_distances_of_predictions_are_scipys_and_bounded(
    seed: int, size: float, classes: int
) -> None:
    rng = torch.Generator().manual_seed(seed)
    z, w = (size * torch.randn(9, classes, generator=rng, dtype=torch.float64) for _ in range(2))
    found = prediction_similarity(z, w)
    assert 0 <= found["js"] <= math.log(2)
    assert found["kl"] >= 0
    assert prediction_similarity(w, z)["js"] == pytest.approx(found["js"], abs=1e-12)
    if size < 20:  # scipy takes probabilities, which underflow beyond
        p, q = z.softmax(1).numpy(), w.softmax(1).numpy()
        assert found["kl"] == pytest.approx(entropy(q, p, axis=1).mean(), abs=1e-9)
        mixed = (p + q) / 2  # scipy's jensenshannon takes the root of rounding below zero
        js = (entropy(p, mixed, axis=1) + entropy(q, mixed, axis=1)) / 2
        assert found["js"] == pytest.approx(js.mean(), abs=1e-9)


def test_opposite_certainty_is_the_most_and_equality_the_least() -> None:
    z = torch.tensor([[500.0, 0.0, 0.0], [0.0, 500.0, 0.0]])
    far = prediction_similarity(z, z.flip(0))
    assert far["js"] == pytest.approx(math.log(2))
    assert far["kl"] == pytest.approx(500)
    assert far["agreement"] == 0
    assert prediction_similarity(z, z + 7) == {"agreement": 100, "kl": 0, "js": 0}


def test_predictions_that_are_not_there() -> None:
    z = torch.zeros(3, 4)
    assert prediction_similarity(z[:0], z[:0])["reason"] == "there are no such samples"
    assert "reference's logits" in prediction_similarity(z, z * float("nan"))["reason"]


@pytest.mark.slow
def test_a_whole_model_beside_another() -> None:
    world = World(3)
    original, collapsed = world.views(world.original), world.views(world.collapsed(0.0))
    found = similarity(collapsed, original, world.split)
    assert found["cka"]["forget"]["cka"] is None
    assert found["cka"]["retain"]["cka"] == pytest.approx(1)
    assert 0 < found["cka"]["mixed"]["cka"] < 1
    retain, forget = (found["predictions"][f"{part}_train"] for part in ("retain", "forget"))
    assert (retain["agreement"], forget["agreement"]) == (100, 0)
    blocks = feature_similarity(
        collapsed.train.features, original.train.features, world.split, debiased=True
    )
    assert blocks["retain"]["debiased"]
    assert blocks["retain"]["cka"] == pytest.approx(1)
    other = World(3, seed=1)
    other.y["train"] = other.y["train"].flip(0)
    with pytest.raises(ValueError, match="same train samples"):
        similarity(original, other.views(other.original), world.split)


# SalUn's CIFAR-10 table, 10 % random: UA, RA, TA, MIA of two methods and of retraining
def report(forget: float, retain: float, test: float) -> AccuracyReport:
    """Accuracies in percent; no test data belong to the forgotten samples."""
    return AccuracyReport(forget, retain, Undefined("there are none"), test, {})


RETRAIN = report(94.76, 100.0, 94.26)
SALUN = report(97.15, 99.62, 93.93)
L1 = report(95.81, 97.74, 91.59)
UNKNOWN = Undefined("not computed")
NOTHING = AccuracyReport(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, {})


def test_average_gap_is_the_published_one() -> None:
    assert average_gap(SALUN, RETRAIN, mia=(14.39, 12.88))["average_gap"] == pytest.approx(
        1.15, abs=0.006
    )
    assert average_gap(L1, RETRAIN, mia=(9.84, 12.88))["average_gap"] == pytest.approx(
        2.26, abs=0.006
    )


def test_average_gap_says_what_it_is_taken_over() -> None:
    found = average_gap(replace(SALUN, retain_test=UNKNOWN), RETRAIN)
    assert found["over"] == ["UA", "RA"]
    assert found["gaps"]["TA"] is None
    assert found["gaps"]["MIA"] is None
    assert found["average_gap"] == pytest.approx((2.39 + 0.38) / 2)
    assert average_gap(NOTHING, RETRAIN)["average_gap"] is None
    assert "reason" in average_gap(NOTHING, RETRAIN)


def test_tug_of_war() -> None:
    assert tug_of_war(RETRAIN, RETRAIN) == {"tow": 1}
    assert tug_of_war(SALUN, RETRAIN)["tow"] == pytest.approx(0.9761 * 0.9962 * 0.9967)
    opposite = replace(RETRAIN, retain_train=0.0)
    assert tug_of_war(opposite, RETRAIN)["tow"] == 0
    missing = tug_of_war(replace(RETRAIN, forget_train=UNKNOWN), RETRAIN)
    assert missing["tow"] is None
    assert "forget_train" in missing["reason"]
