"""The task of drawing: its losses by hand, and what a generator may be built for."""

from __future__ import annotations

import math

import pytest
import torch
from sines import make_sines

from opcviz.common.config import ConfigError
from opcviz.data import Images
from opcviz.methods.gradients import per_sample_gradients
from opcviz.models import Architecture
from opcviz.models.diffusion import GENERATORS, Generator, as_bytes, pictures
from opcviz.tasks import get_task
from opcviz.tasks.generation.observe import DRAWS, SEEN_AT, denoising_losses, fixed_noise
from opcviz.training import Batches, Training, train

TASK = get_task("generation")
NET = Architecture("diffusion:mlp-v", width=0.1)


@pytest.fixture
def net(tiny_images: Images) -> Generator:
    """With weights that are not zero anywhere."""
    built = TASK.build(NET, tiny_images, 0)
    assert isinstance(built, Generator)
    torch.manual_seed(1)
    for weight in built.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return built


@pytest.mark.parametrize("name", GENERATORS)
def test_a_net_starts_at_zero_and_its_first_loss_is_the_target_s_power(
    name: str, tiny_images: Images
) -> None:
    net = TASK.build(Architecture(name), tiny_images, 0)
    x, e = pictures(tiny_images, torch.arange(4)), net.address(torch.arange(4))
    t, noise = torch.tensor([0.1, 0.4, 0.6, 0.9]), fixed_noise(4, net.shape)
    x_t = net.noised(x, t, noise)
    assert net.process.name == GENERATORS[name]
    assert torch.equal(net(x_t, t, e), torch.zeros(4, 1, 8, 8))
    wanted = net.process.target(x, noise, t).square().mean((1, 2, 3))
    torch.testing.assert_close(net.losses(x, e, t, noise), wanted)
    again = TASK.build(Architecture(name), tiny_images, 0)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters(), strict=True))


def test_the_loss_in_eval_mode_is_a_mean_over_fixed_levels(
    net: Generator, tiny_images: Images
) -> None:
    """One picture and one level at a time, written out for v-prediction."""
    net.eval()
    x01, y = tiny_images.batch(torch.arange(3)), tiny_images.y_train[:3]
    wanted = []
    for x, c in zip(2 * x01 - 1, y, strict=True):
        errors = []
        for k, noise in enumerate(fixed_noise(DRAWS, net.shape)):
            angle = math.pi / 2 * (k + 0.5) / DRAWS
            x_t = math.cos(angle) * x + math.sin(angle) * noise
            t, row = torch.tensor([(k + 0.5) / DRAWS]), net.table.weight[c]
            target = math.cos(angle) * noise - math.sin(angle) * x
            errors.append((net(x_t[None], t, row[None])[0] - target).square().mean())
        wanted.append(torch.stack(errors).mean())
    found = TASK.losses(net, x01, y)
    torch.testing.assert_close(found, torch.stack(wanted))
    # and so a method without a loop can take it one sample at a time
    gradients = per_sample_gradients(TASK, net)(x01, y)
    (own,) = torch.autograd.grad(found[1], [net.net.enter.weight])
    torch.testing.assert_close(gradients["net.enter.weight"][1], own, rtol=1e-3, atol=1e-5)


def test_in_training_one_picture_in_ten_is_shown_without_a_class(
    net: Generator, tiny_images: Images
) -> None:
    """The null row's gradient counts them: every other row gets one only from its own class."""
    net.train()
    seen: list[torch.Tensor] = []
    net.net.register_forward_hook(lambda module, inputs, output: seen.append(inputs[2].detach()))
    torch.manual_seed(0)
    ids = torch.arange(len(tiny_images.y_train)).repeat(50)
    losses = TASK.losses(net, tiny_images.batch(ids), tiny_images.y_train[ids])
    torch.manual_seed(0)
    assert torch.equal(losses, TASK.losses(net, tiny_images.batch(ids), tiny_images.y_train[ids]))
    null = (seen[0] == net.table.weight[net.classes]).all(1)
    assert null.float().mean() == pytest.approx(0.1, abs=0.02)
    own = net.table.weight[tiny_images.y_train[ids]]
    assert torch.equal(seen[0][~null], own[~null])


def test_an_unknown_class_has_the_null_address(net: Generator) -> None:
    y = torch.tensor([0, 1, 4])
    assert torch.equal(net.address(y), net.table.weight[y])
    found = net.address(y, unknown=(1, 3))
    assert torch.equal(found, net.table.weight[torch.tensor([0, 4, 4])])
    assert torch.equal(net.null(1)[0], net.table.weight[4])


def test_what_is_observed(net: Generator, tiny_images: Images) -> None:
    """Features under the null address at one level, losses as in eval mode; the mode is left."""
    net.train()
    seen = TASK.observe(net, tiny_images).test
    assert net.training
    x = pictures(tiny_images, torch.arange(5), "test")
    t = torch.full((5,), SEEN_AT)
    middle = net.middle(net.noised(x, t, fixed_noise(1, net.shape).expand_as(x)), t, net.null(5))
    torch.testing.assert_close(seen.features[:5], middle.detach())
    own = denoising_losses(net, x, net.address(tiny_images.y_test[:5])).detach()
    torch.testing.assert_close(seen.losses[:5], own)
    assert torch.equal(seen.targets, tiny_images.y_test)


def test_live_numbers_are_losses_of_either_part(net: Generator, tiny_images: Images) -> None:
    x, y = tiny_images.batch(torch.arange(8)), tiny_images.y_train[:8]
    forget = torch.arange(8) < 3
    found = TASK.live(net.eval(), x, y, forget)
    assert found == TASK.live(net, x, y, forget)
    assert found.keys() == {"forget_loss", "retain_loss"}
    assert math.isnan(TASK.live(net, x, y, torch.zeros(8, dtype=torch.bool))["forget_loss"])


def test_it_learns_to_draw(tiny_images: Images, one_thread: None) -> None:
    """After some epochs on four noisy prototypes the loss is a small part of the first one."""
    net = TASK.build(Architecture("diffusion:mlp-v", width=0.25), tiny_images, 0)
    spec = Training(epochs=120, lr=3e-3, batch_size=48, optimizer="adam", weight_decay=0, ema=0.99)
    everything = torch.arange(len(tiny_images.y_train))
    first = TASK.observe(net, tiny_images).test.losses.mean()
    train(net, Batches(tiny_images, everything, everything[:0], 48), TASK.loss, spec)
    assert TASK.observe(net, tiny_images).test.losses.mean() < 0.6 * first


def test_stored_pictures_come_back(tiny_images: Images) -> None:
    ids = torch.arange(4)
    shown = pictures(tiny_images, ids)
    assert float(shown.min()) >= -1
    assert torch.equal(as_bytes(shown), tiny_images.x_train[ids])
    assert as_bytes(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]
    torch.testing.assert_close(shown, tiny_images.x_train[ids].float() / 127.5 - 1)


def test_what_cannot_be_drawn_by_class_is_refused(tiny_images: Images) -> None:
    with pytest.raises(ConfigError, match="sines cannot be drawn by class"):
        TASK.build(NET, make_sines(), 0)
    with pytest.raises(ConfigError, match="'resnet8' is no generator; there are diffusion:mlp-v"):
        TASK.build(Architecture("resnet8"), tiny_images, 0)
    with pytest.raises(TypeError, match="Linear is no generator"):
        TASK.losses(torch.nn.Linear(2, 2), torch.zeros(1, 1, 8, 8), torch.zeros(1))
