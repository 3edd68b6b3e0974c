"""Models of records: spectrograms and back, the moments of a code, and what a draw depends on."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from opcviz.common.config import ConfigError
from opcviz.data import Data, DataSpec, load
from opcviz.data.earthquakes import simulated
from opcviz.models import Architecture
from opcviz.models.waveforms import Codec, Spectrogram, WaveformGenerator
from opcviz.tasks import get_task

TASK = get_task("waveforms")


@pytest.fixture(scope="module")
def data() -> Data:
    return simulated(5, 96, 48)


@pytest.fixture
def model(data: Data) -> WaveformGenerator:
    built = TASK.build(Architecture("latent:mlp-v", width=0.2), data, 0)
    assert isinstance(built, WaveformGenerator)
    torch.manual_seed(1)
    for weight in built.net.parameters():  # some begin at 0
        torch.nn.init.normal_(weight, std=0.1)
    return built.eval()


def test_noise_of_a_known_level_comes_back_as_loud() -> None:
    """Flat levels of noise of deviation 1: what is made of them is neither louder nor softer."""
    plain, torch_seed = Spectrogram(768, 0.0, 1.0), torch.manual_seed(0)
    seen = plain(torch.randn(200, 768, generator=torch_seed))
    flat = seen.mean((0, 2), keepdim=True).expand(200, -1, seen.shape[2])
    made = plain.records(flat, torch.randn(200, 768))
    assert made.std().item() == pytest.approx(1, abs=0.06)


def test_a_code_has_mean_0_and_variance_1_while_it_is_learnt_and_running_moments_after() -> None:
    torch.manual_seed(0)
    codec, levels = Codec((3, 5), 4), torch.randn(64, 3, 5)
    for _ in range(200):
        codes = codec.encode(levels, learning=True)
    assert codes.mean(0).abs().max() < 1e-5
    assert codes.var(0).tolist() == pytest.approx([1] * 4, abs=1e-2)
    assert codec.encode(levels).std(0).tolist() == pytest.approx([1] * 4, abs=0.02)
    torch.testing.assert_close(codec.encode(levels[:1]), codec.encode(levels)[:1])


def test_the_code_is_not_shaped_by_diffusion(data: Data, model: WaveformGenerator) -> None:
    x, y = data.batch(torch.arange(16)), data.y_train[:16]
    torch.manual_seed(0)
    (model.train(), TASK.losses(model, x, y).mean().backward())
    both = model.codec.encoder[1].weight.grad.clone()
    model.zero_grad()
    levels = model.spectrogram(x[:, 0])
    rebuilt = model.codec.decode(model.codec.encode(levels, learning=True))
    (rebuilt - levels).square().flatten(1).mean(1).mean().backward()
    assert both.abs().sum() > 0
    torch.testing.assert_close(both, model.codec.encoder[1].weight.grad)


def test_in_eval_mode_a_loss_is_that_of_the_record_alone(
    data: Data, model: WaveformGenerator
) -> None:
    x, y = data.batch(torch.arange(8)), data.y_train[:8]
    together = TASK.losses(model, x, y)
    alone = torch.cat([TASK.losses(model, x[i : i + 1], y[i : i + 1]) for i in range(8)])
    torch.testing.assert_close(together, alone)


def test_a_draw_depends_on_condition_and_noise_alone(data: Data, model: WaveformGenerator) -> None:
    torch.manual_seed(0)
    noise, phases, y = torch.randn(3, 32), torch.randn(3, 768), data.y_test[:3]
    made = model.draw(y, noise, phases, steps=4)
    assert made.shape == (3, 768)
    torch.testing.assert_close(made[:1], model.draw(y[:1], noise[:1], phases[:1], steps=4))
    assert not torch.allclose(made[1], model.draw(y[:2], noise[:2], phases[:2], 4)[0])
    moved = y + torch.tensor([20.0, 0, 0, 0, 0, 0])
    assert not torch.allclose(made, model.draw(moved, noise, phases, steps=4))


def test_draws_of_a_known_law_follow_it(
    model: WaveformGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes N(m, s²): the exact prediction leads noise ε to m + s ε, number by number."""
    m, s = torch.linspace(-2, 2, 32), torch.linspace(0.5, 1.0, 32)
    made: list[Tensor] = []

    def exact(z_t: Tensor, t: Tensor, e: Tensor) -> Tensor:
        alpha, sigma = (each[:, None] for each in model.process.coefficients(t))
        code = m + s**2 * alpha * (z_t - alpha * m) / ((alpha * s) ** 2 + sigma**2)
        return alpha * (z_t - alpha * code) / sigma - sigma * code

    def decode(codes: Tensor) -> Tensor:
        made.append(codes)
        return torch.zeros(len(codes), *model.spectrogram.shape)

    monkeypatch.setattr(model, "forward", exact)
    monkeypatch.setattr(model.codec, "decode", decode)
    noise = torch.randn(400, 32, generator=torch.manual_seed(0))
    model.draw(torch.zeros(400, 6), noise, torch.randn(400, 768))
    ideal = m + s * noise
    torch.testing.assert_close(made[0].mean(0), ideal.mean(0), atol=0.03, rtol=0)
    torch.testing.assert_close(made[0].std(0), ideal.std(0), atol=0, rtol=0.06)


def test_an_address_is_of_the_condition_in_deviations(data: Data, model: WaveformGenerator) -> None:
    y = data.y_test[:4]
    c = (y - data.y_train.mean(0)) / data.y_train.std(0)
    angles = c @ model.waves
    by_hand = model.place(torch.cat([c, angles.sin(), angles.cos()], 1))
    torch.testing.assert_close(model.address(y), by_hand, atol=1e-4, rtol=1e-4)


def test_only_records_of_earthquakes_are_taken(data: Data) -> None:
    with pytest.raises(ConfigError, match="no records of earthquakes"):
        TASK.build(Architecture("latent:mlp-v"), load(DataSpec("digits")), 0)
    with pytest.raises(ConfigError, match="makes no records"):
        TASK.build(Architecture("resnet8"), data, 0)
