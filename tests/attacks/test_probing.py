"""The probes, against scikit-learn fits on the same folds, and brute force."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from json_form import as_json
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from opcviz.attacks.probes import PROBES, Probing, probes, unseen_answers
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.common.statistics import cross_fits

probes = as_json(probes)

CONFIG = Probing()


def blobs(per_class=30, classes=5, d=12, spread=1.5, seed=0):
    """Overlapping Gaussian classes with very different scales of the dimensions."""
    g = torch.Generator().manual_seed(seed)
    y = torch.arange(classes).repeat(per_class)
    x = torch.randn(classes, d, generator=g)[y] + spread * torch.randn(len(y), d, generator=g)
    return x * torch.logspace(-3, 3, d) + 5, y


def rings(per_class=100, seed=0):
    """Three classes by their distance from the middle: no line tells them apart."""
    g = torch.Generator().manual_seed(seed)
    y = torch.arange(3).repeat(per_class)
    direction = torch.nn.functional.normalize(torch.randn(len(y), 2, generator=g))
    return direction * (1 + 2 * y[:, None] + 0.2 * torch.randn(len(y), 1, generator=g)), y


def split(y, folds=5, seed=0):
    return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(y, y))


def sklearn_answers(kind, x, y, seed=0):
    """Answers of a standardised scikit-learn classifier, each sample by its own fold."""
    x, y = x.double().numpy(), y.numpy()
    answers = np.empty_like(y)
    for learn, unseen in split(y, seed=seed):
        answers[unseen] = (
            make_pipeline(StandardScaler(), kind()).fit(x[learn], y[learn]).predict(x[unseen])
        )
    return answers


def our_answers(name, x, y, config=CONFIG, seed=0, folds=5):
    x, y = x.double().numpy(), y.numpy()
    return unseen_answers(name, x, y, config, folds=folds, seed=seed, progress=Progress())


ORACLES = {
    "linear": lambda: LogisticRegression(C=1.0, tol=1e-8, max_iter=5000),
    "knn": lambda: KNeighborsClassifier(5),
    "mean": NearestCentroid,
}


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_answers_are_those_of_scikit_learn(name, seed):
    x, y = blobs(seed=seed)
    expected = sklearn_answers(ORACLES[name], x, y, seed)
    assert 0.3 < (expected == y.numpy()).mean() < 0.95  # neither hopeless nor trivial
    assert (our_answers(name, x, y, seed=seed) == expected).all()


@pytest.mark.parametrize("setting", [0.01, 100.0])
def test_the_linear_penalty_is_scikit_learns(setting):
    x, y = blobs(seed=3)
    kind = lambda: LogisticRegression(C=setting, tol=1e-10, max_iter=20_000)  # noqa: E731
    ours = our_answers("linear", x, y, Probing(inverse_penalty=setting))
    assert (ours == sklearn_answers(kind, x, y)).mean() >= 0.99


def test_nearest_mean_by_brute_force():
    x, y = blobs(per_class=10, classes=3, d=4, seed=4)
    rows, answers = x.double(), []
    owner = {i: learn for learn, unseen in split(y) for i in unseen}
    for i in range(len(y)):
        known, labels = rows[owner[i]], y[owner[i]]
        deviation = known.std(0, correction=0)
        gaps = [
            (((rows[i] - known[labels == c].mean(0)) / deviation) ** 2).sum().item()
            for c in range(3)
        ]
        answers.append(int(np.argmin(gaps)))
    assert (our_answers("mean", x, y) == answers).all()


@pytest.mark.slow
def test_the_net_learns_what_no_line_can_as_well_as_scikit_learns():
    x, y = rings()
    result = probes(x, y, (1,))
    net = sklearn_answers(lambda: MLPClassifier((64,), max_iter=2000, random_state=0), x, y)
    assert (net == y.numpy()).mean() > 0.97
    assert result["mlp"]["forget_accuracy"] > 95
    assert result["mlp"]["retain_accuracy"] > 95
    assert result["linear"]["forget_accuracy"] < 60
    assert result["mean"]["forget_accuracy"] < 60


def test_nearest_neighbours_by_brute_force():
    x, y = blobs(per_class=10, classes=3, d=4, seed=4)
    answers = np.empty(len(y), int)
    for learn, unseen in split(y):
        known = x.double()[learn]
        z, known = ((v - known.mean(0)) / known.std(0, correction=0) for v in (x[unseen], known))
        for i, row in zip(unseen, z, strict=True):
            near = (known - row).square().sum(1).argsort()[:5].numpy()
            answers[i] = np.bincount(y[learn][near]).argmax()
    assert (our_answers("knn", x, y) == answers).all()


def test_the_linear_probe_is_at_the_minimum_of_its_loss():
    """Σ CE(W z + b, y) + ‖W‖²/2c has no slope there; labels are drawn, so nothing is separable."""
    x, y = blobs(per_class=40, classes=3, d=4, spread=3, seed=2)
    make = partial(PROBES["linear"], Probing(), 96, 0)
    fit, _ = next(cross_fits(make, x.double().numpy(), y.numpy(), folds=5, seed=0))
    learn, _ = split(y)[0]
    z = torch.from_numpy(fit[0].transform(x[learn].double().numpy()))
    weight, bias = (torch.from_numpy(t).requires_grad_() for t in (fit[1].coef_, fit[1].intercept_))
    loss = torch.nn.functional.cross_entropy(z @ weight.T + bias, y[learn], reduction="sum")
    slopes = torch.autograd.grad(loss + weight.square().sum() / 2, (weight, bias))
    assert max(s.abs().max() for s in slopes) < 0.05  # a weight of 0 has slopes of tens
    assert weight.abs().max() > 0.1


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(victim=st.integers(0, 59), size=st.floats(-1e4, 1e4), name=st.sampled_from(list(PROBES)))
def test_nothing_is_learnt_from_a_sample_to_be_scored(victim, size, name):
    """Spoil one sample's features: where it is unseen, no other answer changes."""
    x, y = blobs(per_class=20, classes=3, d=4, seed=5)
    unseen = next(part for _, part in split(y, 3) if victim in part)
    spoilt = x.clone()
    spoilt[victim] = size
    before, after = (our_answers(name, f, y, Probing(steps=20), folds=3) for f in (x, spoilt))
    others = unseen[unseen != victim]
    assert (before[others] == after[others]).all()


@pytest.mark.slow
def test_figures_are_mean_recalls_on_either_side():
    x, y = blobs(seed=6)
    result = probes(x, y, (0, 3))
    for name in ORACLES:
        recall = 100 * recall_score(y.numpy(), sklearn_answers(ORACLES[name], x, y), average=None)
        assert result[name]["forget_accuracy"] == pytest.approx(recall[[0, 3]].mean())
        assert result[name]["retain_accuracy"] == pytest.approx(recall[[1, 2, 4]].mean())
        assert result[name]["forget_recall"] == pytest.approx({"0": recall[0], "3": recall[3]})
    assert result["chance"] == 20
    assert result["constant_predictor"] == 50
    assert (result["samples"], result["folds"]) == (150, 5)
    assert "note" not in result


@pytest.mark.slow
def test_classes_keep_their_numbers():
    x, y = blobs(classes=3, seed=6)
    plain = probes(x, y, (1,))
    renamed = probes(x, torch.tensor([2, 7, 40])[y], (7,))
    assert renamed["knn"]["forget_recall"] == {"7": plain["knn"]["forget_recall"]["1"]}
    for name in PROBES:
        assert renamed[name]["forget_accuracy"] == plain[name]["forget_accuracy"]


@pytest.mark.slow
def test_forgotten_samples_come_as_a_mask():
    x, y = blobs(seed=7)
    by_class = probes(x, y, (0, 3))
    assert probes(x, y, (y == 0) | (y == 3)) == by_class
    some = torch.arange(len(y)) % 10 == 3  # classes 3 and 3+5k fall together: y is i mod 5
    result = probes(x, y, some)
    right = sklearn_answers(ORACLES["knn"], x, y)[some.numpy()] == y[some].numpy()
    assert result["knn"]["forget_accuracy"] == pytest.approx(100 * right.mean())


@pytest.mark.slow
def test_a_contracted_forget_set_leaves_the_constant_predictor():
    """OPC's picture: three classes in one point, the others as they were."""
    x, y = blobs(per_class=30, classes=8, spread=0.3, seed=8)
    x[y < 3] = 0.25
    result = probes(x, y, (0, 1, 2))
    for name in PROBES:
        assert result[name]["forget_accuracy"] == pytest.approx(100 / 3), name
        assert result[name]["retain_accuracy"] > 90, name
    assert result["constant_predictor"] == pytest.approx(100 / 3)


@pytest.mark.parametrize("noise", [0.0, 1e-8])
def test_features_that_do_not_vary_get_the_constant_answer_with_a_note(noise):
    g = torch.Generator().manual_seed(0)
    y = torch.tensor([0] * 20 + [1] * 30 + [2] * 10)
    x = (torch.full((60, 7), 3.0).double() + noise * torch.randn(60, 7, generator=g)).float()
    result = probes(x, y, (1, 2))
    for name in (*PROBES, "majority"):
        assert result[name]["forget_accuracy"] == 50
        assert result[name]["retain_accuracy"] == 0
    assert "do not vary" in result["note"]


@pytest.mark.slow
def test_what_cannot_be_computed_has_a_reason():
    x, y = blobs()
    broken = x.clone()
    broken[3, 2] = float("nan")
    result = probes(broken, y, (0,))
    assert all(result[name]["forget_accuracy"] is None for name in PROBES)
    assert "diverged" in result["linear"]["reason"]

    one = probes(x[y == 1], y[y == 1], (1,))
    assert one["mlp"]["retain_accuracy"] is None
    assert "at least two" in one["mlp"]["reason"]

    alone = probes(x[:6], y[:6], (0,))  # classes 1 to 4 have one sample
    assert alone["knn"]["forget_accuracy"] is None
    assert "fewer than two samples" in alone["knn"]["reason"]
    assert probes(x[:0], y[:0], (0,))["linear"]["forget_accuracy"] is None

    nobody = probes(x, y, ())
    assert nobody["knn"]["forget_accuracy"] is None
    assert nobody["knn"]["reason"] == "none of these samples is forget data"
    assert nobody["constant_predictor"] is None
    assert nobody["knn"]["retain_accuracy"] > 20


def test_a_small_class_means_fewer_folds_and_says_so():
    x, y = blobs(per_class=3, classes=4)
    result = probes(x, y, (0,))
    assert result["folds"] == 3
    assert "only 3 folds" in result["note"]


@pytest.mark.slow
def test_more_samples_than_the_limit_are_thinned_out():
    x, y = blobs(per_class=200, spread=0.2)
    result = probes(x, y, (0,), Probing(limit=300))
    assert result["samples"] == 300
    assert result["linear"]["forget_accuracy"] > 95  # pictures and labels still belong together


@pytest.mark.slow
def test_a_seed_names_one_answer():
    x, y = blobs(spread=3)
    assert probes(x, y, (0,), seed=4) == probes(x, y, (0,), seed=4)
    assert probes(x, y, (0,), seed=4) != probes(x, y, (0,), seed=5)


def test_bad_input_is_named():
    x, y = blobs()
    with pytest.raises(ValueError, match=r"\(n, d\) features with \(n,\) int64"):
        probes(x, y[:-1], (0,))
    with pytest.raises(ValueError, match="int64 labels"):
        probes(x, y.float(), (0,))
    with pytest.raises(ValueError, match=r"bool mask of shape \(150,\)"):
        probes(x, y, torch.ones(3, dtype=torch.bool))
    with pytest.raises(ConfigError, match=r"Probing\.folds"):
        Probing(folds=1)


@pytest.mark.parametrize("after", [0, 1, 7, 19])
def test_probing_stops_when_asked_to(after):
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > after

    with pytest.raises(Cancelled):
        probes(*blobs(), (0,), progress=Progress(stop=stop))
    assert calls == after + 1


def test_a_unit_that_one_sample_activates_gives_no_warning(recwarn) -> None:
    """In the part without that sample it is constant; the nearest mean needs no deviation."""
    x, y = blobs()
    x[:, 0] = 0.0
    x[7, 0] = 1.0
    found = probes(x, y, (0, 1), Probing(folds=2, steps=2))
    assert found["mean"]["forget_accuracy"] is not None
    assert [str(warned.message) for warned in recwarn] == []
