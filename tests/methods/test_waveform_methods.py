"""Methods for records: one step of each loss by hand, and what is answered instead."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from opcviz.data import Scenario
from opcviz.data.earthquakes import Earthquakes, simulated
from opcviz.methods import Iterative, Request, create
from opcviz.methods.waveforms.dimum import nearest_retained
from opcviz.methods.waveforms.rl import mirrored
from opcviz.models import Architecture
from opcviz.models.diffusion.process import stratified
from opcviz.models.waveforms import WaveformGenerator
from opcviz.tasks import get_task
from opcviz.training import Batch, Training

TASK = get_task("waveforms")
OURS = ["rl_waveforms", "dimum_waveforms", "opc_waveforms"]
MakeRequest = Callable[[str], Request[WaveformGenerator]]


@pytest.fixture(scope="module")
def data() -> Earthquakes:
    return simulated(6, 120, 40)


@pytest.fixture
def make_request(data: Earthquakes, one_thread: None) -> MakeRequest:
    original = TASK.build(Architecture("latent:mlp-v", width=0.1), data, 0)
    torch.manual_seed(3)
    for weight in original.net.parameters():
        torch.nn.init.normal_(weight, std=0.1)

    def make(scenario: str) -> Request[WaveformGenerator]:
        split = Scenario.parse(scenario).split(data)
        return Request(TASK, data, split, original, lambda: original, Training())

    return make


def _batch(request: Request[WaveformGenerator]) -> Batch:
    ids = torch.cat([request.split.retain_train[:6], request.split.forget_train[:5]])
    gone = torch.arange(11) >= 6
    return Batch(request.data.batch(ids), request.data.y_train[ids], ids, gone)


@pytest.mark.parametrize("name", OURS)
def test_the_loss_of_a_step_by_hand(name: str, make_request: MakeRequest) -> None:
    request = make_request("region:30,60,0,30")
    method = create(name, retain_weight=2.0)
    assert isinstance(method, Iterative)
    batch, model = _batch(request), copy.deepcopy(request.original).train()
    loss = method.objective(request, model)
    ours, theirs = copy.deepcopy(model), copy.deepcopy(model)
    torch.manual_seed(7)
    told = loss(ours, batch)

    torch.manual_seed(7)
    x, y, gone = batch.x, batch.y, batch.y[6:]
    plain = TASK.losses(theirs, x[:6], y[:6]).mean()
    drawn = torch.randint(8, (5,)) if name == "dimum_waveforms" else None
    other = mirrored(request)(gone)
    codes = theirs.encode(x[6:]).detach()
    if drawn is not None:
        near = _nearest(request.data.y_train, request.split.retain_train, gone)
        chosen = [near[i][int(k)] for i, k in enumerate(drawn)]
        codes = theirs.encode(request.data.batch(torch.tensor(chosen))).detach()
    t, noise = stratified(5), torch.randn(codes.shape)
    angle = (t * math.pi / 2)[:, None]
    z_t = angle.cos() * codes + angle.sin() * noise
    answer = theirs(z_t, t, theirs.address(gone))
    if name == "rl_waveforms":
        term = (answer - theirs(z_t, t, theirs.address(other))).square().mean()
    elif name == "dimum_waveforms":
        term = (answer - (angle.cos() * noise - angle.sin() * codes)).square().mean()
    else:
        term = answer.square().mean(1).sqrt().mean()
    assert told.item() == pytest.approx((2 * plain + term).item(), rel=1e-5)


def _nearest(every: Tensor, retained: Tensor, asked: Tensor) -> list[list[int]]:
    """By brute force: magnitude, ln of the distance, depth over 12 km."""

    def features(y: list[float]) -> tuple[float, ...]:
        away = math.dist((y[0], y[1], y[2]), (y[4], y[5], 0.0))
        return y[3], math.log(away), y[2] / 12

    known = {i: features(every[i].tolist()) for i in retained.tolist()}
    return [
        sorted(known, key=lambda i: math.dist(known[i], features(each)))[:8]
        for each in asked.tolist()
    ]


def test_the_nearest_are_those_of_brute_force(data: Earthquakes) -> None:
    retained = torch.arange(40, 120)
    found = retained[nearest_retained(data.y_train[:10], data.y_train[retained], 8)]
    assert found.tolist() == _nearest(data.y_train, retained, data.y_train[:10])


@pytest.mark.parametrize("scenario", ["region:30,60,0,30", "region:10,50,10,50", "magnitude:4-5"])
def test_a_mirror_image_was_never_forgotten(scenario: str, make_request: MakeRequest) -> None:
    request = make_request(scenario)
    gone = request.data.y_train[request.split.forget_train]
    other = mirrored(request)(gone)
    inside = torch.ones(len(gone), dtype=torch.bool)
    moved = [at for at, _, _ in request.split.box]
    for at, low, high in request.split.box:
        inside &= (other[:, at] >= low) & (other[:, at] <= high)
    assert not inside.any()
    kept = [at for at in range(6) if at not in moved]
    assert torch.equal(other[:, kept], gone[:, kept])


@pytest.mark.parametrize("name", OURS)
def test_a_method_makes_another_model_and_leaves_the_original(
    name: str, make_request: MakeRequest
) -> None:
    request = make_request("magnitude:5-6")
    before = copy.deepcopy(request.original.state_dict())
    method = create(name, epochs=1, batch_size=32)
    model, outcome = method.unlearn(replace(request, seed=2))
    again, _ = method.unlearn(replace(request, seed=2))
    assert outcome.status == "finished"
    for key, value in request.original.state_dict().items():
        assert torch.equal(value, before[key])
        assert torch.equal(model.state_dict()[key], again.state_dict()[key])
    assert not torch.equal(model.net.enter.weight, request.original.net.enter.weight)
