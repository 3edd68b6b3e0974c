"""Membership scores and ROC curves against plain formulas and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from json_form import as_json
from membership_logits import generator, logits_of
from sklearn.metrics import roc_auc_score, roc_curve

from opcviz.attacks.membership import MEMBER_SCORES
from opcviz.attacks.membership.roc import drawn, roc, roc_report
from opcviz.attacks.membership.scores import log_odds, member_scores, scaled_confidence
from opcviz.common.statistics import auc_interval

drawn = as_json(drawn)
roc_report = as_json(roc_report)

# ---- scores ------------------------------------------------------------------------------------


def test_scores_are_the_plain_formulas():
    z, y = logits_of(200, 1.0)
    p = z.double().softmax(1).numpy()
    got = member_scores(z, y)
    for i, (row, label) in enumerate(zip(p, y.tolist(), strict=True)):
        others = [k for k in range(5) if k != label]
        own = row[label]
        entropy = -sum(v * math.log(v) for v in row)
        modified = -(1 - own) * math.log(own) - sum(row[k] * math.log(1 - row[k]) for k in others)
        assert got["loss"][i].item() == pytest.approx(math.log(own))
        assert got["max_softmax"][i].item() == pytest.approx(math.log(row.max()))
        assert got["entropy"][i].item() == pytest.approx(-entropy)
        assert got["modified_entropy"][i].item() == pytest.approx(-modified)
        assert got["margin"][i].item() == pytest.approx(
            z[i, label].item() - max(z[i, k].item() for k in others), abs=1e-6
        )
        assert scaled_confidence(z, y)[i].item() == pytest.approx(math.log(own / (1 - own)))


@pytest.mark.parametrize("lead", [40.0, 100.0, 300.0])
def test_scores_tell_apart_what_softmax_rounds_to_one(lead):
    z = torch.tensor([[lead, 0.0, 0.0], [lead + 1, 0.0, 0.0]])
    y = torch.tensor([0, 0])
    assert (z.double().softmax(1)[:, 0] == 1).all()
    got = member_scores(z, y)
    assert got["loss"][0].item() == pytest.approx(-2 * math.exp(-lead))
    for name in MEMBER_SCORES:
        assert got[name][0] < got[name][1], name
    sure = [lead - math.log(2), lead + 1 - math.log(2)]
    assert scaled_confidence(z, y).tolist() == pytest.approx(sure)
    wrong = member_scores(z, torch.tensor([1, 1]))
    assert wrong["loss"].tolist() == pytest.approx([-lead, -lead - 1])
    assert wrong["modified_entropy"].isfinite().all()


@settings(max_examples=40, deadline=None)
@given(shift=st.floats(-50, 50), classes=st.integers(2, 6), seed=st.integers(0, 99))
def test_scores_do_not_see_a_constant_added_to_all_logits(shift, classes, seed):
    z, y = logits_of(30, 2.0, classes, seed)
    z = z.double()
    before, after = member_scores(z, y), member_scores(z + shift, y)
    for name in MEMBER_SCORES:
        torch.testing.assert_close(before[name], after[name], atol=1e-9, rtol=1e-6)
    odds = log_odds(z)
    torch.testing.assert_close(odds.sigmoid().sum(1), torch.ones(30, dtype=torch.float64))


# ---- ROC ---------------------------------------------------------------------------------------

SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=40)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(SCORES, SCORES)
def test_roc_is_scikit_learns_and_the_count_of_pairs(members, nonmembers):
    a, b = torch.tensor(members).double(), torch.tensor(nonmembers).double()
    curve = roc(a, b)
    truth, scores = np.repeat([1, 0], [len(a), len(b)]), torch.cat([a, b]).numpy()
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    np.testing.assert_allclose(curve.fpr, fpr)
    np.testing.assert_allclose(curve.tpr, tpr)
    assert curve.auc == pytest.approx(roc_auc_score(truth, scores))
    pairs = (a[:, None] > b).double() + (a[:, None] == b).double() / 2
    assert curve.auc == pytest.approx(pairs.mean().item())
    for rate in (0.001, 0.1, 1 / len(b), 0.5, 1.0):
        found = curve.tpr_at(rate)
        if rate * len(b) < 1 - 1e-9:
            assert found is None
            continue
        thresholds = [math.inf, *{*members, *nonmembers}]
        allowed = [t for t in thresholds if (b >= t).sum().item() <= rate * len(b) + 1e-9]
        assert found == pytest.approx(max((a >= t).double().mean().item() for t in allowed))


@settings(max_examples=30, deadline=None)
@given(st.integers(5, 120), st.integers(1, 300), st.integers(0, 99))
def test_drawn_points_are_few_ascending_and_on_the_curve(points, n, seed):
    g = generator(seed)
    curve = roc(torch.randn(50, generator=g) + 1, torch.randn(n, generator=g))
    shown = drawn([curve], points)
    assert len(shown["fpr"]) == len(shown["tpr"]) <= points
    assert (shown["fpr"][0], shown["tpr"][0]) == (0, 0)
    assert (shown["fpr"][-1], shown["tpr"][-1]) == (1, 1)
    assert (np.diff(shown["fpr"]) >= 0).all()
    assert (np.diff(shown["tpr"]) >= 0).all()
    for x, y in list(zip(shown["fpr"], shown["tpr"], strict=True))[1:]:
        below, above = curve.tpr[curve.fpr <= x].max(), curve.tpr[curve.fpr >= x].min()
        assert min(below, above) - 1e-12 <= y <= max(below, above) + 1e-12


@pytest.mark.slow
def test_auc_interval_holds_the_truth_as_often_as_it_says():
    """d' = 1 between normal scores: the true AUC is Φ(1/√2)."""
    truth = 0.5 * (1 + math.erf(0.5))
    g, hits, rounds = generator(1), 0, 600
    for _ in range(rounds):
        auc = roc(torch.randn(60, generator=g) + 1, torch.randn(40, generator=g)).auc
        low, high = auc_interval(auc, 60, 40)
        hits += low <= truth <= high
    assert 0.92 <= hits / rounds <= 0.98


def test_a_rate_that_the_nonmembers_cannot_resolve_has_no_figure():
    g = generator()
    members = torch.randn(500, generator=g) + 2
    for n, known in ((99, []), (100, ["0.01"]), (999, ["0.01"]), (1000, ["0.001", "0.01"])):
        report = roc_report(members, torch.randn(n, generator=g), (0.001, 0.01), 50)
        assert [k for k, v in report["tpr_at_fpr"].items() if v is not None] == known
        missing = {f"tpr_at_fpr {k}" for k in ("0.001", "0.01") if k not in known}
        assert set(report.get("reason", {})) == missing
        if n == 99:
            assert "99 non-members" in report["reason"]["tpr_at_fpr 0.01"]
            assert "wants 100" in report["reason"]["tpr_at_fpr 0.01"]


def test_what_cannot_be_ranked_has_no_roc():
    good = torch.arange(30.0)
    assert "fewer than 20" in roc_report(good, good[:10], (0.1,), 20)["reason"]["auc"]
    assert roc_report(good * 0, good * 0, (0.1,), 20)["auc"] is None
