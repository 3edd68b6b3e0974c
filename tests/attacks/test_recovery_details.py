"""What recovery reports beside its headline: labels, linear maps, confusion, flips, sizes."""

import json

import numpy as np
import pytest
import torch
from json_form import as_json
from recovery_studies import fit_affine, oracle, study
from sklearn.metrics import confusion_matrix

from opcviz.attacks.recovery import Recovery, recover, scoring
from opcviz.attacks.recovery.least_squares import StreamedLeastSquares
from opcviz.common.statistics import rate_interval
from opcviz.results import ATTACKS, FIT_SETS

recover = as_json(recover)

UNSIZED = Recovery(sizes=())


def blurred(noise=12.0, sizes=(60,) * 5, forget=(1, 3), **options):
    """A study whose recovery is neither 0 nor 100."""
    original, unlearned, head, split = study(
        list(sizes), list(forget), collapse=False, seed=2, **options
    )
    g = torch.Generator().manual_seed(9)
    for side in (unlearned.train, unlearned.test):
        side.features = side.features + noise * torch.randn(side.features.shape, generator=g)
    return original, unlearned, head, split


def fitted(views, split, name):
    """Features and labels of a fit set, put together by hand."""
    parts = [(getattr(views, p[7:]), getattr(split, p)) for p in FIT_SETS[name].parts]
    return (torch.cat([getattr(v, what)[at] for v, at in parts]) for what in ("features", "labels"))


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 30.0])
def test_linear_and_affine_maps_are_numpys(intercept, ridge):
    g = torch.Generator().manual_seed(0)
    features = torch.randn(80, 12, generator=g) + 3
    targets = torch.randn(80, 4, generator=g) - 1
    fit = fit_affine(features, targets, ridge, intercept=intercept)
    weight, bias = oracle(features, targets, ridge, intercept)
    np.testing.assert_allclose(fit.weight.numpy(), weight, atol=1e-9)
    np.testing.assert_allclose(fit.bias.numpy(), bias, atol=1e-9)
    assert intercept or not fit.bias.any()


def test_linear_maps_of_few_and_dead_features():
    g = torch.Generator().manual_seed(0)
    features = torch.randn(6, 12, generator=g) + 3
    features[:, ::4] = 0
    targets = torch.randn(6, 4, generator=g)
    weights, biases, rank = (
        StreamedLeastSquares(12, 4).add(features, targets).solve_many([0.0], intercept=False)
    )
    weight, _ = oracle(features, targets, intercept=False)
    np.testing.assert_allclose(weights[0].numpy(), weight, atol=1e-8)
    assert rank == 6
    assert not biases.any()


def test_hr_on_labels_is_least_squares_on_one_hot_labels():
    original, unlearned, head, split = blurred()
    result = recover(original, unlearned, head, split, UNSIZED)
    forget = split.forget_train
    labels = unlearned.train.labels[forget].numpy()
    differs = False
    for name in FIT_SETS:
        f, y = fitted(unlearned, split, name)
        weight, bias = oracle(f, torch.nn.functional.one_hot(y, 5))
        answers = (unlearned.train.features[forget].double().numpy() @ weight + bias).argmax(1)
        entry = result["hr_labels"][name]
        assert entry["forget_accuracy"] == pytest.approx(100 * (answers == labels).mean())
        differs |= entry["forget_accuracy"] != result["hr"][name]["forget_accuracy"]
    assert differs, "the two attackers should not be the same on noisy features"

    alone = recover(original, unlearned, head, split, UNSIZED.replace(hr_targets="labels"))
    assert alone["hr"] == alone["hr_labels"] == result["hr_labels"]


def test_linear_feature_mapping_keeps_the_heads_bias():
    original, unlearned, head, split = blurred()
    head = (head[0], torch.tensor([3.0, 0.0, -2.0, 1.0, 0.0]))
    original.train.logits = original.train.features @ head[0].T + head[1]
    original.test.logits = original.test.features @ head[0].T + head[1]
    config = UNSIZED.replace(intercept=False, ridge=0.05)
    result = recover(original, unlearned, head, split, config)
    rows = torch.cat([split.retain_train, split.forget_train])
    f = unlearned.train.features[rows]
    x = unlearned.train.features[split.forget_train].double().numpy()
    labels = unlearned.train.labels[split.forget_train].numpy()
    mapping, _ = oracle(f, original.train.features[rows], 0.05, intercept=False, relative=True)
    fm = (x @ mapping @ head[0].double().numpy().T + head[1].double().numpy()).argmax(1)
    recovered, _ = oracle(f, original.train.logits[rows], 0.05, intercept=False, relative=True)
    hr = (x @ recovered).argmax(1)
    assert (fm != hr).any()
    for attack, answers in (("fm", fm), ("hr", hr)):
        wanted = 100 * (answers == labels).mean()
        assert result[attack]["all"]["forget_accuracy"] == pytest.approx(wanted)


def test_confusion_and_flips_are_what_the_answers_say():
    original, unlearned, head, split = blurred()
    result = recover(original, unlearned, head, split)
    json.dumps(result, allow_nan=False)
    forget = split.forget_train
    labels = unlearned.train.labels[forget]
    stands = unlearned.train.logits[forget].argmax(1)
    rows = torch.cat([split.retain_train, forget])
    weight, bias = oracle(unlearned.train.features[rows], original.train.logits[rows])
    answers = (unlearned.train.features[forget].double().numpy() @ weight + bias).argmax(1)
    for entry, given in ((result["before"], stands), (result["hr"]["all"], answers)):
        matrix = confusion_matrix(labels, given, labels=range(5))
        listed = np.zeros((5, 5), int)
        for label, row in entry["confusion"].items():
            for answer, count in row.items():
                listed[int(label), int(answer)] = count
        assert (listed == matrix).all()
    flips = result["hr"]["all"]["flips"]
    right, was = answers == labels.numpy(), (stands == labels).numpy()
    assert flips["positions"] == np.flatnonzero(right & ~was).tolist()
    assert flips["recovered"] == len(flips["positions"]) > 0
    assert flips["lost"] == (was & ~right).sum()
    assert "flips" not in result["hr"]["retain"]


def test_too_many_flips_are_counted(monkeypatch):
    monkeypatch.setattr(scoring, "MAX_LISTED_FLIPS", 2)
    labels = torch.tensor([0, 0, 0, 1])
    flips = scoring.flips(torch.tensor([1, 1, 1, 1]), torch.tensor([0, 0, 0, 0]), labels)
    found = flips.to_dict()
    assert found["recovered"] == 3
    assert found["lost"] == 1
    assert found["positions"] is None
    assert "counted" in found["reason"]


def test_intervals_belong_to_the_accuracies_shown():
    original, unlearned, head, split = blurred()
    result = recover(original, unlearned, head, split, UNSIZED)
    count = len(split.forget_train)
    entries = [result["before"], *(result[a][n] for a in ATTACKS for n in FIT_SETS)]
    for entry in entries:
        hits = round(entry["forget_accuracy"] * count / 100)
        low, high = rate_interval(hits, count)
        assert entry["interval"] == {"low": low, "high": high, "method": "wilson"}
    assert (result["level"], result["resamples"]) == (95, 0)


def test_size_sweep_is_the_attack_on_the_drawn_samples():
    original, unlearned, head, split = blurred(sizes=(90,) * 5)
    config = Recovery(ridge=1.0, ridges=(0.0, 100.0), sizes=(20, 10, 30, 31), draws=2)
    found = recover(original, unlearned, head, split, config, seed=3)["sizes"]
    assert found["per_class"] == [10, 20, 30]
    assert found["samples"] == [50, 100, 150]
    assert found["reason"] == "the smallest class has 30 held-out samples: larger sizes left out"
    assert found["scored"] == len(split.forget_train)
    # with all 30 samples a class each draw is the whole held-out set
    whole = recover(original, unlearned, head, split, config.replace(sizes=()))
    assert whole["sizes"] is None
    for attack in ATTACKS:
        entry = whole[attack]["heldout"]
        curve = found[attack]
        for key in ("forget_accuracy", "low", "high"):
            assert curve[key][-1] == pytest.approx(entry["forget_accuracy"])
        assert curve["best"][-1] == pytest.approx(max(entry["sweep"]["forget_accuracy"]))
        assert curve["best_ridge"][-1] in config.ridges
        for low, mean, high in zip(
            curve["low"], curve["forget_accuracy"], curve["high"], strict=True
        ):
            assert low <= mean <= high
    again = recover(original, unlearned, head, split, config, seed=3)["sizes"]
    assert again == found
    assert recover(original, unlearned, head, split, config, seed=4)["sizes"] != found


def test_small_draws_equal_a_fit_by_hand():
    """One draw of ten a class, redrawn with the documented generator and solved by numpy."""
    original, unlearned, head, split = blurred(sizes=(90,) * 5)
    config = Recovery(ridge=5.0, sizes=(10,), draws=1)
    curve = recover(original, unlearned, head, split, config)["sizes"]["hr"]
    rows = torch.cat([split.retain_test, split.forget_test])
    labels = unlearned.test.labels[rows]
    generator, chosen = torch.Generator().manual_seed(0), []
    for label in range(5):
        own = rows[labels == label]
        chosen.append(own[torch.randperm(len(own), generator=generator)][:10])
    chosen = torch.cat(chosen)
    weight, bias = oracle(
        unlearned.test.features[chosen], original.test.logits[chosen], 5.0, relative=True
    )
    x = unlearned.train.features[split.forget_train].double().numpy()
    right = (x @ weight + bias).argmax(1) == unlearned.train.labels[split.forget_train].numpy()
    assert curve["forget_accuracy"] == [pytest.approx(100 * right.mean())]


def test_more_calibration_samples_recover_more():
    result = recover(*blurred(noise=6.0, sizes=(600,) * 5), Recovery(ridge=1.0, sizes=(4, 150)))
    few, many = result["sizes"]["hr"]["forget_accuracy"]
    assert few < many


def test_what_is_missing_has_a_reason():
    original, unlearned, head, split = blurred()
    split.forget_test = split.retain_test = torch.empty(0, dtype=torch.int64)
    result = recover(original, unlearned, head, split)
    assert result["sizes"] == {"reason": "there are no such samples"}
    unlearned.train.logits[split.forget_train[0]] = torch.nan
    flips = recover(original, unlearned, head, split)["fm"]["all"]["flips"]
    assert flips["positions"] is None
    assert "diverged" in flips["reason"]
    headless = recover(original, unlearned, None, split, UNSIZED)
    assert headless["fm"]["all"]["forget_accuracy"] is None
    assert headless["hr_labels"]["all"]["forget_accuracy"] is not None


def test_a_relative_solution_equals_the_absolute_one_and_weights_count_as_repetitions():
    g = torch.Generator().manual_seed(3)
    f, t = torch.randn(40, 6, generator=g) * torch.tensor([1, 5, 1e-3, 1, 2, 0]), torch.randn(40, 2)
    known = StreamedLeastSquares(6, 2).add(f, t)
    for intercept in (True, False):
        centred = f.double() - intercept * f.double().mean(0)
        scale = known.scale(intercept=intercept)
        assert scale == pytest.approx((centred.T @ centred).trace().item() / 6)
        one = known.solve_relative(1e-3, intercept=intercept)
        other = known.solve(1e-3 * scale, intercept=intercept)
        for a, b in zip(one, other, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)
    often = torch.arange(40) % 3 + 1
    repeated = StreamedLeastSquares(6, 2).add(*(x.repeat_interleave(often, 0) for x in (f, t)))
    weighted = StreamedLeastSquares(6, 2).add(f, t, often)
    assert weighted.count == repeated.count == often.sum()
    for a, b in zip(weighted.solve(0.3), repeated.solve(0.3), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)
    still = StreamedLeastSquares(6, 2).add(torch.ones(40, 6), t)
    torch.testing.assert_close(still.solve_relative(1.0)(f[:1]), t.double().mean(0)[None])
    with pytest.raises(ValueError, match="ridge above 0"):
        known.solve_relative(0.0)
