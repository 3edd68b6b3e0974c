"""Scores, ROC curves and the SVC attack against plain formulas and scikit-learn; bad input."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.svm import SVC

from opcviz.attacks.membership import (
    MEMBER_SCORES,
    SVC_SCORES,
    Membership,
    ThresholdThreat,
    membership,
    threshold_attacks,
)
from opcviz.attacks.membership_roc import auc_interval, drawn, roc, roc_report
from opcviz.attacks.membership_scores import log_odds, member_scores, scaled_confidence
from opcviz.attacks.membership_svc import ShadowThreat, svc_attack
from opcviz.config import ConfigError
from opcviz.progress import Cancelled, Progress


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def logits_of(n, sure=0.0, classes=5, seed=0, labels=None):
    """Random logits that raise the true class by `sure`."""
    g = generator(seed)
    y = torch.arange(n) % classes if labels is None else labels
    z = torch.randn(n, classes, generator=g)
    return z + sure * torch.nn.functional.one_hot(y, classes), y


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


def test_auc_interval_holds_the_truth_as_often_as_it_says():
    """d' = 1 between normal scores: the true AUC is Φ(1/√2)."""
    truth = 0.5 * (1 + math.erf(0.5))
    g, hits, rounds = generator(1), 0, 600
    for _ in range(rounds):
        auc = roc(torch.randn(60, generator=g) + 1, torch.randn(40, generator=g)).auc
        low, high = auc_interval(auc, 60, 40)
        hits += low <= truth <= high
    assert 0.92 <= hits / rounds <= 0.98


def test_auc_interval_does_not_vanish_at_the_ends_and_mirrors():
    low, high = auc_interval(1.0, 50, 50)
    assert high == pytest.approx(1.0)
    assert 0.8 < low < 0.98
    mirrored = auc_interval(0.3, 30, 80)
    assert mirrored == pytest.approx([1 - v for v in reversed(auc_interval(0.7, 30, 80))])
    half = auc_interval(0.5, 30, 80)[1] - 0.5  # V(½) is the rank test's null variance
    assert half == pytest.approx(1.96 * math.sqrt(111 / (12 * 30 * 80)), rel=0.05)


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


def test_roc_refuses_what_it_cannot_rank():
    good = torch.arange(30.0)
    for bad in (torch.empty(0), torch.tensor([1.0, float("nan")]), torch.ones(3, 2)):
        with pytest.raises(ValueError, match="non-members"):
            roc(good, bad)
    assert "fewer than 20" in roc_report(good, good[:10], (0.1,), 20)["reason"]["auc"]
    assert roc_report(good * 0, good * 0, (0.1,), 20)["auc"] is None


# ---- SalUn's SVCs ------------------------------------------------------------------------------


def plain_salun(retained, unseen, suspects):
    """The authors' protocol in float64 softmax, with Song & Mittal's modified entropy."""

    def inputs(z, y):
        p = z.double().softmax(1).numpy()
        rows, y = np.arange(len(p)), y.numpy()
        own = p[rows, y]
        mentr = -(1 - own) * np.log(own)
        for k in range(p.shape[1]):
            mentr -= np.where(y == k, 0, p[:, k] * np.log(1 - p[:, k]))
        return {
            "correctness": (p.argmax(1) == y).astype(int),
            "confidence": own,
            "entropy": -(p * np.log(p)).sum(1),
            "modified_entropy": mentr,
            "probability": p,
        }

    a, b, c = inputs(*retained), inputs(*unseen), inputs(*suspects)
    out = {}
    for name in a:
        x = np.concatenate([a[name], b[name]]).reshape(len(retained[1]) + len(unseen[1]), -1)
        machine = SVC(C=3, gamma="auto", kernel="rbf")
        machine.fit(x, np.r_[np.ones(len(retained[1])), np.zeros(len(unseen[1]))])
        out[name] = 100 * (1 - machine.predict(c[name].reshape(len(suspects[1]), -1)).mean())
    return out


@pytest.mark.parametrize("sure", [0.5, 1.5, 3.0])
def test_svc_attack_is_salun_s(sure):
    retained, unseen = logits_of(150, 3.0, seed=1), logits_of(150, 1.0, seed=2)
    suspects = logits_of(90, sure, seed=3)
    got = svc_attack(ShadowThreat(retained, unseen, suspects))
    expected = plain_salun(retained, unseen, suspects)
    assert got["shadow"] == 150
    assert {name: got[name]["efficacy"] for name in SVC_SCORES} == pytest.approx(expected)


def test_svc_attack_places_suspects_between_its_two_baselines():
    retained, unseen = logits_of(400, 6.0, seed=1), logits_of(400, 0.0, seed=2)
    as_members = svc_attack(ShadowThreat(retained, unseen, logits_of(300, 6.0, seed=3)))
    as_unseen = svc_attack(ShadowThreat(retained, unseen, logits_of(300, 0.0, seed=4)))
    for name in ("confidence", "modified_entropy", "probability"):
        entry = as_members[name]
        assert entry["accuracy"] == pytest.approx((100 - entry["retained"] + entry["unseen"]) / 2)
        assert entry["accuracy"] > 90
        assert entry["efficacy"] == pytest.approx(entry["retained"], abs=8)
        assert as_unseen[name]["efficacy"] == pytest.approx(entry["unseen"], abs=8)


def test_svc_attack_draws_both_sides_alike_and_by_seed():
    sides = ShadowThreat(logits_of(900, 2.0, seed=1), logits_of(300, 1.0, seed=2), logits_of(50))
    assert svc_attack(sides)["shadow"] == 300
    runs = [svc_attack(sides, limit=100, seed=s) for s in (0, 0, 1)]
    assert runs[0]["shadow"] == 100
    assert runs[0] == runs[1] != runs[2]


def test_a_machine_without_differences_to_learn_says_so():
    retained, unseen = logits_of(60, 30.0, seed=1), logits_of(60, 25.0, seed=2)
    got = svc_attack(ShadowThreat(retained, unseen, logits_of(40)))
    assert got["correctness"]["efficacy"] is None
    assert "same score" in got["correctness"]["reason"]
    assert got["confidence"]["efficacy"] is not None


# ---- the whole attack --------------------------------------------------------------------------


def study(sure=(4.0, 1.0), forgotten=(0, 1), sizes=(1000, 400), forget_sure=None, samples=False):
    """Views and split of a model with the given certainty on train and test data."""
    g = generator(7)
    sides, index = {}, {}
    for side, n, lift in zip(("train", "test"), sizes, sure, strict=True):
        y = torch.arange(n) % 10
        gone = torch.isin(y, torch.tensor(forgotten))
        if samples:
            gone = (torch.arange(n) < n // 5) & (side == "train")
        lifts = torch.full((n,), float(lift))
        if forget_sure is not None:
            lifts[gone] = forget_sure
        z = torch.randn(n, 10, generator=g) + lifts[:, None] * torch.nn.functional.one_hot(y, 10)
        sides[side] = SimpleNamespace(features=z, logits=z, labels=y)
        index[f"forget_{side}"] = gone.nonzero().flatten()
        index[f"retain_{side}"] = (~gone).nonzero().flatten()
    return SimpleNamespace(**sides), SimpleNamespace(
        **index, classes=() if samples else tuple(forgotten)
    )


def figures(result):
    svc = {name: result["svc"][name]["efficacy"] for name in SVC_SCORES}
    return svc | {f"thr {name}": result["thresholds"][name]["auc"] for name in MEMBER_SCORES}


def test_classes_are_judged_against_their_own_test_data_and_samples_against_the_test_set():
    views, split = study()
    got = membership(views, split)
    assert got["thresholds"]["against"] == "forget_test"
    assert (got["thresholds"]["members"], got["thresholds"]["nonmembers"]) == (200, 80)
    assert got["svc"]["shadow"] == 320
    views, split = study(samples=True)
    got = membership(views, split)
    assert got["thresholds"]["against"] == "retain_test"
    assert got["thresholds"]["nonmembers"] == got["svc"]["shadow"] == 400


def test_thresholds_are_scikit_learns_and_see_an_overfit_model():
    views, split = study(samples=True)
    got = membership(views, split)["thresholds"]
    for name, scores in (
        ("train", member_scores(views.train.logits, views.train.labels)),
        ("test", member_scores(views.test.logits, views.test.labels)),
    ):
        setattr(views, name, scores)
    for name in MEMBER_SCORES:
        a, b = views.train[name][split.forget_train], views.test[name][split.retain_test]
        truth = np.repeat([1, 0], [len(a), len(b)])
        assert got[name]["auc"] == pytest.approx(roc_auc_score(truth, torch.cat([a, b]).numpy()))
        assert got[name]["auc_interval"][0] > 0.6
        assert 0 < got[name]["tpr_at_fpr"]["0.01"] <= 1
        assert got[name]["tpr_at_fpr"]["0.001"] is None


def test_a_model_that_treats_forget_data_as_unseen_gives_chance():
    views, split = study(forget_sure=1.0)
    for name in MEMBER_SCORES:
        low, high = membership(views, split)["thresholds"][name]["auc_interval"]
        assert low <= 0.5 <= high


def test_the_answer_is_json_and_the_same_each_time():
    views, split = study()
    first, second = membership(views, split, seed=3), membership(views, split, seed=3)
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)
    assert None not in figures(first).values()


def test_members_of_other_classes_than_the_nonmembers_are_noted():
    threat = ThresholdThreat(logits_of(100), logits_of(100, labels=torch.zeros(100).long()))
    assert "total variation 0.80" in threshold_attacks(threat)["note"]
    assert "note" not in threshold_attacks(ThresholdThreat(logits_of(100), logits_of(95)))


def all_none(views, split, match):
    got = membership(views, split)
    assert set(figures(got).values()) == {None}
    for name in MEMBER_SCORES:
        assert match in got["thresholds"][name]["reason"]["auc"]
    for name in SVC_SCORES:
        assert got["svc"][name]["reason"]
    json.dumps(got, allow_nan=False)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("side", ["train", "test"])
def test_a_diverged_model_has_no_figures(bad, side):
    views, split = study()
    getattr(views, side).logits[3, 4] = bad
    all_none(views, split, "diverged")


def test_ten_samples_one_class_and_constant_answers_have_no_figures():
    all_none(*study(sizes=(10, 10)), "fewer than 20")
    views, split = study()
    for side in (views.train, views.test):
        side.logits = torch.linspace(0, 1, 10).expand(len(side.labels), 10)
    all_none(views, split, "alike")
    for side in (views.train, views.test):
        side.logits, side.labels = side.logits[:, :1], side.labels * 0
    all_none(views, split, "one class")
    views, split = study(forgotten=tuple(range(10)))  # nothing retained, though enough forgotten
    got = membership(views, split)
    assert {got["svc"][name]["efficacy"] for name in SVC_SCORES} == {None}
    assert got["thresholds"]["loss"]["auc"] is not None


def test_mismatched_input_is_named():
    views, split = study()
    labels = views.test.labels
    views.test.labels = labels[:-1]
    with pytest.raises(ValueError, match=r"\(N, C\) logits with \(N,\) labels"):
        membership(views, split)
    views.test.labels = labels
    views.test.logits = views.test.logits[:, :8]
    with pytest.raises(ValueError, match=r"differ in classes: \[8, 10\]"):
        membership(views, split)
    views, split = study()
    split.forget_train = torch.tensor([5000])
    with pytest.raises(ValueError, match="forget_train holds ids beyond"):
        membership(views, split)
    views, split = study()
    views.train.labels = views.train.labels + 1
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.9"):
        membership(views, split)
    with pytest.raises(ConfigError, match=r"Membership\.rates"):
        Membership(rates=(0.0,))


def test_cancelling_stops_it():
    class Stop(Progress):
        def check(self):
            raise Cancelled

    with pytest.raises(Cancelled):
        membership(*study(), progress=Stop())
