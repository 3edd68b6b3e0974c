"""UNSIR: noise that the original finds wrong, then impairing and repairing."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress
from opcviz.data import Scenario
from opcviz.methods import create
from opcviz.training import Batch


@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_noise_raises_the_loss(tiny_request, penalty: float) -> None:
    request = tiny_request()
    model = request.original.eval()

    def error(**settings) -> float:
        """Cross-entropy of the noise under the labels it is going to carry."""
        method = create("unsir", batch_size=8, noise_penalty=penalty, **settings)
        noise, labels = method.noise(request)
        with torch.no_grad():
            return F.cross_entropy(model(noise), labels).item()

    start = error(noise_steps=1, noise_lr=1e-4)  # as good as no step
    assert error() > start + 1


def test_noise_is_labelled_with_the_forgotten_classes(tiny_request) -> None:
    request = tiny_request()
    noise, labels = create("unsir", batch_size=5).noise(request)
    assert labels.tolist() == [c for c in request.split.classes for _ in range(5)]
    assert noise.shape == (5 * len(request.split.classes), *request.data.shape)
    assert not noise.requires_grad


@pytest.mark.slow
def test_the_penalty_shortens_the_noise(tiny_request) -> None:
    request = tiny_request()
    model = request.original

    def length(penalty: float) -> float:
        noise, _ = create("unsir", batch_size=8, noise_penalty=penalty).noise(request)
        return ((noise - model.mean) / model.std).square().mean().item()

    assert length(1.0) < length(0.0)


def test_one_step_of_noise_is_adams(tiny_request) -> None:
    """Adam's first step is lr·sign(gradient), in the normalised input space."""
    request = tiny_request()
    method = create("unsir", batch_size=4, noise_steps=1, noise_lr=0.05)
    model = request.copy_of_original().eval()
    count = 4 * len(request.split.classes)
    generator = torch.Generator().manual_seed(request.seed)
    start = torch.randn(count, *request.data.shape, generator=generator).requires_grad_(True)
    noise, labels = method.noise(request)
    error = F.cross_entropy(model(model.mean + model.std * start), labels)
    (0.1 * start.square().sum((1, 2, 3)).mean() - error).backward()
    expected = model.mean + model.std * (start - 0.05 * start.grad.sign())
    close = torch.isclose(noise, expected.detach(), atol=1e-5)
    assert close.float().mean() > 0.99  # Adam's ε shows where a gradient is almost 0


@pytest.mark.slow
def test_impairing_mixes_noise_into_the_batch(tiny_request) -> None:
    request = tiny_request()
    method = create("unsir", batch_size=6, ratio=0.5)
    model = request.copy_of_original().eval()
    loss = method.objective(request, model)
    ids = request.split.retain_train[:10]
    batch = Batch(
        request.data.x_train[ids].float() / 255,
        request.data.y_train[ids],
        ids,
        torch.zeros(10, dtype=torch.bool),
    )
    torch.manual_seed(5)
    value = loss(model, batch)
    torch.manual_seed(5)
    noise, labels = method.noise(request)
    drawn = torch.randint(len(noise), (10,))  # 0.5 a class and two classes: one for each picture
    total = F.cross_entropy(model(batch.x), batch.y, reduction="sum")
    total = total + F.cross_entropy(model(noise[drawn]), labels[drawn], reduction="sum")
    torch.testing.assert_close(value, total / 20)


def test_two_phases_and_what_they_cost(tiny_request) -> None:
    request = tiny_request()
    method = create("unsir", epochs=2, repair_epochs=3, batch_size=8, ratio=0.5, noise_steps=7)
    _, outcome = method.unlearn(request)
    kept, classes = len(request.split.retain_train), len(request.split.classes)
    assert outcome.step == 5 * -(-kept // 8)
    assert outcome.gradients == 7 * 8 * classes + 2 * kept * 2 + 3 * kept


@pytest.mark.slow
def test_repair_restores_what_impairing_broke(tiny_request) -> None:
    request = tiny_request()
    method = create(
        "unsir", epochs=2, lr=0.03, repair_epochs=20, repair_lr=0.01, batch_size=8, ratio=0.5
    )
    model, _ = method.unlearn(request)

    def accuracy(ids: torch.Tensor) -> float:
        with torch.no_grad():
            guess = model(request.data.x_train[ids].float() / 255).argmax(1)
        return (guess == request.data.y_train[ids]).float().mean().item()

    assert accuracy(request.split.retain_train) > 0.95
    assert accuracy(request.split.forget_train) < 0.5


def test_single_samples_are_refused_and_why(tiny_request, tiny_images) -> None:
    split = Scenario.parse("random:10%").split(tiny_images)
    method = create("unsir")
    assert method.scenarios == {"classes"}
    with pytest.raises(ConfigError, match="'unsir' cannot forget samples, only classes: its noise"):
        method.unlearn(tiny_request(split=split))


def test_making_noise_can_be_stopped(tiny_request) -> None:
    with pytest.raises(Cancelled):
        create("unsir").noise(tiny_request(progress=Progress(stop=lambda: True)))
