"""Worst-case recovery against scikit-learn, and what its attackers may and may not see."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from forward_passes import counted
from ladder_studies import digits, study, view
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from opcviz.attacks.strongest import (
    Lesson,
    Sight,
    Strongest,
    climb,
    fit_map,
    observe_together,
    observe_views,
    strongest,
)
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.common.statistics import wilson
from opcviz.results import PIXELS, StrongestResult
from opcviz.tasks.classification import ModelOutputs, observe, observe_blocks

ALL = ("affine", "rbf", "mlp")
PLAIN = Strongest(maps=("affine",))


def halves(thin: int = 1):
    """Train and test digits as arrays; of classes 5 to 9 only one in `thin` is there to learn."""
    x, y = (part.numpy() for part in digits())
    learn = np.arange(len(y)) < 900
    kept = learn & ((y < 5) | (np.arange(len(y)) % thin == 0))
    return x[kept], y[kept], x[~learn], y[~learn]


def answers(name: str, x, y, asked, **settings) -> np.ndarray:
    lesson = Lesson.of_labels(torch.from_numpy(y), 10)
    fitted = fit_map(name, torch.from_numpy(x), lesson, Strongest(**settings))
    return fitted(torch.from_numpy(asked)).numpy()


# ---- maps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("ridge", [1e-8, 1e-3, 1.0])
def test_the_affine_map_is_scikit_learns_ridge_with_balanced_classes(ridge, intercept):
    x, y, asked, _ = halves(thin=6)
    scaler = StandardScaler().fit(x)
    kept = scaler.scale_ != 1  # the corners of the digits are always empty
    z, q = scaler.transform(x)[:, kept], scaler.transform(asked)[:, kept]
    w = (len(y) / (10 * np.bincount(y)))[y]
    centre = np.average(z, axis=0, weights=w) if intercept else 0
    alpha = ridge * (w[:, None] * (z - centre) ** 2).sum() / z.shape[1]
    theirs = Ridge(alpha=alpha, fit_intercept=intercept, solver="svd")
    theirs.fit(z, np.eye(10)[y], sample_weight=w)
    ours = answers("affine", x, y, asked, ridge=ridge, intercept=intercept)
    np.testing.assert_allclose(ours, theirs.predict(q), atol=1e-4)
    if intercept:
        named = RidgeClassifier(alpha=alpha, class_weight="balanced").fit(z, y)
        assert (ours.argmax(1) == named.predict(q)).mean() > 0.995


def test_the_kernel_machine_solves_its_equations_and_answers_as_a_support_vector_machine():
    x, y, asked, truth = halves(thin=6)
    scaler = StandardScaler().fit(x)
    kept = scaler.scale_ != 1
    z, q = scaler.transform(x)[:, kept], scaler.transform(asked)[:, kept]
    w = (len(y) / (10 * np.bincount(y)))[y]

    def kernel(a, b):
        apart = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
        return np.exp(-apart / kept.sum())

    mean = (w[:, None] * np.eye(10)[y]).mean(0)
    dual = np.linalg.solve(kernel(z, z) + np.diag(1e-3 / w), np.eye(10)[y] - mean)
    ours = answers("rbf", x, y, asked)
    np.testing.assert_allclose(ours, mean + kernel(q, z) @ dual, atol=1e-3)
    svc = SVC(C=100, class_weight="balanced").fit(z, y).predict(q)
    rates = [100 * (found == truth).mean() for found in (ours.argmax(1), svc)]
    assert rates[0] == pytest.approx(rates[1], abs=3)
    assert rates[0] > 85


@pytest.mark.slow
def test_landmarks_stand_in_for_all_samples():
    x, y, asked, truth = halves()
    exact = answers("rbf", x, y, asked)
    every = answers("rbf", x, y, asked, exact=100, landmarks=len(y))
    assert (every.argmax(1) == exact.argmax(1)).mean() > 0.985  # the intercept is fitted otherwise
    assert np.median(np.abs(every - exact)) < 0.005
    some = answers("rbf", x, y, asked, exact=100, landmarks=300)
    rates = [100 * (found.argmax(1) == truth).mean() for found in (exact, some)]
    assert rates[1] == pytest.approx(rates[0], abs=2)
    assert np.median(np.abs(some - exact)) > 0.005


@pytest.mark.slow
def test_the_mlp_answers_as_scikit_learns_and_the_same_each_time():
    x, y, asked, truth = halves()
    z, q = (StandardScaler().fit(x).transform(part) for part in (x, asked))
    theirs = MLPClassifier((64,), learning_rate_init=0.01, batch_size=128, max_iter=20)
    with pytest.warns(UserWarning, match="Stochastic Optimizer"):
        theirs.fit(z, y)
    ours = answers("mlp", x, y, asked)
    rates = [100 * (found == truth).mean() for found in (ours.argmax(1), theirs.predict(q))]
    assert rates[0] == pytest.approx(rates[1], abs=3)
    np.testing.assert_array_equal(ours, answers("mlp", x, y, asked))


@pytest.mark.slow
def test_scarce_classes_weigh_as_much_as_others():
    """Two overlapping clouds, one forty times as large: the line between is in the middle."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(2050, 1, generator=g)
    y = (torch.arange(2050) >= 2000).long()
    x[y == 1] += 2
    for name in ALL:
        fitted = fit_map(name, x, Lesson.of_labels(y, 2), Strongest(epochs=60))
        asked = torch.linspace(-3, 5, 801)[:, None]
        edge = asked[fitted(asked).argmax(1) == 1].min().item()
        assert edge == pytest.approx(1, abs=0.35), name


def test_a_map_of_features_that_do_not_vary_answers_the_commonest_class():
    lesson = Lesson.of_labels(torch.tensor([0, 1, 1]), 3)
    for name in ALL:
        for features in (torch.ones(3, 4), torch.full((3, 4), 3e4) + 1e-3 * torch.rand(3, 4)):
            fitted = fit_map(name, features, lesson, Strongest())
            assert fitted(torch.randn(5, 4)).argmax(1).tolist() == [1] * 5


@pytest.mark.slow
def test_a_map_that_imitates_the_original_lets_its_head_answer():
    """Features of the original are an affine map of what is seen: both regressions find it."""
    x, _, asked, _ = (torch.from_numpy(part) for part in halves())
    g = torch.Generator().manual_seed(1)
    turn, weight, bias = (torch.randn(*s, generator=g) for s in ((64, 5), (3, 5), (3,)))
    wanted = (asked @ turn) @ weight.T + bias
    for name, within in (("affine", 0.02), ("rbf", 0.2), ("mlp", 0.3)):
        config = Strongest(ridge=1e-9, kernel_ridge=1e-6, epochs=80)
        fitted = fit_map(name, x, Lesson.of_original(x @ turn, (weight, bias)), config)
        error = (fitted(asked) - wanted).norm() / (wanted - wanted.mean(0)).norm()
        assert error < within, name


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_the_unit_of_the_features_changes_no_recovered_figure(factor):
    train, test, known = study()
    g = torch.Generator().manual_seed(0)
    train, test = (part + 5 * torch.randn(part.shape, generator=g) for part in (train, test))
    seen = set()
    for ridge in (1e-7, 1e-4, 1e-1, 10.0):
        config = Strongest(ridge=ridge, kernel_ridge=ridge, maps=ALL if ridge == 1e-4 else ALL[:2])
        one = climb([view(train, test)], known, config)
        other = climb([view(factor * train, factor * test)], known, config)
        for a, b in zip(one.rungs, other.rungs, strict=True):
            assert b.attempt.recovered == pytest.approx(a.attempt.recovered, abs=0.5), a.attempt
            seen.add(round(a.attempt.recovered))
    assert len(seen) > 6, "figures that never differ would prove nothing"


# ---- threat models ------------------------------------------------------------------------------


def by_holds(result: StrongestResult, holds: str):
    return {r.attempt.attacker: r for r in result.rungs if r.attempt.holds == holds}


@pytest.mark.slow
def test_who_never_held_a_forgotten_picture_does_not_depend_on_any():
    train, test, known = study()
    before = climb([view(train, test)], known)
    spoiled = train.clone()
    spoiled[known.split.forget_train] = 0
    after = climb([view(spoiled, test)], known)
    assert by_holds(after, "retain") == by_holds(before, "retain")
    for name in ALL:
        assert by_holds(before, "all")[name].attempt.recovered > 90
        assert by_holds(after, "all")[name].attempt.recovered < 60
    assert {r.attempt.given for r in by_holds(before, "retain").values()} == {0}
    labels = known.original.train.labels[known.split.forget_train]
    assert by_holds(before, "all")["rbf"].attempt.given == labels.bincount()[:2].min()


def test_scores_are_those_of_the_forget_test_pictures():
    """The whole rung computed by hand from the map alone."""
    train, test, known = study()
    split, labels = known.split, known.original.test.labels
    (rung,) = by_holds(climb([view(train, test)], known, PLAIN), "all").values()
    fitted = fit_map("affine", train, Lesson.of_labels(known.original.train.labels, 10), PLAIN)
    right = fitted(test).argmax(1) == labels
    forget, retain = right[split.forget_test], right[split.retain_test]
    truth = labels[split.forget_test]
    recall = {str(c): 100 * forget[truth == c].double().mean().item() for c in (0, 1)}
    assert rung.attempt.recovered == pytest.approx(100 * forget.double().mean().item())
    assert rung.recall == pytest.approx(recall)
    assert rung.balanced_accuracy == pytest.approx(sum(recall.values()) / 2)
    assert rung.retain_accuracy == pytest.approx(100 * retain.double().mean().item())
    assert rung.attempt.scored == len(split.forget_test)
    assert (rung.low, rung.high) == wilson(rung.attempt.recovered, len(forget))
    assert rung.attempt.constant == pytest.approx(100 * truth.bincount().max() / len(truth))


@pytest.mark.slow
def test_forgotten_samples_are_answered_by_maps_that_never_saw_them():
    """Labels that say nothing about features wide enough to learn any by heart."""
    _, _, known = study("samples")
    g = torch.Generator().manual_seed(0)
    train, test = (torch.randn(700, 400, generator=g) for _ in range(2))
    known.original.train.labels[:] = torch.arange(700) % 10
    result = climb([view(train, test)], known, Strongest(ridge=1e-9, kernel_ridge=1e-9))
    assert result.scored_on == "cross-fitted"
    for rung in result.rungs:
        assert rung.attempt.scored == 50
        assert rung.attempt.recovered < 35, rung.attempt
    (fit,) = {r.fitted for r in result.rungs if r.attempt.holds == "retain"}
    assert fit == 650
    assert all(650 < r.fitted < 690 for r in result.rungs if r.attempt.holds == "all")


def test_what_cannot_be_attacked_says_why():
    train, test, known = study()
    diverged = climb([view(train * torch.nan, test)], known)
    assert "diverged" in diverged.rungs.reason
    assert diverged.attempts() == ()
    assert diverged.worst() is None
    none = torch.empty(0, dtype=torch.int64)
    everything = torch.arange(700)
    for split, why in (
        (dataclasses.replace(known.split, forget_train=none, forget_test=none), "forget set"),
        (dataclasses.replace(known.split, retain_train=none, forget_train=everything), "retained"),
    ):
        other = dataclasses.replace(known, split=split)
        assert why in climb([view(train, test)], other).rungs.reason
    with pytest.raises(ConfigError, match=r"Strongest\.maps: \['mlp'\] leave no attacker"):
        Strongest(maps=("mlp",), quick=True)


@pytest.mark.slow
def test_the_floor_is_no_attack_on_the_model():
    train, test, known = study()
    noise = [torch.randn(700, 8, generator=torch.Generator().manual_seed(i)) for i in (1, 2)]
    asked = [view(train, test, PIXELS), view(*noise), view(train[:, :10], test[:, :10], "logits")]
    result = climb(asked, known)
    assert result.places() == (PIXELS, "features", "logits")
    assert PIXELS not in {attempt.place for attempt in result.attempts()}
    assert result.attempts()[0] == result.answers
    assert result.floor("all").attempt.recovered > 95
    worst = max(r.attempt.recovered for r in result.rungs if r.attempt.place != PIXELS)
    assert result.worst().attempt.recovered == worst
    assert result.worst("all", "features").attempt.place == "features"
    rows = known.split.forget_test
    right = test[rows, :10].argmax(1) == known.original.test.labels[rows]
    assert result.answers.recovered == pytest.approx(100 * right.double().mean().item())
    assert StrongestResult.from_dict(result.to_dict(), strict=True) == result


# ---- views --------------------------------------------------------------------------------------


def test_the_views_of_a_model_are_what_its_blocks_compute(tiny_original, tiny_images):
    tiny_original.train()
    found = {(v.place, v.view): v for v in observe_views(tiny_original, tiny_images)}
    assert tiny_original.training, "the model was left in another mode"
    names = tiny_original.block_names
    assert list(found)[:1] == [(PIXELS, "whole")]
    assert list(found)[-2:] == [("features", "pooled"), ("logits", "whole")]
    assert {place for place, _ in found} == {PIXELS, *names, "features", "logits"}
    assert (names[-1], "pooled") not in found, "the head sees it: it comes as the features"
    assert (names[-1], "unpooled") in found
    pictures = tiny_images.x_train.float().flatten(1) / 255
    torch.testing.assert_close(found[PIXELS, "whole"].train, pictures)
    blocks = observe_blocks(tiny_original, tiny_images.x_test, tiny_images.y_test)
    for name in names[:-1]:
        torch.testing.assert_close(found[name, "pooled"].test, blocks[name].features)
        unpooled = found[name, "unpooled"]
        assert unpooled.width == unpooled.train.shape[1] > blocks[name].features.shape[1]
    torch.testing.assert_close(found["features", "pooled"].test, blocks[names[-1]].features)
    torch.testing.assert_close(found["logits", "whole"].test, blocks[names[-1]].logits)


def test_wide_outputs_are_projected_the_same_way_for_every_model(tiny_original, tiny_images):
    whole = {(v.place, v.view): v for v in observe_views(tiny_original, tiny_images)}
    wide = whole["stage1", "unpooled"]
    narrow = {(v.place, v.view): v for v in observe_views(tiny_original, tiny_images, width=200)}
    seen = narrow["stage1", "unpooled"]
    assert (seen.width, seen.train.shape[1]) == (wide.width, 200)
    again = {(v.place, v.view): v for v in observe_views(tiny_original, tiny_images, width=200)}
    torch.testing.assert_close(again["stage1", "unpooled"].train, seen.train)
    # lengths survive a random projection within some percent; components of a projection would not
    ratio = torch.cdist(seen.train, seen.train) / torch.cdist(wide.train, wide.train)
    apart = ratio[~torch.eye(len(ratio), dtype=torch.bool)]
    assert apart.mean().item() == pytest.approx(1, abs=0.1)
    assert apart.std().item() < 0.15


def of_place(views):
    return {(found.place, found.view): found for found in views}


def test_one_pass_shows_what_several_ask_for(tiny_original, tiny_images, monkeypatch):
    forwards = counted(monkeypatch)
    wide, narrow = Sight(), Sight(20, blocks="last", pixels=False)
    seen = observe_together(tiny_original, tiny_images, [wide, narrow, wide], blocks=True)
    samples = len(tiny_images.x_train) + len(tiny_images.x_test)
    assert forwards() == samples + 2, "two samples are looked at for the shapes"
    outputs = observe(tiny_original, tiny_images.x_test, tiny_images.y_test)
    torch.testing.assert_close(seen.outputs.test.features, outputs.features)
    torch.testing.assert_close(seen.outputs.test.logits, outputs.logits)
    blocks = observe_blocks(tiny_original, tiny_images.x_train, tiny_images.y_train)
    assert list(seen.blocks) == list(blocks)
    for name, block in blocks.items():
        torch.testing.assert_close(seen.blocks[name].train.features, block.features)
    alone = of_place(observe_views(tiny_original, tiny_images, width=20, blocks="last"))
    last = tiny_original.block_names[-1]
    assert set(of_place(seen.views[narrow])) == set(alone) - {(PIXELS, "whole")}
    assert {place for place, _ in alone} == {PIXELS, last, "features", "logits"}
    for key, found in of_place(seen.views[narrow]).items():
        assert found.train.shape[1] <= 20
        torch.testing.assert_close(found.train, alone[key].train)
    assert len(seen.views[wide]) == len(list(observe_views(tiny_original, tiny_images)))


def test_large_views_lie_in_files_and_wide_ones_are_projected_in_turns(
    tiny_original, tiny_images, monkeypatch
):
    forwards = counted(monkeypatch)
    at_once = of_place(observe_views(tiny_original, tiny_images, width=20))
    samples = forwards() - 2
    monkeypatch.setattr("opcviz.attacks.strongest.views.HELD", 1)
    monkeypatch.setattr("opcviz.attacks.strongest.views.DRAWN", 1)
    mapped, memmap = [], np.memmap
    monkeypatch.setattr(np, "memmap", lambda *a, **k: mapped.append(a) or memmap(*a, **k))
    in_turns = of_place(observe_views(tiny_original, tiny_images, width=20))
    assert list(in_turns) == list(at_once)
    drawn = sum(found.width > 20 for found in at_once.values())
    assert forwards() == drawn * samples + 2, "a pass for every projection"
    for key, found in in_turns.items():
        torch.testing.assert_close(found.test, at_once[key].test)
    assert len(mapped) == 2 * (len(at_once) - 2), "all but features and logits"


@pytest.mark.slow
def test_a_model_is_attacked_at_every_view_by_every_map(
    tiny_original, tiny_images, tiny_split, one_thread
):
    outputs = ModelOutputs(
        observe(tiny_original, tiny_images.x_train, tiny_images.y_train),
        observe(tiny_original, tiny_images.x_test, tiny_images.y_test),
    )
    head = (tiny_original.head.weight.detach(), tiny_original.head.bias.detach())

    def attack(**settings):
        config = Strongest(**settings)
        return strongest(tiny_original, tiny_images, tiny_split, outputs, head, config)

    result = attack()
    views = list(observe_views(tiny_original, tiny_images))
    assert len(result.rungs) == len(views) * 2 * 3
    keys = [rung.attempt.key for rung in result.rungs]
    assert len(set(keys)) == len(keys)
    own = by_holds(StrongestResult.from_dict(result.to_dict()), "retain")
    assert own["affine"].attempt.place == "logits"  # the last of each map
    imitated = result.worst("retain", "features").attempt
    assert imitated.recovered >= result.answers.recovered > imitated.constant
    quick = attack(quick=True)
    assert {r.attempt.attacker for r in quick.rungs} == {"affine", "rbf"}
    assert quick.places() == (PIXELS, tiny_original.block_names[-1], "features", "logits")
    stop = Progress(stop=lambda: True)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with pytest.raises(Cancelled):
            strongest(tiny_original, tiny_images, tiny_split, outputs, head, progress=stop)
    assert attack() == result, "side by side they find what they find one after the other"


def test_the_order_in_which_landmarks_are_whitened_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(400, 30, generator=generator)
    lesson = Lesson.of_labels(z[:, :4].argmax(1), 4)
    asked = torch.randn(50, 30, generator=generator)
    scores = []
    for condition in (0.0, 1.0):  # the kernel counts as well conditioned, and as badly
        monkeypatch.setattr("opcviz.attacks.strongest.maps.CONDITION", condition)
        fitted = fit_map("rbf", z, lesson, Strongest(exact=100, landmarks=80))
        scores.append(fitted(asked))
    assert not torch.equal(*scores)
    assert torch.allclose(*scores, rtol=0, atol=1e-9)
