"""Outlier scores against brute force and scikit-learn, planted beacons, and bad input."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from json_form import as_json
from loose import LooseObservation, LooseOutputs, LooseSplit
from scipy.special import logsumexp
from scipy.stats import entropy
from sklearn.covariance import LedoitWolf

from opcviz.measures import outliers as module
from opcviz.measures.outliers import OUTLIER_SCORES, fit_gaussians, outliers

outliers = as_json(outliers)


def study(move=lambda f: f, sizes=(600, 300), d=12, samples=False, seed=0):
    """Five classes around axes, class 0 forgotten; `move` acts on the forget features."""
    g = torch.Generator().manual_seed(seed)
    head = torch.randn(d, 5, generator=g)
    sides, index = {}, {}
    for side, n in zip(("train", "test"), sizes, strict=True):
        y = torch.arange(n) % 5
        gone = y == 0
        if samples:
            gone = (torch.arange(n) < n // 4) & (side == "train")
        f = 4 * torch.nn.functional.one_hot(y, d) + torch.randn(n, d, generator=g)
        f[gone] = move(f[gone])
        sides[side] = LooseObservation(f, f @ head, y)
        index[f"forget_{side}"] = gone.nonzero().flatten()
        index[f"retain_{side}"] = (~gone).nonzero().flatten()
    classes = () if samples else (0,)
    return LooseOutputs(**sides), LooseSplit(**index, classes=classes)


def pairs(forget, retain):
    wins = (forget[:, None] > retain).astype(float) + (forget[:, None] == retain) / 2
    return wins.mean()


def test_every_score_is_its_formula_by_brute_force():
    views, split = study(lambda f: 0.5 * f)
    got = outliers(views, split)
    f = {s: getattr(views, s).features.double().numpy() for s in ("train", "test")}
    z = {s: getattr(views, s).logits.double().numpy() for s in ("train", "test")}
    kept, labels = f["train"][split.retain_train], views.train.labels[split.retain_train].numpy()
    means = np.stack([kept[labels == k].mean(0) for k in range(1, 5)])
    fit = LedoitWolf(assume_centered=True).fit(kept - means[labels - 1])
    precision = np.linalg.inv(fit.covariance_)

    def mahalanobis(x):
        gaps = x[:, None] - means
        return np.sqrt(np.einsum("nki,ij,nkj->nk", gaps, precision, gaps)).min(1)

    def scores(side, rows):
        x, y = f[side][rows], z[side][rows]
        p = np.exp(y - logsumexp(y, 1, keepdims=True))
        return {
            "energy": -logsumexp(y, 1),
            "max_softmax": -p.max(1),
            "feature_norm": -np.sqrt((x**2).sum(1)),
            "mahalanobis": mahalanobis(x),
        }, entropy(p, axis=1).mean()

    retain, even = scores("test", split.retain_test)
    assert got["entropy"]["retain_test"] == pytest.approx(even)
    assert got["shrinkage"] == pytest.approx(fit.shrinkage_)
    for part in ("forget_test", "forget_train"):
        forget, mean = scores(part[7:], getattr(split, part))
        assert got["entropy"][part] == pytest.approx(mean)
        for name in OUTLIER_SCORES:
            assert got[part][name] == pytest.approx(pairs(forget[name], retain[name])), name


def test_a_class_at_the_origin_is_a_beacon():
    views, split = study(lambda f: 1e-3 * f, d=6)
    got = outliers(views, split)
    for part in ("forget_test", "forget_train"):
        assert got[part]["feature_norm"] == got[part]["max_softmax"] == 1
        assert got[part]["mahalanobis"] > 0.75
        assert got["entropy"][part] == pytest.approx(math.log(5), abs=1e-4)
    assert got["entropy"]["uniform"] == pytest.approx(math.log(5))
    assert got["entropy"]["retain_test"] < 1.2
    assert "reason" not in got


def test_forgotten_samples_like_all_others_are_no_beacon():
    views, split = study(sizes=(2000, 2000), samples=True)
    got = outliers(views, split)
    for name in OUTLIER_SCORES:
        assert got["forget_train"][name] == pytest.approx(0.5, abs=0.04)
        assert got["forget_test"][name] is None
        assert "0 forget_test samples" in got["forget_test"]["reason"][name]
    assert got["entropy"]["forget_test"] is None


def test_larger_forget_features_score_below_chance_by_norm():
    assert outliers(*study(lambda f: 100 * f))["forget_test"]["feature_norm"] == 0


def test_directions_that_retain_data_never_take_count():
    """A pseudo-inverse of the covariance would not see them at all."""
    g = torch.Generator().manual_seed(1)
    y = torch.arange(400) % 4
    f = torch.cat([torch.randn(400, 3, generator=g), torch.zeros(400, 3)], 1)
    fit = fit_gaussians(f, y)
    out = f[:50].clone()
    out[:, 4] = 1.0
    assert fit.distance(out).min() > fit.distance(f).max()
    assert (fit.distance(f[:50]) < fit.distance(out)).all()


@settings(max_examples=25, deadline=None)
@given(n=st.integers(25, 120), d=st.integers(2, 20), k=st.integers(1, 4), seed=st.integers(0, 99))
def test_the_fit_is_ledoit_wolf_and_does_not_see_chunks_or_units(n, d, k, seed):
    g = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % k
    f = torch.randn(n, d, generator=g, dtype=torch.float64) @ torch.randn(
        d, d, generator=g, dtype=torch.float64
    )
    fit = fit_gaussians(f, labels)
    residual = f - torch.stack([f[labels == c].mean(0) for c in range(k)])[labels]
    oracle = LedoitWolf(assume_centered=True).fit(residual.numpy())
    torch.testing.assert_close(fit.root @ fit.root.T, torch.from_numpy(oracle.covariance_))
    assert fit.shrinkage == pytest.approx(oracle.shrinkage_)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", 7)
        pieces = fit_gaussians(1e-6 * f, labels)
        torch.testing.assert_close(pieces.distance(1e-6 * f), fit.distance(f))


def test_the_answer_is_json():
    json.dumps(outliers(*study()), allow_nan=False)
    json.dumps(outliers(*study(lambda f: f * float("nan"))), allow_nan=False)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_features_that_are_not_finite_leave_the_logits_scores(bad):
    views, split = study()
    views.train.features[split.retain_train[0], 0] = bad
    got = outliers(views, split)
    assert got["forget_test"]["mahalanobis"] is None
    assert "not finite" in got["forget_test"]["reason"]["mahalanobis"]
    assert got["forget_test"]["energy"] is not None
    views.test.logits[split.retain_test[0], 0] = bad
    got = outliers(views, split)
    assert {got["forget_test"][n] for n in ("energy", "max_softmax", "mahalanobis")} == {None}
    assert got["entropy"]["retain_test"] is None
    assert got["entropy"]["forget_test"] is not None


def test_constants_ten_samples_and_one_class_have_no_figures():
    views, split = study()
    for side in (views.train, views.test):
        side.features, side.logits = side.features * 0 + 0.1, side.logits * 0 + 0.3
    got = outliers(views, split)
    for part in ("forget_test", "forget_train"):
        assert {got[part][name] for name in OUTLIER_SCORES} == {None}
        assert "same score" in got[part]["reason"]["energy"]
        assert "do not vary" in got[part]["reason"]["mahalanobis"]
    assert got["shrinkage"] is None
    got = outliers(*study(sizes=(10, 10)))
    assert {got["forget_train"][name] for name in OUTLIER_SCORES} == {None}
    views, split = study()
    for side in (views.train, views.test):
        side.logits = side.logits[:, :1]
    assert "one class" in outliers(views, split)["forget_test"]["reason"]["max_softmax"]
