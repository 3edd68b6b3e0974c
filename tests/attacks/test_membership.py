"""The SVC and threshold attacks against SalUn's code and scikit-learn; bad input."""

import json

import numpy as np
import pytest
import torch
from json_form import as_json
from loose import LooseObservation, LooseOutputs, LooseSplit
from membership_logits import generator, logits_of
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from opcviz.attacks.membership import (
    MEMBER_SCORES,
    SVC_SCORES,
    Membership,
    ThresholdThreat,
    membership,
    threshold_attacks,
)
from opcviz.attacks.membership.scores import member_scores
from opcviz.attacks.membership.svc import ShadowThreat, svc_attack
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress

membership = as_json(membership)
threshold_attacks = as_json(threshold_attacks)
svc_attack = as_json(svc_attack)

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
    """Outputs and split of a model with the given certainty on train and test data."""
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
        sides[side] = LooseObservation(z, z, y)
        index[f"forget_{side}"] = gone.nonzero().flatten()
        index[f"retain_{side}"] = (~gone).nonzero().flatten()
    return LooseOutputs(**sides), LooseSplit(**index, classes=() if samples else tuple(forgotten))


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


@pytest.mark.slow
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


def test_bad_input_is_named():
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
