"""Evidence as stored against the same from the weights: every number is that of its own model."""

from __future__ import annotations

import numpy as np
import pytest
from formulas import (
    affine,
    balanced,
    effective_rank,
    length,
    line_apart,
    percent_right,
    softmax,
    spread,
)
from whose import PARTS, Known

MODELS = ("original", "retrain", "rl", "opc")
FITS = {
    "all": ("retain_train", "forget_train"),
    "retain": ("retain_train",),
    "heldout": ("retain_test", "forget_test"),
    "heldout_retain": ("retain_test",),
    "forget": ("forget_train",),
}
models = pytest.mark.parametrize("model", MODELS)


@models
def test_accuracy(known: Known, model: str) -> None:
    told = known.told[known.key(model)]["accuracy"]
    for part in PARTS:
        seen = known.part(model, part)
        assert told[part] == pytest.approx(percent_right(seen.logits, seen.labels)), part
    for side in ("train", "test"):
        seen = known.seen(model, side)
        right = seen.logits.argmax(1) == seen.labels
        recalls = [100 * right[seen.labels == c].mean() for c in np.unique(seen.labels)]
        assert list(told["per_class"][side].values()) == pytest.approx(recalls)


@models
def test_collapse(known: Known, model: str) -> None:
    told = known.told[known.key(model)]["collapse"]
    forget = known.part(model, "forget_train").features
    retain = known.part(model, "retain_train").features
    assert told["norm_ratio"] == pytest.approx(length(forget) / length(retain), rel=1e-3)
    assert told["radius_ratio"] == pytest.approx(spread(forget) / spread(retain), rel=1e-3)
    assert told["radius_forget"] == pytest.approx(spread(forget), rel=1e-3)
    assert told["norm_retain"] == pytest.approx(length(retain), rel=1e-3)
    assert told["effective_rank"] == pytest.approx(effective_rank(forget), rel=1e-3)


@models
def test_separability(known: Known, model: str) -> None:
    told = known.told[known.key(model)]["separability"]
    forget = known.part(model, "forget_train").features
    retain = known.part(model, "retain_train").features
    assert told["linear"] == pytest.approx(line_apart(forget, retain), abs=5e-3)
    assert told["samples"] == [len(forget), len(retain)]


@models
@pytest.mark.parametrize("fit", FITS)
def test_recovery(known: Known, model: str, fit: str) -> None:
    """FM and both HRs by their normal equations, at a ridge that leaves no doubt on rank."""
    told = known.told[known.key(model)]["recovery"]
    ours = [known.part(model, part) for part in FITS[fit]]
    theirs = [known.part("original", part) for part in FITS[fit]]
    inputs = np.concatenate([seen.features for seen in ours])
    features = np.concatenate([seen.features for seen in theirs])
    logits = np.concatenate([seen.logits for seen in theirs])
    labels = np.concatenate([seen.labels for seen in theirs])
    weight, bias = known.head("original")
    forget = known.part(model, "forget_train")
    sample = 100 / len(forget.labels)
    one_hot = np.eye(logits.shape[1])[labels]
    aims = {"fm": features @ weight.T + bias, "hr": logits, "hr_labels": one_hot}
    for attack, aim in aims.items():
        entry = told[attack][fit]
        assert entry["samples"] == len(inputs)
        w, b = affine(inputs, aim, 1.0)
        answers = (forget.features @ w + b).argmax(1)
        at = entry["sweep"]["ridge"].index(1.0)
        right = 100 * float((answers == forget.labels).mean())
        sweep = entry["sweep"]
        assert sweep["forget_accuracy"][at] == pytest.approx(right, abs=1.01 * sample), attack
        even = balanced(answers, forget.labels)
        assert sweep["balanced_accuracy"][at] == pytest.approx(even, abs=3.01 * sample), attack


@models
@pytest.mark.parametrize("fit", ["all", "heldout"])
def test_recovery_as_reported(known: Known, model: str, fit: str) -> None:
    """Without a ridge, on fit sets of more samples than features."""
    told = known.told[known.key(model)]["recovery"]
    inputs = np.concatenate([known.part(model, part).features for part in FITS[fit]])
    logits = np.concatenate([known.part("original", part).logits for part in FITS[fit]])
    forget, retain = known.part(model, "forget_train"), known.part(model, "retain_train")
    w, b = affine(inputs, logits, 0.0)
    answers, kept = (forget.features @ w + b).argmax(1), (retain.features @ w + b).argmax(1)
    right = 100 * float((answers == forget.labels).mean())
    few = 100 * 2.01 / len(forget.labels)
    for attack in ("fm", "hr"):
        entry = told[attack][fit]
        assert entry["forget_accuracy"] == pytest.approx(right, abs=few)
        assert entry["interval"]["low"] <= entry["forget_accuracy"] <= entry["interval"]["high"]
        assert entry["balanced_accuracy"] == pytest.approx(
            balanced(answers, forget.labels), abs=3 * few
        )
        kept_right = 100 * float((kept == retain.labels).mean())
        assert entry["retain_accuracy"] == pytest.approx(kept_right, abs=1)


@models
def test_before_recovery(known: Known, model: str) -> None:
    told = known.told[known.key(model)]["recovery"]
    seen = known.part(model, "forget_train")
    answers = seen.logits.argmax(1)
    assert told["before"]["forget_accuracy"] == pytest.approx(
        percent_right(seen.logits, seen.labels)
    )
    assert told["before"]["balanced_accuracy"] == pytest.approx(balanced(answers, seen.labels))
    most = 100 * np.bincount(seen.labels).max() / len(seen.labels)
    assert told["constant_predictor"] == pytest.approx(most)
    counts = {
        str(label): {
            str(answer): int(((seen.labels == label) & (answers == answer)).sum())
            for answer in np.unique(answers[seen.labels == label])
        }
        for label in np.unique(seen.labels)
    }
    assert told["before"]["confusion"] == counts


@models
def test_entropy_by_sample(known: Known, model: str) -> None:
    """All forget samples, then all retained ones: both studies are small enough."""
    kept = known.arrays(known.key(model), "evidence", "entropy.npz")
    parts = [known.part(model, part) for part in ("forget_train", "retain_train")]
    logits = np.concatenate([seen.logits for seen in parts])
    p = softmax(logits)
    entropy = -(p * np.log(p.clip(1e-300))).sum(1)
    norm = np.linalg.norm(logits - logits.mean(1, keepdims=True), axis=1)
    np.testing.assert_allclose(kept["norm"], norm, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(kept["entropy"], entropy, rtol=2e-3, atol=1e-4)
    assert kept["forget"].tolist() == [True] * len(parts[0].labels) + [False] * len(parts[1].labels)


def test_a_second_seed_has_its_own_references(fresh: Known) -> None:
    """FM of seed 1 maps to the original of seed 1."""
    told = fresh.told[fresh.key("rl", 1)]
    rows = ("retain_train", "forget_train")
    inputs = np.concatenate([fresh.part("rl", part, 1).features for part in rows])
    forget = fresh.part("rl", "forget_train", 1)
    right = {}
    for seed in (0, 1):
        aim = np.concatenate([fresh.part("original", part, seed).logits for part in rows])
        w, b = affine(inputs, aim, 1.0)
        right[seed] = percent_right(forget.features @ w + b, forget.labels)
    sweep = told["recovery"]["fm"]["all"]["sweep"]
    assert sweep["forget_accuracy"][sweep["ridge"].index(1.0)] == pytest.approx(right[1], abs=1e-6)
    assert told["accuracy"]["forget_train"] == percent_right(forget.logits, forget.labels)
