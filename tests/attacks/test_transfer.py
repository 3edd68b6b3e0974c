"""The transfer probe: its accuracies are scikit-learn's, near is what the original takes for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import cosine_distances
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from opcviz.attacks.transfer import Downstream, Transfer, downstream_of, nearest, transfer
from opcviz.attacks.transfer import attack as module
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.common.records import Undefined
from opcviz.data import Images, as_float
from opcviz.models import Activations, BlockNet
from opcviz.results import PIXELS, TransferResult
from opcviz.tasks.classification import observe

CONFIG = Transfer(samples=(5, 20), draws=3, scored=30)
SHAPE = (1, 4, 4)
DRAWS = {5: 3, 20: 1}  # of the twenty pictures of each class that are kept


class Flat(BlockNet):
    """One block: a linear map of the pixels, and a head on it."""

    def __init__(self, weight: Tensor, classes: int = 4) -> None:
        super().__init__()
        self.body = nn.Linear(weight.shape[1], len(weight), bias=False)
        self.body.weight.data = weight
        self.last = nn.Linear(len(weight), classes)
        nn.init.normal_(self.last.weight, generator=torch.Generator().manual_seed(3))

    @property
    def head(self) -> nn.Linear:
        return self.last

    @property
    def block_names(self) -> tuple[str, ...]:
        return ("body",)

    def features(self, x: Tensor) -> tuple[Tensor, Tensor]:
        made: Tensor = self.body(x.flatten(1))
        return made, self.head(made)

    def activations(self, x: Tensor) -> Activations:
        made, logits = self.features(x)
        return Activations({"body": made}, made, logits)

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)[1]


def pictures(name: str, seed: int, classes: int = 4, each: int = 80) -> Images:
    """Noisy prototypes, a class each; classes 0 and 1 differ in the first pixels alone."""
    rng = np.random.default_rng(seed)
    bases = np.random.default_rng(5).integers(60, 190, (classes, *SHAPE))
    bases[1] = bases[0]
    bases[0, 0, 0], bases[1, 0, 0] = 60, 190

    def part(count: int) -> tuple[Tensor, Tensor]:
        labels = np.repeat(np.arange(classes), count)
        x = (bases[labels] + rng.normal(0, 35, (len(labels), *SHAPE))).clip(0, 255)
        order = rng.permutation(len(labels))
        return torch.tensor(x[order].astype(np.uint8)), torch.tensor(labels[order])

    return Images(name, *part(each), *part(each // 2), tuple("abcdefgh"[:classes]))


@pytest.fixture(scope="module")
def trained_on() -> Images:
    return pictures("upstream", 1)


@pytest.fixture(scope="module")
def found() -> Images:
    return pictures("downstream", 2)


@pytest.fixture(scope="module")
def net() -> Flat:
    generator = torch.Generator().manual_seed(0)
    return Flat(torch.randn(6, 16, generator=generator)).eval()


def exam_of(net: Flat, data: Images, found: Images, config: Transfer = CONFIG) -> Downstream:
    made = downstream_of(net, data, (0, 1), found, config)
    assert isinstance(made, Downstream)
    return made


def recalls(told: TransferResult, place: str = "features") -> list[tuple[str, int, list[float]]]:
    assert not isinstance(told.rungs, Undefined)
    return [(r.probe, r.given, list(r.recall.values())) for r in told.rungs if r.place == place]


def test_accuracies_are_those_of_scikit_learn(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found)
    told = transfer(net, exam, CONFIG)
    images = exam.images
    train, test = (
        observe(net, x, y).features.double().numpy()
        for x, y in ((images.x_train, images.y_train), (images.x_test, images.y_test))
    )
    labels, truth = images.y_train.numpy(), images.y_test.numpy()
    assert told.scored == len(truth) == 4 * 30
    checked = 0
    for probe, given, told_recall in recalls(told):
        wanted = []
        for draw in range(DRAWS[given]):
            rows = np.concatenate(
                [np.flatnonzero(labels == k)[draw * given : (draw + 1) * given] for k in range(4)]
            )
            if probe == "linear":
                scaler = StandardScaler().fit(train[rows])
                fit = LogisticRegression(C=1.0, max_iter=1000)
                fit.fit(scaler.transform(train[rows]), labels[rows])
                answers = fit.predict(scaler.transform(test))
            else:
                far = cosine_distances(test, train[rows])
                order = np.argsort(far, axis=1, kind="stable")[:, : min(5, given)]
                weight = 1 / np.maximum(np.take_along_axis(far, order, 1), 1e-300)
                votes = [
                    np.bincount(labels[rows][each], weight[n], minlength=4)
                    for n, each in enumerate(order)
                ]
                answers = np.argmax(votes, axis=1)
            wanted.append([100 * np.mean(answers[truth == k] == k) for k in range(4)])
        assert told_recall == pytest.approx(np.mean(wanted, axis=0)), (probe, given)
        checked += 1
    assert checked == 4
    for rung in told.rungs:
        by = rung.recall
        near = [by[name] for name in told.near]
        assert rung.near == pytest.approx(np.mean(near))
        assert rung.far == pytest.approx(np.mean([by[k] for k in by if k not in told.near]))
        assert rung.gap == pytest.approx(rung.near - rung.far)
        assert rung.draws == DRAWS[rung.given]


def test_places_run_from_the_pixels_to_the_logits(net, trained_on, found) -> None:
    told = transfer(net, exam_of(net, trained_on, found), CONFIG)
    # the block's mean is what the head sees, and is named once
    assert told.places() == (PIXELS, "features", "logits")
    assert told.given() == (5, 20)
    assert told.at("features", "knn").given == 5
    assert told.at("features", "knn", 20).given == 20
    assert told.at("nowhere", "knn") is None
    assert TransferResult.from_dict(told.to_dict()) == told


def test_near_is_what_the_original_answers_with_a_forgotten_class(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found)
    x, y = exam.images.x_train, exam.images.y_train
    answers = net(as_float(x)).argmax(1)
    wanted = []
    for each in range(4):
        own = [int(a) in (0, 1) for a, k in zip(answers, y, strict=True) if k == each]
        wanted.append(100 * sum(own) / len(own))
    assert exam.shares == pytest.approx(wanted)
    order = np.argsort([-w for w in wanted], kind="stable")[:2]
    assert exam.near == tuple(int(k) for k in order if wanted[k])
    one = exam_of(net, trained_on, found, CONFIG.replace(near=1))
    assert one.near == exam.near[:1]
    assert nearest([10.0, 30.0, 30.0, 20.0], 3) == (1, 2, 3)


def test_draws_share_no_picture_and_hold_each_class_alike(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found)
    drawn = [exam.drawn(5, draw) for draw in range(3)]
    assert len(torch.cat(drawn).unique()) == 3 * 4 * 5
    for rows in drawn:
        assert exam.images.y_train[rows].bincount().tolist() == [5] * 4
    assert all(not torch.equal(a, b) for a, b in pairwise(drawn))
    again = exam_of(net, trained_on, found)
    assert torch.equal(again.images.x_train, exam.images.x_train)
    other = exam_of(net, trained_on, found, CONFIG.replace(seed=1))
    assert not torch.equal(other.images.x_train, exam.images.x_train)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_the_scale_of_features_changes_nothing(net, trained_on, found, factor) -> None:
    exam = exam_of(net, trained_on, found)
    plain, scaled = (
        transfer(Flat(net.body.weight.detach() * by).eval(), exam, CONFIG) for by in (1.0, factor)
    )
    assert recalls(scaled) == [(p, g, pytest.approx(r)) for p, g, r in recalls(plain)]


@pytest.mark.slow
def test_a_rotation_changes_nothing_for_nearest_neighbours(net, trained_on, found) -> None:
    """Nor do a permutation, and other scales of single features, for the linear probe."""
    exam = exam_of(net, trained_on, found)
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(1)))[0]
    weight = net.body.weight.detach()
    plain = recalls(transfer(net, exam, CONFIG))
    turned = recalls(transfer(Flat(turn @ weight).eval(), exam, CONFIG))
    for (probe, given, one), (_, _, other) in zip(plain, turned, strict=True):
        if probe == "knn":
            assert other == pytest.approx(one), given
    order = torch.tensor([3, 1, 0, 5, 4, 2])
    uneven = weight[order] * torch.tensor([1e-3, 1.0, 50.0, 0.2, 7.0, 1e-2])[:, None]
    stretched = recalls(transfer(Flat(uneven).eval(), exam, CONFIG))
    for (probe, given, one), (_, _, other) in zip(plain, stretched, strict=True):
        if probe == "linear":
            assert other == pytest.approx(one), given


def test_a_lost_direction_costs_near_classes_and_no_others(trained_on, found) -> None:
    """Classes a and b differ in one row of pixels: a net blind to it cannot tell them apart."""
    keeps = Flat(torch.eye(16)).eval()
    blind = torch.eye(16)[4:]
    config = CONFIG.replace(samples=(20,))
    made = exam_of(keeps, trained_on, found, config)
    exam = replace(made, near=(0, 1), shares=(50.0, 50.0, 0.0, 0.0))
    kept, lost = (transfer(each, exam, config) for each in (keeps, Flat(blind).eval()))
    for probe in ("linear", "knn"):
        had, has = kept.at("features", probe), lost.at("features", probe)
        assert had.near > 90
        assert has.near < 65, "two classes alike: half of each are guessed"
        assert abs(had.far - has.far) < 10
        assert has.gap < had.gap - 25


@pytest.mark.slow
def test_pixels_are_made_once_and_told_of_every_model(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found)
    first = transfer(net, exam, CONFIG)
    second = transfer(Flat(torch.eye(16)).eval(), exam, CONFIG)
    assert recalls(second, PIXELS) == recalls(first, PIXELS)
    assert second.places()[0] == PIXELS
    # features that are the pixels: the floor is the same probe
    assert recalls(second) == [(p, g, pytest.approx(r)) for p, g, r in recalls(first, PIXELS)]


def test_features_that_do_not_vary_get_one_answer(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found)
    told = transfer(Flat(torch.zeros(6, 16)).eval(), exam, CONFIG)
    for probe, _, recall in recalls(told):
        assert sorted(recall) == [0, 0, 0, 100], probe


def test_a_diverged_model_is_told_so(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found)
    told = transfer(Flat(torch.full((6, 16), float("nan"))).eval(), exam, CONFIG)
    assert "not finite" in told.rungs.reason
    assert told.near == tuple(found.class_names[each] for each in exam.near)


def test_classes_with_too_few_pictures_leave_numbers_out(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found, CONFIG.replace(samples=(5, 500)))
    told = transfer(net, exam, CONFIG.replace(samples=(5, 500)))
    assert (told.given(), told.left_out) == ((5,), (500,))
    many = CONFIG.replace(samples=(500,))
    none = transfer(net, exam_of(net, trained_on, found, many), many)
    assert "fewer than the 500" in none.rungs.reason


def test_it_says_why_there_is_no_probe(net, trained_on, found) -> None:
    def why(forgotten: tuple[int, ...], data: Images, other: Images, **changes: int) -> str:
        made = downstream_of(net, data, forgotten, other, CONFIG.replace(**changes))
        assert isinstance(made, Undefined)
        return made.reason

    assert "samples were forgotten" in why((), trained_on, found)
    same = replace(trained_on, name="under another name")
    assert "were trained on under another name" in why((0,), trained_on, same)
    assert "none is far" in why((0,), trained_on, found, near=4)
    never = Flat(torch.zeros(6, 16)).eval()
    never.head.bias.data = torch.tensor([0.0, 0.0, 0.0, 1.0])
    made = downstream_of(never, trained_on, (0, 1), found, CONFIG)
    assert "answers no picture of downstream" in made.reason
    floats = replace(found, x_train=as_float(found.x_train), x_test=as_float(found.x_test))
    assert "of bytes" in why((0,), trained_on, floats)
    assert "scale of their own" in why((0,), floats, replace(found, name="bytes"))


def test_settings_name_what_does_not_fit() -> None:
    with pytest.raises(ConfigError, match=r"Transfer\.data: .*nowhere"):
        Transfer(data="nowhere")
    with pytest.raises(ConfigError, match=r"Transfer\.data: .*wants the path"):
        Transfer(data="folder")
    with pytest.raises(ConfigError, match=r"Transfer\.path: name the kind"):
        Transfer(path="x.npz")
    with pytest.raises(ConfigError, match=r"Transfer\.samples: give at least one"):
        Transfer(samples=())
    assert Transfer(data="folder", path="x").spec(28).size == 28
    assert Transfer(data="folder", path="x").spec(1000).size == 512


def test_it_stops_when_asked(net, trained_on, found) -> None:
    exam = exam_of(net, trained_on, found)
    with pytest.raises(Cancelled):
        transfer(net, exam, CONFIG, Progress(stop=lambda: True))


@pytest.mark.parametrize("given", [1, 2, 5, 20])
def test_no_class_is_favoured_by_its_number(given: int) -> None:
    """Of noise each class gets its share; of classes far apart every one is found."""
    noise, labels = np.random.default_rng(0), np.repeat(np.arange(5), given)
    told = np.zeros(5)
    for _ in range(40):
        x, asked = noise.normal(size=(len(labels), 30)), noise.normal(size=(100, 30))
        told += np.bincount(module._knn(x, labels, asked, Transfer()), minlength=5) / 4000
    assert np.abs(told - 0.2).max() < 0.06, told
    apart = np.eye(5)[labels] + 0.05 * noise.normal(size=(len(labels), 5))
    truth = np.arange(5).repeat(40)
    shown = np.eye(5)[truth] + 0.05 * noise.normal(size=(200, 5))
    assert (module._knn(apart, labels, shown, Transfer()) == truth).all()


def test_what_is_near_is_taken_for_forgotten_at_all() -> None:
    assert nearest((80.0, 0.0, 5.0, 0.0), 3) == (0, 2)


def test_a_frame_is_cut_off_before_pictures_are_scaled(net, trained_on, found) -> None:
    """What is small in its frame comes to the size that the model knows."""

    def framed(x: Tensor) -> Tensor:
        return nn.functional.pad(x, (3, 3, 3, 3))

    wide = replace(found, x_train=framed(found.x_train), x_test=framed(found.x_test))
    config = CONFIG.replace(crop=3)
    cropped, plain = exam_of(net, trained_on, wide, config), exam_of(net, trained_on, found)
    assert torch.equal(cropped.images.x_train, plain.images.x_train)
    assert torch.equal(cropped.images.x_test, plain.images.x_test)
    assert cropped.near == plain.near
    none = downstream_of(net, trained_on, (0, 1), wide, CONFIG.replace(crop=5))
    assert "nothing is left when 5 pixels" in none.reason
