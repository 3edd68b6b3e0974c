"""The finer instruments as stored against the same from the weights."""

from __future__ import annotations

import numpy as np
import pytest
from formulas import (
    affine,
    auc,
    cka,
    energy,
    js,
    kl,
    length,
    line_apart,
    loss,
    percent_right,
    scaled_confidence,
    softmax,
    spread,
)
from whose import PARTS, Known, shipped

CASES = [("shipped", name) for name in ("original", "retrain", "rl", "opc")] + [("fresh", "rl")]
FEW = pytest.mark.parametrize(
    ("known", "model"), CASES, indirect=["known"], ids=["-".join(case) for case in CASES]
)


@pytest.mark.parametrize("model", ["original", "retrain", "rl", "opc"])
@pytest.mark.parametrize("reference", ["original", "retrained"])
def test_similarity(known: Known, model: str, reference: str) -> None:
    told = known.told[known.key(model)]["similarity"][reference]
    other = {"original": "original", "retrained": "retrain"}[reference]
    for part in PARTS:
        ours, theirs = known.part(model, part), known.part(other, part)
        found, p, q = told["predictions"][part], softmax(ours.logits), softmax(theirs.logits)
        same = 100 * float((p.argmax(1) == q.argmax(1)).mean())
        assert found["agreement"] == pytest.approx(same), part
        assert found["js"] == pytest.approx(js(p, q), rel=1e-3, abs=1e-6), part
        assert found["kl"] == pytest.approx(kl(q, p), rel=1e-3, abs=1e-6), part
    sides = {"forget": ("forget_train",), "retain": ("retain_train",), "mixed": PARTS[:2]}
    for name, parts in sides.items():
        ours = np.concatenate([known.part(model, part).features for part in parts])
        theirs = np.concatenate([known.part(other, part).features for part in parts])
        assert told["cka"][name]["cka"] == pytest.approx(cka(ours, theirs), rel=5e-3), name


def test_similarity_of_a_second_seed(fresh: Known) -> None:
    told = fresh.told[fresh.key("rl", 1)]["similarity"]
    for reference, other in (("original", "original"), ("retrained", "retrain")):
        p = softmax(fresh.part("rl", "retain_test", 1).logits)
        q = softmax(fresh.part(other, "retain_test", 1).logits)
        assert told[reference]["predictions"]["retain_test"]["kl"] == pytest.approx(
            kl(q, p), rel=1e-3
        )


@FEW
def test_blocks(known: Known, model: str) -> None:
    told = known.told[known.key(model)]["blocks"]
    ours, originals = known.blocks(model), known.blocks("original")
    assert [block["name"] for block in told] == list(ours)
    forget, retain = known.rows["forget_train"], known.rows["retain_train"]
    labels = known.seen(model).labels[forget]
    logits = known.seen("original").logits
    for block in told:
        f, o = ours[block["name"]], originals[block["name"]]
        ratio = spread(f[forget]) / spread(f[retain])
        assert block["collapse"]["radius_ratio"] == pytest.approx(ratio, rel=1e-3)
        ratio = length(f[forget]) / length(f[retain])
        assert block["collapse"]["norm_ratio"] == pytest.approx(ratio, rel=1e-3)
        for name, rows in (("forget", forget), ("retain", retain)):
            alike = block["cka_original"][name]["cka"]
            assert alike == pytest.approx(cka(f[rows], o[rows]), rel=5e-3)
        for fit, rows in (("all", np.concatenate([retain, forget])), ("retain", retain)):
            w, b = affine(f[rows], logits[rows], 1.0)
            right = percent_right(f[forget] @ w + b, labels)
            for attack in ("fm", "hr"):
                sweep = block["recovery"][attack][fit]["sweep"]
                found = sweep["forget_accuracy"][sweep["ridge"].index(1.0)]
                assert found == pytest.approx(right, abs=101 / len(forget)), (attack, fit)
    last = told[-1]
    apart = line_apart(ours[last["name"]][forget], ours[last["name"]][retain])
    assert last["separability"]["linear"] == pytest.approx(apart, abs=5e-3)
    tests = len(known.part(model, "forget_test").labels) + len(known.rows["retain_test"])
    assert {block["probes"]["samples"] for block in told} == {tests}


@FEW
def test_membership(known: Known, model: str) -> None:
    told = known.told[known.key(model)]["membership"]
    train, unseen = known.part(model, "forget_train"), known.part(model, "forget_test")
    kept, kept_unseen = known.part(model, "retain_train"), known.part(model, "retain_test")
    found = told["thresholds"]
    assert (found["members"], found["nonmembers"]) == (len(train.labels), len(unseen.labels))
    by_loss = auc(-loss(train.logits, train.labels), -loss(unseen.logits, unseen.labels))
    assert found["loss"]["auc"] == pytest.approx(by_loss, abs=2e-3)
    for part, seen in (("forget_train", train), ("forget_test", unseen)):
        outliers = told["outliers"][part]
        far = auc(energy(seen.logits), energy(kept_unseen.logits))
        assert outliers["energy"] == pytest.approx(far, abs=2e-3)
        norms = [-np.linalg.norm(s.features, axis=1) for s in (seen, kept_unseen)]
        assert outliers["feature_norm"] == pytest.approx(auc(*norms), abs=2e-3)
    apart = told["separability"]
    pairs = {
        ("features", "unseen"): (train.features, unseen.features),
        ("logits", "unseen"): (train.logits, unseen.logits),
        ("logits", "retain"): (train.logits, kept.logits),
    }
    for (what, side), pair in pairs.items():
        assert apart[what][side]["linear"] == pytest.approx(line_apart(*pair), abs=0.02)
    right = [percent_right(seen.logits, seen.labels) for seen in (kept, kept_unseen)]
    judged = told["svc"]["correctness"]  # it judges by one bit: is the answer right?
    if judged["efficacy"] is not None and right[0] > right[1]:
        assert judged["efficacy"] == pytest.approx(100 - percent_right(train.logits, train.labels))


@FEW
def test_relearning(known: Known, model: str) -> None:
    """Curves begin where the model stands, and are measured against the original."""
    told = known.told[known.key(model)]["relearning"]
    original = known.part("original", "forget_train")
    best = percent_right(original.logits, original.labels)
    assert told["original_accuracy"] == pytest.approx(best)
    retain, unseen = known.part(model, "retain_test"), known.part(model, "forget_test")
    forget = known.part(model, "forget_train")
    for name, curve in told["variants"].items():
        before = curve["retain_test"]["before"]
        assert before == pytest.approx(percent_right(retain.logits, retain.labels)), name
        start = curve["forget_test"]["accuracy"][0]
        assert start == pytest.approx(percent_right(unseen.logits, unseen.labels)), name
        scored = curve["forget_train"]["samples"]
        limit = known.settings["relearning"]["scored"]
        assert scored == min(limit, len(forget.labels) - curve["given"]), name
        if not curve["given"] and scored == len(forget.labels):
            start = curve["forget_train"]["accuracy"][0]
            assert start == pytest.approx(percent_right(forget.logits, forget.labels)), name
        for part in ("forget_train", "forget_test"):
            steps, values = curve["steps"], curve[part]["accuracy"]
            area = np.trapezoid(values, steps) / (steps[-1] * best)
            assert curve[part]["area"] == pytest.approx(area), name
    shots = known.settings["relearning"]["shots"]
    kinds = len(np.unique(forget.labels))
    given = {f"shots_{n}": n * kinds for n in shots} | {"retain": 0, "other": 0}
    assert {name: curve["given"] for name, curve in told["variants"].items()} == given


def likelihood(known: Known, model: str, seeds: dict[str, list[int]]) -> tuple[np.ndarray, float]:
    """Λ of every forget sample and the mean AUC over left-out retrained models, by the formula."""

    def confidence(method: str, seed: int) -> np.ndarray:
        seen = known.part(method, "forget_train", seed)
        return scaled_confidence(seen.logits, seen.labels)

    inside = np.stack([confidence("original", seed) for seed in seeds["inside"]])
    outside = np.stack([confidence("retrain", seed) for seed in seeds["outside"]])
    target = confidence(model, 0)

    def ratio(t: np.ndarray, ins: np.ndarray, outs: np.ndarray) -> np.ndarray:
        """Log density inside minus outside, one pooled deviation a side."""
        value = 0
        for models, sign in ((ins, 1), (outs, -1)):
            deviation = np.sqrt(models.var(0, ddof=1).mean())
            z = (t - models.mean(0)) / deviation
            value = value + sign * (-(z**2) / 2 - np.log(deviation))
        return value

    folds = []
    for left_out in range(len(outside)):
        rest = np.delete(outside, left_out, 0)
        folds.append(auc(ratio(target, inside, rest), ratio(outside[left_out], inside, rest)))
    return ratio(target, inside, outside), float(np.mean(folds))


@pytest.fixture(scope="module")
def random_digits() -> Known:
    return shipped("digits-random")


@pytest.mark.parametrize("model", ["original", "retrain", "rl", "opc"])
def test_likelihood_ratios_of_forgotten_samples(random_digits: Known, model: str) -> None:
    check_likelihood(random_digits, model, 5)


@pytest.mark.parametrize("model", ["original", "rl", "opc"])
def test_likelihood_ratios(fresh: Known, model: str) -> None:
    check_likelihood(fresh, model, 3)


def check_likelihood(known: Known, model: str, count: int) -> None:
    told = known.told[known.key(model)]["reference"]
    everyone = list(range(count))
    wanted = {
        "inside": [s for s in everyone if s],
        "outside": [s for s in everyone if model != "retrain" or s],
    }
    assert told["seeds"] == wanted  # a model is not its own reference, nor its original
    scores, mean = likelihood(known, model, wanted)
    kept = known.arrays(known.key(model), "reference", "reference.npz")["scores"]
    np.testing.assert_allclose(kept, scores, rtol=2e-3, atol=2e-3)
    if known.result.study.forget.forgets == "classes":
        assert told["auc"] is None
        assert "whole classes" in told["reason"]["auc"]
    else:
        assert told["auc"] == pytest.approx(mean, abs=2e-3)
