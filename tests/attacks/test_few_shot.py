"""Few-shot recovery against scikit-learn and a plain loop, and what its attacker may not see."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from ladder_studies import study, view
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from opcviz.attacks.few_shot import FewShot, Whitened, attack, few_shot, maps
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.common.records import Undefined
from opcviz.data import Split
from opcviz.results import PIXELS, Attempt, FewShotResult, FewShotRung

RULES = ("nearest", "cosine")
FEW = FewShot(shots=(1, 5), draws=6)


def labels(known) -> tuple[torch.Tensor, torch.Tensor]:
    return known.original.train.labels, known.original.test.labels


def attacked(config: FewShot = FEW, change=lambda x: x, places=("features",)) -> FewShotResult:
    train, test, known = study()
    views = [view(change(train), change(test), place) for place in places]
    return few_shot(views, labels(known), known.split, config)


def figures(found: FewShotResult) -> dict[tuple[str, int], float]:
    return {(r.attempt.attacker, r.attempt.given): r.attempt.recovered for r in found.rungs}


# ---- the space and the rules --------------------------------------------------------------------


def retained() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Retained train pictures, their labels, and test pictures of all classes."""
    train, test, known = study()
    rows = known.split.retain_train
    return train[rows], known.original.train.labels[rows], test


def test_the_space_is_that_of_scikit_learns_discriminant_analysis() -> None:
    x, y, asked = retained()
    space = Whitened.by(x, y)
    z = ((x[:, space.kept].double() - space.mean) / space.deviation).numpy()
    assert (~space.kept).sum() == (x.std(0) == 0).sum() > 0  # corners that are always empty
    known = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0, store_covariance=True)
    known.fit(z, y.numpy())
    assert np.abs(known.covariance_.diagonal() - 1).max() < 1e-9
    size = np.trace(known.covariance_) / z.shape[1]
    centred = z - known.means_[np.searchsorted(known.classes_, y.numpy())]
    wanted = ledoit_wolf_shrinkage(centred / np.sqrt(size), assume_centered=True)
    assert space.shrinkage == pytest.approx(wanted, rel=1e-9)
    shrunk = (1 - wanted) * known.covariance_ + wanted * size * np.eye(z.shape[1])
    np.testing.assert_allclose((space.root @ space.root.T).numpy(), shrunk, atol=1e-9)
    assert space.noise == pytest.approx(np.linalg.solve(shrunk, known.covariance_).trace())
    # with equal priors and exact means its answers are those of the shrunk analysis
    theirs = LinearDiscriminantAnalysis(
        solver="lsqr", shrinkage=wanted, priors=np.full(8, 1 / 8)
    ).fit(z, y.numpy())
    q = ((asked[:, space.kept].double() - space.mean) / space.deviation).numpy()
    theirs.covariance_ = shrunk
    theirs.coef_ = np.linalg.solve(shrunk, theirs.means_.T).T
    theirs.intercept_ = -0.5 * (theirs.means_ * theirs.coef_).sum(1)
    exact = dataclasses.replace(space, sizes=torch.full((8,), 10**12))
    nobody = space.means.new_full((1, 1, space.means.shape[1]), 1e6)
    told = exact.answers("nearest", space(asked), nobody, 10**12)[0].numpy()
    assert (theirs.classes_[told] == theirs.predict(q)).all()


@pytest.mark.parametrize("shots", [1, 7])
@pytest.mark.parametrize("rule", RULES)
def test_answers_are_those_of_a_plain_loop(rule: str, shots: int) -> None:
    x, y, asked = retained()
    space = Whitened.by(x, y)
    seen = space(asked[:40])
    given = torch.randn(3, 2, seen.shape[1], generator=torch.Generator().manual_seed(0)).double()
    given = given * 3 + seen[:2]
    told = space.answers(rule, seen, given, shots)
    centre = space.means.mean(0)
    for d in range(3):
        means = [*space.means, *given[d]]
        sizes = [*space.sizes.tolist(), shots, shots]
        for n, z in enumerate(seen):
            if rule == "cosine":
                scores = [torch.cosine_similarity(z - centre, m - centre, dim=0) for m in means]
            else:
                normal = [
                    torch.distributions.Normal(m, (1 + 1 / size) ** 0.5)
                    for m, size in zip(means, sizes, strict=True)
                ]
                width = len(z)
                scores = [  # of each direction ν/d counts: what is left of it after shrinking
                    -((z - m).square().sum() / (1 + 1 / size)) / 2
                    + space.noise / width * one.log_prob(m).sum()
                    for m, size, one in zip(means, sizes, normal, strict=True)
                ]
            assert told[d, n] == int(torch.stack(scores).argmax())
    assert len(told.unique()) > 5


def test_a_mean_of_one_picture_loses_nothing_by_its_noise() -> None:
    """By plain distance a class with a noisy mean would lose nearly all of its pictures."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 100, generator=generator) + 2
    y = torch.arange(4000) % 4
    x += torch.nn.functional.one_hot(y, 100) * 8
    space = Whitened.by(x, y)
    fifth = torch.nn.functional.one_hot(torch.tensor(5), 100) * 8 + 2
    seen = space(torch.randn(300, 100, generator=generator) + fifth)
    one = space(torch.randn(20, 100, generator=generator) + fifth)[:, None]
    right = (space.answers("nearest", seen, one, 1) == 4).double().mean()
    plain = (space.answers("nearest", seen, one, 10**12) == 4).double().mean()
    assert right > 0.95
    assert plain < right - 0.2


# ---- what the attack finds ----------------------------------------------------------------------


def test_every_figure_is_that_of_a_plain_loop_over_draws() -> None:
    train, test, known = study()
    (y, truth), split = labels(known), known.split
    found = attacked()
    space = Whitened.by(train[split.retain_train], y[split.retain_train])
    classes = [*range(2, 10), 0, 1]
    for rung in found.rungs:
        got = rung.attempt
        drawn = attack._drawn(y, split.forget_train, torch.tensor([0, 1]), got.given, FEW)
        assert drawn.shape == (6, 2, got.given)
        assert (y[drawn] == torch.tensor([0, 1])[:, None]).all()
        assert all(len(each.unique()) == got.given for each in drawn.flatten(0, 1))
        rule = {"few_shot": "nearest", "few_shot_cosine": "cosine"}[got.attacker]
        shares, kept = [], []
        for draw in drawn:
            means = torch.stack([space(train[rows]).mean(0) for rows in draw])[None]
            for rows, into in ((split.forget_test, shares), (split.retain_test, kept)):
                told = space.answers(rule, space(test[rows]), means, got.given)[0]
                right = sum(classes[a] == t for a, t in zip(told, truth[rows], strict=True))
                into.append(100 * float(right) / len(rows))
        assert got.recovered == pytest.approx(np.mean(shares))
        assert rung.deviation == pytest.approx(np.std(shares))
        assert (rung.least, rung.most) == pytest.approx((min(shares), max(shares)))
        assert rung.retain_accuracy == pytest.approx(np.mean(kept))
        assert got.scored == len(split.forget_test)  # not so many times as there are draws
        assert (got.holds, got.place, got.view) == ("shots", "features", "pooled")
    counts = truth[split.forget_test].bincount()
    assert found.rungs[0].attempt.constant == pytest.approx(100 * int(counts.max()) / counts.sum())


@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_the_unit_of_the_features_changes_nothing(factor: float) -> None:
    assert figures(attacked(change=lambda x: x * factor)) == figures(attacked())


def test_nor_does_the_unit_of_any_one_of_them() -> None:
    by = torch.logspace(-3, 3, 64)
    assert figures(attacked(change=lambda x: x * by + 5 * by)) == figures(attacked())


def test_classes_that_lie_apart_are_found_from_one_picture() -> None:
    _, _, known = study()
    y = labels(known)
    eye = 9 * torch.eye(10)
    noise = torch.Generator().manual_seed(0)
    train, test = (eye[each] + torch.randn(len(each), 10, generator=noise) / 3 for each in y)
    found = few_shot([view(train, test)], y, known.split, FEW)
    assert set(figures(found).values()) == {100.0}
    assert not any(rung.attempt.one_answer for rung in found.rungs)


def test_noise_is_answered_by_chance_and_a_point_with_one_answer() -> None:
    _, _, known = study()
    y = labels(known)
    noise = torch.Generator().manual_seed(0)
    random = [torch.randn(len(each), 10, generator=noise) for each in y]
    few = few_shot([view(*random)], y, known.split, FewShot(draws=200))
    assert max(figures(few).values()) < 25
    for rung in few.rungs:
        assert rung.deviation > 0
    point = [
        torch.where((each < 2)[:, None], 0.0, 9 + x) for each, x in zip(y, random, strict=True)
    ]
    found = few_shot([view(*point)], y, known.split, FewShot(draws=9, shots=(1,)))
    assert all(rung.attempt.one_answer for rung in found.rungs)
    same = [torch.ones(len(each), 4) for each in y]
    dead = few_shot([view(*same)], y, known.split, FEW)
    assert set(figures(dead).values()) == {0.0}
    assert "nothing varies there" in dead.rungs[0].attempt.settings


def test_he_never_sees_more_than_he_was_given() -> None:
    """Other forgotten train pictures could be anything, and so could the test labels."""
    train, test, known = study()
    (y, truth), split = labels(known), known.split
    config = FewShot(shots=(3,), draws=2)
    drawn = attack._drawn(y, split.forget_train, torch.tensor([0, 1]), 3, config).flatten()
    others = split.forget_train[~torch.isin(split.forget_train, drawn)]
    changed = train.clone()
    changed[others] = torch.randn(len(others), 64, generator=torch.Generator().manual_seed(1))
    before = few_shot([view(train, test)], (y, truth), split, config)
    assert few_shot([view(changed, test)], (y, truth), split, config) == before


def test_two_models_face_the_same_pictures() -> None:
    train, test, known = study()
    once = few_shot([view(train, test)], labels(known), known.split, FEW)
    views = [view(train.flip(1), test.flip(1)), view(train, test)]
    twice = few_shot(views, labels(known), known.split, FEW)
    assert twice.rungs[len(once.rungs) :] == once.rungs


def test_draws_cost_one_whitening_a_view(monkeypatch: pytest.MonkeyPatch) -> None:
    made, calls, by, answers = [], [], Whitened.by, Whitened.answers
    monkeypatch.setattr(attack.Whitened, "by", lambda *a: made.append(a) or by(*a))
    monkeypatch.setattr(
        attack.Whitened, "answers", lambda *a: calls.append(a) or answers(*a), raising=True
    )
    attacked(FewShot(draws=300), places=("pixels", "features"))
    assert len(made) == 2
    assert len(calls) == 2 * 3 * 2, "all draws in one product, by view, shots and rule"
    monkeypatch.setattr(attack, "HELD", 1)
    small = attacked(FewShot(draws=4))
    monkeypatch.undo()
    assert small == attacked(FewShot(draws=4))


# ---- where there is no such attack --------------------------------------------------------------


def refused(split: Split, config: FewShot = FEW, change: float = 1.0) -> str:
    train, test, known = study()
    found = few_shot([view(train * change, test)], labels(known), split, config)
    assert isinstance(found.rungs, Undefined)
    assert not found.attempts() + found.floors()
    return found.rungs.reason


def test_it_is_said_why_there_is_no_such_attack() -> None:
    split, none = study()[2].split, torch.zeros(0, dtype=torch.int64)
    some = study("samples")[2].split
    assert "samples that were forgotten and not whole classes" in refused(some)
    assert "show 10 of the 10 classes" in refused(some)
    mixed = dataclasses.replace(
        split, forget_train=torch.cat([split.forget_train, split.retain_train[:1]])
    )
    assert "show 1 of the 3 classes" in refused(mixed)
    assert "forget set is empty" in refused(dataclasses.replace(split, forget_train=none))
    assert "nothing is retained" in refused(dataclasses.replace(split, retain_train=none))
    assert "not finite: it diverged" in refused(split, change=float("inf"))
    few = dataclasses.replace(split, forget_train=split.forget_train[:4])
    assert "lower few_shot.shots" in refused(few, FewShot(shots=(50,)))


def test_numbers_that_a_class_has_not_are_left_out_and_named() -> None:
    config = FewShot(shots=(1, 900), draws=2)
    found = attacked(config)
    assert found.left_out == (900,)
    assert found.given() == (1,)


def test_settings_are_checked_and_work_can_be_stopped() -> None:
    for name in ("shots", "maps"):
        with pytest.raises(ConfigError, match=f"FewShot.{name}: give at least one"):
            FewShot(**{name: ()})
    train, test, known = study()
    stopped = Progress(stop=lambda: True)
    with pytest.raises(Cancelled):
        few_shot([view(train, test)], labels(known), known.split, FEW, stopped)


def test_pictures_of_a_class_that_are_all_alike_need_no_whitening() -> None:
    y = torch.arange(40) % 4
    x = torch.nn.functional.one_hot(y, 4).float()
    space = Whitened.by(x, y)
    assert torch.equal(space.root, torch.eye(4).double())
    assert space.noise == 4
    assert Whitened.by(torch.ones(40, 3), y) is None
    noise = torch.randn(40, 4, generator=torch.Generator().manual_seed(0)) / 100
    assert maps.LEAST <= Whitened.by(x + noise, y).shrinkage <= 1


# ---- the record ---------------------------------------------------------------------------------


def rung(place: str, given: int, recovered: float, attacker: str = "few_shot") -> FewShotRung:
    got = Attempt(attacker, place, "whole", "shots", given, recovered, 50, 40.0)
    return FewShotRung(got, 3.0, recovered - 4, recovered + 5, 90.0, 64)


def test_the_verdict_hears_what_the_fewest_pictures_give() -> None:
    made = (
        rung(PIXELS, 1, 30.0),
        rung(PIXELS, 5, 50.0),
        rung("logits", 1, 20.0),
        rung("logits", 1, 25.0, "few_shot_cosine"),
        rung("logits", 5, 80.0),
    )
    found = FewShotResult(made, 50, (10,))
    assert [a.recovered for a in found.attempts()] == [20.0, 25.0]
    assert len({a.key for a in found.attempts()}) == 2
    assert [a.recovered for a in found.floors()] == [30.0, 50.0]
    assert found.best(1) == made[3]
    assert found.best(5, PIXELS) == made[1]
    assert found.best(10) is None
    assert (found.given(), found.places()) == ((1, 5), (PIXELS, "logits"))
    assert FewShotResult.from_dict(found.to_dict()) == found
    assert made[2].attempt.words == "the nearest class mean on logits, from 1 picture of each class"
    assert made[3].attempt.words.startswith("the class mean of most alike direction on logits")
