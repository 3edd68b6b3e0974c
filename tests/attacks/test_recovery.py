"""FM and HR against numpy's least squares, closed cases, and what must not matter."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from json_form import as_json
from recovery_studies import fit_affine, oracle, study

from opcviz.attacks.recovery import LiveRecovery, Recovery, ThreatModel, least_squares, recover
from opcviz.attacks.recovery.least_squares import StreamedLeastSquares
from opcviz.common.config import ConfigError
from opcviz.common.records import Undefined
from opcviz.results import ATTACKS, FIT_SETS

recover = as_json(recover)


def relu_net(n=400, d=24, k=10, seed=0):
    g = torch.Generator().manual_seed(seed)
    hidden = torch.randn(n, 12, generator=g) @ torch.randn(12, d, generator=g)
    targets = torch.randn(n, k, generator=g) + hidden[:, :k]
    return (hidden + 0.3 * torch.randn(n, d, generator=g)).relu(), targets


def dead_units(features):
    return torch.where(torch.arange(features.shape[1]) % 3 == 0, torch.tensor(0.0), features)


FEATURES = {
    "plain": lambda f: f,
    "dead units": dead_units,
    "twin units": lambda f: torch.cat([f[:, :12], 2 * f[:, :12]], 1),
    "badly scaled": lambda f: f * torch.logspace(-4, 4, f.shape[1]),
    "far from zero": lambda f: f + 1000,
    "nearly collapsed": lambda f: torch.cat([1e-6 * f[:200], f[200:]]),
    "constant": lambda f: torch.ones_like(f),
    "fewer samples than features": lambda f: f[:15],
}


@pytest.mark.parametrize("case", FEATURES)
@pytest.mark.parametrize("ridge", [0.0, 0.1, 100.0])
def test_map_agrees_with_numpy(case, ridge):
    features, targets = relu_net()
    features = FEATURES[case](features)
    targets = targets[: len(features)]
    fit = fit_affine(features, targets, ridge)
    weight, bias = oracle(features, targets, ridge)
    scale = max(1.0, np.abs(weight).max())
    assert np.abs(fit.weight.numpy() - weight).max() <= 1e-6 * scale
    answers = fit(features).numpy()
    expected = features.double().numpy() @ weight + bias
    assert np.abs(answers - expected).max() <= 1e-6
    assert (answers.argmax(1) == expected.argmax(1)).all()


def test_resolves_directions_that_a_gram_matrix_squares_away():
    """A direction 1e-9 of the strongest is there for least squares; its square is below eps."""
    g = torch.Generator().manual_seed(3)
    base = torch.randn(500, 6, generator=g, dtype=torch.float64)
    q = torch.linalg.qr(torch.randn(6, 6, generator=g, dtype=torch.float64)).Q
    features = base * torch.tensor([1, 1, 1, 1, 1, 1e-9], dtype=torch.float64) @ q
    targets = base[:, -1:]
    assert (fit_affine(features, targets)(features) - targets).abs().max() < 1e-5
    centred = features - features.mean(0)
    gram = centred.T @ centred
    naive = centred @ torch.linalg.pinv(gram, hermitian=True) @ (centred.T @ targets)
    assert (naive - targets).abs().max() > 0.1


@settings(max_examples=30, deadline=None)
@given(
    n=st.integers(2, 60),
    d=st.integers(1, 12),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    chunk=st.integers(1, 40),
    seed=st.integers(0, 999),
)
def test_merged_and_chunked_moments_equal_those_of_one_pass(n, d, cuts, chunk, seed):
    g = torch.Generator().manual_seed(seed)
    features, targets = torch.randn(n, d, generator=g) + 5, torch.randn(n, 3, generator=g)
    edges = sorted({0, n, *(c for c in cuts if c < n)})
    total = StreamedLeastSquares(d, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(least_squares, "CHUNK", chunk)
        for a, b in pairwise(edges):
            total = total + StreamedLeastSquares(d, 3).add(features[a:b], targets[a:b])
    rows = torch.cat([features, targets], 1).double()
    centred = rows - rows.mean(0)
    assert total.count == n
    torch.testing.assert_close(total.mean, rows.mean(0), atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(total.root.T @ total.root, centred.T @ centred, atol=1e-9, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(ridge=st.floats(0, 1e6), seed=st.integers(0, 999))
def test_mapping_then_head_is_mapping_to_the_heads_output(ridge, seed):
    """The identity that lets FM fit C columns instead of d."""
    features, _ = relu_net(200, 10, 3, seed)
    g = torch.Generator().manual_seed(seed + 1)
    original = torch.randn(200, 7, generator=g, dtype=torch.float64)
    weight = torch.randn(4, 7, generator=g, dtype=torch.float64)
    bias = torch.randn(4, generator=g, dtype=torch.float64)
    long = fit_affine(features, original, ridge)(features) @ weight.T + bias
    short = fit_affine(features, original @ weight.T + bias, ridge)(features)
    torch.testing.assert_close(long, short, atol=1e-8, rtol=1e-8)


def test_bad_input_is_named():
    f, t = torch.ones(4, 3), torch.ones(4, 2)
    with pytest.raises(ValueError, match="no samples"):
        StreamedLeastSquares(3, 2).solve()
    with pytest.raises(ValueError, match=r"\(n, 3\) features with \(n, 2\) targets"):
        StreamedLeastSquares(3, 2).add(f, t[:3])
    with pytest.raises(ValueError, match="some features are NaN"):
        StreamedLeastSquares(3, 2).add(f * torch.tensor([1, float("inf"), 1]), t)
    with pytest.raises(ValueError, match="some targets are NaN"):
        StreamedLeastSquares(3, 2).add(f, t * float("nan"))
    with pytest.raises(ValueError, match="not negative"):
        StreamedLeastSquares(3, 2).add(f, t).solve(-1.0)
    with pytest.raises(ConfigError, match=r"Recovery\.ridges"):
        Recovery(ridges=())


# ---- studies made by hand ----------------------------------------------------------------------


@pytest.mark.parametrize("attack", ["fm", "hr"])
def test_three_equal_collapsed_classes_leave_the_constant_predictor(attack):
    result = recover(*study([300] * 10, [0, 1, 2]))
    entry = result[attack]["all"]
    assert 100 - entry["forget_accuracy"] == pytest.approx(66.67, abs=0.005)
    assert entry["forget_accuracy"] == pytest.approx(result["constant_predictor"])
    assert entry["balanced_accuracy"] == pytest.approx(100 / 3)
    assert entry["retain_accuracy"] == 100


@pytest.mark.slow
@pytest.mark.parametrize("targets", ["logits", "labels"])
def test_the_svhn_figure(targets):
    """SVHN's classes 0, 1, 2: a constant answer "1" leaves UA 52.84."""
    sizes = [4948, 13861, 10585, *[3000] * 7]
    result = recover(*study(sizes, [0, 1, 2], d=12), Recovery(hr_targets=targets))
    entry = result["hr"]["all"]
    assert 100 - entry["forget_accuracy"] == pytest.approx(52.84, abs=0.005)
    assert entry["forget_accuracy"] == pytest.approx(100 * 13861 / 29394)
    assert entry["recall"] == {"0": 0.0, "1": 100.0, "2": 0.0}


def test_one_contracted_class_is_recovered_since_the_point_names_it():
    result = recover(*study([200] * 10, [4]))
    assert result["fm"]["all"]["forget_accuracy"] == 100
    assert result["hr"]["heldout"]["forget_accuracy"] == 100
    assert result["constant_predictor"] == 100


def test_a_turned_body_is_fully_recovered_and_the_broken_head_shows_before():
    original, unlearned, head, split = study([100] * 6, [0, 1], collapse=False)
    result = recover(original, unlearned, head, split)
    assert result["before"]["forget_accuracy"] < 50
    for attack in ("fm", "hr"):
        for name in FIT_SETS:
            assert result[attack][name]["forget_accuracy"] == 100, (attack, name)
    sweep = result["fm"]["all"]["sweep"]
    assert sweep["ridge"] == list(Recovery().ridges)
    assert len(sweep["forget_accuracy"]) == len(sweep["balanced_accuracy"]) == len(sweep["ridge"])
    assert sweep["forget_accuracy"][0] == result["fm"]["all"]["forget_accuracy"]


def test_scores_equal_a_plain_computation():
    """Every fit set and ridge against numpy, on features where recovery is neither 0 nor 100."""
    original, unlearned, head, split = study([60] * 5, [1, 3], collapse=False, seed=2)
    g = torch.Generator().manual_seed(9)
    for side in (unlearned.train, unlearned.test):
        side.features = side.features + 12 * torch.randn(side.features.shape, generator=g)
    config = Recovery(ridge=0.02, ridges=(0.0, 1.0, 1e3))
    result = recover(original, unlearned, head, split, config)
    labels = unlearned.train.labels[split.forget_train]
    for name, fit in FIT_SETS.items():
        f, z = (
            torch.cat([getattr(getattr(v, p[7:]), what)[getattr(split, p)] for p in fit.parts])
            for v, what in ((unlearned, "features"), (original, "logits"))
        )
        for ridge, value in zip(
            (config.ridge, *config.ridges),
            (
                result["hr"][name]["forget_accuracy"],
                *result["hr"][name]["sweep"]["forget_accuracy"],
            ),
            strict=True,
        ):
            weight, bias = oracle(f, z, ridge, relative=True)
            right = {}
            for part in ("forget_train", "retain_train"):
                rows = getattr(split, part)
                answers = unlearned.train.features[rows].double().numpy() @ weight + bias
                right[part] = answers.argmax(1) == unlearned.train.labels[rows].numpy()
            assert value == pytest.approx(100 * right["forget_train"].mean())
            if ridge == config.ridge:
                recalls = [right["forget_train"][labels.numpy() == c].mean() for c in (1, 3)]
                entry = result["hr"][name]
                assert entry["balanced_accuracy"] == pytest.approx(100 * np.mean(recalls))
                assert entry["retain_accuracy"] == pytest.approx(100 * right["retain_train"].mean())
    assert 5 < result["hr"]["all"]["forget_accuracy"] < 95


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_the_unit_of_the_features_changes_no_figure_at_any_relative_ridge(factor, intercept):
    original, unlearned, head, split = study([60] * 5, [1, 3], collapse=False, seed=2)
    config = Recovery(ridge=1e-3, ridges=tuple(10.0**k for k in range(-8, 3)), intercept=intercept)
    g = torch.Generator().manual_seed(9)
    for side in (unlearned.train, unlearned.test):
        side.features = side.features + 12 * torch.randn(side.features.shape, generator=g)
    before = recover(original, unlearned, head, split, config)
    for side in (unlearned.train, unlearned.test):
        side.features = factor * side.features
    after = recover(original, unlearned, head, split, config)
    swept = []
    for attack in ATTACKS:
        for name in FIT_SETS:
            one, other = before[attack][name]["sweep"], after[attack][name]["sweep"]
            assert other["forget_accuracy"] == pytest.approx(one["forget_accuracy"], abs=0.5)
            swept += one["forget_accuracy"]
    assert max(swept) - min(swept) > 20, "a sweep that moves nothing would prove nothing"


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 9999))
def test_an_invertible_change_of_the_features_changes_nothing_at_ridge_zero(seed):
    original, unlearned, head, split = study([40] * 5, [0, 2], collapse=False, seed=1)
    g = torch.Generator().manual_seed(seed)
    for side in (unlearned.train, unlearned.test):
        noise = torch.Generator().manual_seed(4)
        side.features = side.features.double() + 10 * torch.randn(
            side.features.shape, generator=noise, dtype=torch.float64
        )
    before = recover(original, unlearned, head, split)
    turn = torch.randn(16, 16, generator=g, dtype=torch.float64)
    shift = torch.randn(16, generator=g, dtype=torch.float64)
    for side in (unlearned.train, unlearned.test):
        side.features = side.features @ turn + shift
    after = recover(original, unlearned, head, split)
    for attack in ("fm", "hr"):
        for name in FIT_SETS:
            for key in ("forget_accuracy", "retain_accuracy", "recall"):
                assert before[attack][name][key] == after[attack][name][key]


def test_what_cannot_be_computed_has_a_reason():
    original, unlearned, head, split = study([30] * 4, [0], classes_forgotten=False)
    result = recover(original, unlearned, head, split)
    entry = result["fm"]["heldout_retain"]
    assert entry["forget_accuracy"] is None
    assert "samples were forgotten" in entry["reason"]
    assert result["fm"]["heldout"]["forget_accuracy"] is not None

    headless = recover(original, unlearned, None, split)
    assert headless["fm"]["all"]["reason"] == "FM needs the original head"
    assert headless["hr"]["all"]["forget_accuracy"] == result["hr"]["all"]["forget_accuracy"]

    unlearned.train.features[3, 2] = float("nan")
    diverged = recover(original, unlearned, head, split)
    assert diverged["hr"]["all"]["forget_accuracy"] is None
    assert "diverged" in diverged["hr"]["all"]["reason"]
    assert diverged["constant_predictor"] == 100

    split.forget_train = split.forget_train[:0]
    assert recover(original, unlearned, head, split)["constant_predictor"] is None


def test_a_fit_of_too_few_samples_says_so():
    result = recover(*study([30] * 4, [0], d=64))
    assert "interpolates" in result["fm"]["heldout"]["note"]
    assert "note" not in result["fm"]["all"]


def test_models_that_do_not_belong_together_are_refused():
    original, unlearned, head, split = study([30] * 4, [0])
    unlearned.train.labels = unlearned.train.labels.flip(0)
    with pytest.raises(ValueError, match="not observed on the same train samples"):
        recover(original, unlearned, head, split)


def test_the_attacker_without_an_original_model_needs_none():
    seen = ThreatModel(torch.ones(3, 2), None, torch.eye(3), None)
    assert torch.equal(seen.targets(), torch.eye(3, dtype=torch.float64))


def test_live_recovery_is_fm_on_the_probe_set():
    original, unlearned, head, split = study([60] * 5, [1, 3], collapse=False, seed=2)
    g = torch.Generator().manual_seed(9)
    train = unlearned.train
    train.features = train.features + 12 * torch.randn(train.features.shape, generator=g)
    forget = torch.zeros(len(train.labels), dtype=torch.bool)
    forget[split.forget_train] = True
    live = LiveRecovery(original.train.features, head, train.labels, forget)
    whole = recover(original, unlearned, head, split)["fm"]["all"]
    assert live.score(train.features) == pytest.approx(whole["forget_accuracy"])
    broken = live.score(train.features * float("nan"))
    assert broken == Undefined("features are not finite")
    with pytest.raises(ValueError, match="to be forgotten"):
        LiveRecovery(original.train.features, head, train.labels, ~forget & False)
