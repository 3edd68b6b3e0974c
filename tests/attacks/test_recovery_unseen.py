"""Recovery's headline: scored on forgotten samples that the map was fitted without."""

import numpy as np
import pytest
import torch
from json_form import as_json
from recovery_studies import oracle
from test_recovery_details import UNSIZED, blurred

from opcviz.attacks.recovery import recover
from opcviz.common.parts import side_of
from opcviz.common.statistics import rate_interval
from opcviz.results import FIT_SETS, RecoveryResult

recover = as_json(recover)


@pytest.mark.parametrize("name", FIT_SETS)
def test_the_headline_is_scored_on_samples_that_the_map_was_fitted_without(name):
    """Against numpy's map on the forget test set, or on the train set where the fit holds that."""
    original, unlearned, head, split = blurred(noise=6.0)
    result = recover(original, unlearned, head, split, UNSIZED)
    side = "train" if "forget_test" in FIT_SETS[name].parts else "test"
    seen, rows = getattr(unlearned, side), getattr(split, f"forget_{side}")
    f, z = (
        torch.cat([getattr(v.side(side_of(p)), what)[split.part(p)] for p in FIT_SETS[name].parts])
        for v, what in ((unlearned, "features"), (original, "logits"))
    )
    weight, bias = oracle(f, z)
    labels = seen.labels[rows].numpy()
    right = (seen.features[rows].double().numpy() @ weight + bias).argmax(1) == labels
    found = result["fm"][name]["unseen"]
    assert found["scored_on"] == f"forget_{side}"
    assert found["forget_accuracy"] == pytest.approx(100 * right.mean())
    low, high = rate_interval(int(right.sum()), len(rows))
    assert (found["interval"]["low"], found["interval"]["high"]) == (low, high)
    assert found["constant_predictor"] == pytest.approx(100 * np.bincount(labels).max() / len(rows))
    held = [p for p in FIT_SETS[name].parts if p.startswith("forget")]
    assert bool(found["given"]) == bool(held)


def test_forgotten_samples_are_cross_fitted():
    """Labels by lot are learnt by heart in-sample; on what was left out they stay a guess."""
    original, unlearned, head, split = blurred(sizes=(30,) * 5)
    g = torch.Generator().manual_seed(0)
    order = torch.randperm(150, generator=g)
    split.forget_train, split.retain_train = order[:60].sort().values, order[60:].sort().values
    split.forget_test, split.retain_test = split.retain_train[:0], torch.arange(50)
    split.classes = ()
    for side in (unlearned.train, unlearned.test):
        side.features = torch.randn(len(side), 149, generator=g)
    result = recover(original, unlearned, head, split, UNSIZED)
    for attack in ("fm", "hr_labels"):
        for name in ("all", "forget"):
            entry = result[attack][name]
            assert entry["forget_accuracy"] == 100
            assert entry["unseen"]["scored_on"] == "cross-fitted"
            assert entry["unseen"]["forget_accuracy"] < 45
            assert entry["unseen"]["scored"] == 60
        assert result[attack]["retain"]["unseen"]["scored_on"] == "forget_train"
        assert result[attack]["retain"]["unseen"]["given"] == 0
    split.forget_train = order[:3]
    few = recover(original, unlearned, head, split, UNSIZED)["fm"]["all"]["unseen"]
    assert few == {"reason": "3 forgotten samples are too few for 5 parts"}


def test_what_fm_and_hr_got_are_attempts_at_their_place():
    original, unlearned, head, split = blurred()
    result = RecoveryResult.from_dict(recover(original, unlearned, head, split, UNSIZED))
    attempts = {(a.attacker, a.holds): a for a in result.attempts("stage2")}
    assert set(attempts) == {(x, y) for x in ("fm", "hr_labels") for y in ("all", "retain")}
    for (attack, fit), attempt in attempts.items():
        unseen = result.attack(attack)[fit].unseen
        assert attempt.recovered == unseen.forget_accuracy
        assert (attempt.scored, attempt.constant) == (unseen.scored, unseen.constant_predictor)
        assert (attempt.place, attempt.view) == ("stage2", "pooled")
    labels = unlearned.train.labels[split.forget_train]
    assert attempts["fm", "all"].given == labels.bincount()[labels.unique()].min()
    assert attempts["fm", "retain"].given == 0
