"""ManiF-SMC and its Bézier path."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.methods import Request, create
from opcviz.methods.classification.bezier import BezierPath, features_at
from opcviz.methods.classification.manif_smc import nearest_by_cosine
from opcviz.models import Classifier
from opcviz.tasks.classification import observe

MakeRequest = Callable[..., Request]


@pytest.fixture
def ends(tiny_request: MakeRequest) -> tuple[Classifier, Classifier]:
    """An unlearned model and the original."""
    request = tiny_request()
    return create("rl", epochs=2, lr=0.05, batch_size=16).unlearn(request)[0], request.original


def test_the_ends_are_the_two_models_and_the_middle_is_bernsteins(ends) -> None:
    path = BezierPath(*ends)
    for t, model in zip((0.0, 1.0), ends, strict=True):
        for name, value in path.at(t).items():
            assert torch.equal(value, model.state_dict()[name]), name
    at = path.at(0.25)
    for name, control in path.control.items():
        a, c = (m.state_dict()[name] for m in ends)
        torch.testing.assert_close(at[name], 0.5625 * a + 0.375 * control + 0.0625 * c)


@pytest.mark.slow
def test_the_control_point_trains_and_the_ends_stand_still(ends, tiny_request: MakeRequest) -> None:
    request = tiny_request()
    path, run = BezierPath(*ends), features_at(ends[0])
    before = [{n: v.clone() for n, v in s.items()} for s in (path.start, path.control, path.end)]
    ids = request.split.retain_train
    x, y = request.data.x_train[ids].float() / 255, request.data.y_train[ids]

    def loss(state: dict[str, Tensor]) -> Tensor:
        head = (state[f"net.head.{part}"] for part in ("weight", "bias"))
        return F.cross_entropy(F.linear(run(state, x), *head), y)

    path.control = {n: v + 0.3 * torch.randn_like(v).abs() for n, v in path.control.items()}
    shifted = {n: v.clone() for n, v in path.control.items()}
    with torch.no_grad():
        worse = loss(path.at(0.5))
    path.fit(loss, 60, 0.02, torch.Generator().manual_seed(0), Progress())
    with torch.no_grad():
        assert loss(path.at(0.5)) < 0.5 * worse
    for name, _ in ends[0].named_parameters():
        assert not torch.equal(path.control[name], shifted[name])
        assert torch.equal(path.start[name], before[0][name])
        assert torch.equal(path.end[name], before[2][name])
    assert not any(v.requires_grad for v in path.at(0.5).values())
    for t, model in zip((0.0, 1.0), ends, strict=True):
        assert all(torch.equal(v, model.state_dict()[n]) for n, v in path.at(t).items())


def test_a_path_can_be_stopped(ends) -> None:
    with pytest.raises(Cancelled):
        BezierPath(*ends).fit(
            lambda state: next(iter(state.values())).sum(),
            5,
            0.1,
            torch.Generator(),
            Progress(stop=lambda: True),
        )


def test_features_elsewhere_are_those_of_a_model_there(ends, tiny_request: MakeRequest) -> None:
    here, there = ends
    here.train()
    x = tiny_request().data.x_train[:5].float() / 255
    state = BezierPath(there, there).at(0.0)
    kept = copy.deepcopy(here.state_dict())
    found = features_at(here)(state, x)
    torch.testing.assert_close(found, there.eval().features(x)[0])
    assert here.training
    assert here.net.stem[1].training
    assert all(torch.equal(v, kept[n]) for n, v in here.state_dict().items())


@pytest.mark.slow
def test_forgotten_samples_move_to_their_neighbours(tiny_request: MakeRequest) -> None:
    """From nearer to the own class's centroid to nearer to the retained neighbours'."""
    request = tiny_request()
    gone, kept = request.split.forget_train, request.split.retain_train
    old = observe(request.original, request.data.x_train, request.data.y_train)
    cosine = F.normalize(old.features[gone]) @ F.normalize(old.features[kept]).T
    goal = old.features[kept][cosine.topk(5).indices].mean(1)
    own = torch.stack([old.features[old.labels == y].mean(0) for y in old.labels[gone]])

    def nearer_to_own(features: Tensor) -> float:
        to, away = ((features[gone] - point).norm(dim=1) for point in (goal, own))
        return (away < to).double().mean().item()

    model, _ = create("manif_smc", epochs=12, lr=0.03, hold=1.0, paths=1).unlearn(request)
    new = observe(model, request.data.x_train, request.data.y_train)
    assert nearer_to_own(old.features) > 0.9
    assert nearer_to_own(new.features) < 0.1
    assert (new.logits[gone].argmax(1) == new.labels[gone]).double().mean() < 0.5


@pytest.mark.slow
def test_labels_do_not_matter(tiny_request: MakeRequest, same_weights) -> None:
    request = tiny_request()
    wrong = replace(request.data, y_train=request.data.y_train.flip(0))
    method = create("manif_smc")
    right, other = (method.unlearn(t)[0] for t in (request, tiny_request(data=wrong)))
    assert same_weights(right, other)


def test_too_few_neighbours_are_refused(tiny_request: MakeRequest) -> None:
    with pytest.raises(ConfigError, match=r"ManiFSMC\.neighbours: 900 are wanted, 24 are retained"):
        create("manif_smc", neighbours=900).unlearn(tiny_request())


def test_nearest_is_the_greatest_cosine() -> None:
    generator = torch.Generator().manual_seed(0)
    of, among = (torch.randn(n, 5, generator=generator) for n in (7, 30))
    cosine = F.cosine_similarity(of[:, None], among[None], dim=2)
    found = nearest_by_cosine(of, among, 4, batch=3)
    assert torch.equal(found.sort(1).values, cosine.topk(4).indices.sort(1).values)
