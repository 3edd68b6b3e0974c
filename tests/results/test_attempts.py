"""The two records that every attack's results come down to."""

from dataclasses import replace

import pytest
from scipy.stats import binomtest

from opcviz.results import HOLDS, Attempt, Sign

RBF = Attempt("rbf", "stage2", "unpooled", "all", 99, 42.0, 150, 33.3)


def test_an_attempt_survives_json():
    assert Attempt.from_dict(RBF.to_dict(), strict=True) == RBF
    sign = Sign("linear", "logits", 0.93, 0.9, 0.95)
    assert Sign.from_dict(sign.to_dict(), strict=True) == sign


def test_its_interval_is_wilsons():
    low, high = binomtest(63, 150).proportion_ci(method="wilson")
    assert RBF.interval == pytest.approx((100 * low, 100 * high))


def test_the_same_attack_on_two_models_has_one_key():
    other = Attempt("rbf", "stage2", "unpooled", "all", 99, 7.0, 150, 33.3, "gamma 1")
    assert other.key == RBF.key
    assert Attempt("rbf", "stage2", "pooled", "all", 99, 7.0, 150, 33.3).key != RBF.key


@pytest.mark.parametrize(("field", "value"), [("view", "sideways"), ("holds", "everything")])
def test_unknown_words_are_refused(field, value):
    given = {**RBF.to_dict(), field: value}
    with pytest.raises(ValueError, match=value):
        Attempt(**given)


def test_words():
    assert RBF.words == "rbf on stage2, unpooled"
    again = Attempt("relearning", "last 2", "whole", "shots", 10, 96.0, 150, 33.3)
    assert again.words == "relearning with the last 2 blocks anew, from 10 pictures of each class"
    once = replace(again, place="last 0", given=1)
    assert once.words == "relearning, from 1 picture of each class"
    assert Attempt("affine", "stem", "pooled", "retain", 0, 1.0, 150, 33.3).words.endswith("alone")
    assert set(HOLDS) == {"nothing", "retain", "all", "shots", "other"}
