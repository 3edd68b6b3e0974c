"""The convolutional generator: sizes, what reaches what, and that it learns."""

from __future__ import annotations

import pytest
import torch

from opcviz.models.diffusion import Generator, get_process
from opcviz.models.diffusion.unet import UNet


def built(shape: tuple[int, ...]) -> UNet:
    torch.manual_seed(0)
    return UNet(shape, width=8, address=16).eval()


def shaken(net: UNet) -> UNet:
    """With weights that are not zero anywhere."""
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return net


@pytest.mark.parametrize(
    ("shape", "smallest"), [((1, 28, 28), 7), ((3, 32, 32), 4), ((1, 8, 8), 4), ((2, 12, 8), 6)]
)
def test_a_picture_comes_back_in_its_size_from_the_smallest_one(shape, smallest):
    net, seen = shaken(built(shape)), []
    net.inner[0].register_forward_hook(lambda module, given, h: seen.append(max(h.shape[2:])))
    x, t, e = torch.randn(2, *shape).flatten(1), torch.tensor([0.2, 0.7]), torch.randn(2, 16)
    assert net(x, t, e).shape == x.shape
    assert net.middle(x, t, e).shape == (2, 16)
    assert seen == [smallest, smallest]
    assert net.positions == shape[1] * shape[2]


def test_a_picture_is_answered_alone_and_by_all_that_is_asked():
    net = shaken(built((1, 8, 8)))
    x, t, e = torch.randn(2, 64), torch.tensor([0.2, 0.7]), torch.randn(2, 16)
    both = net(x, t, e)
    torch.testing.assert_close(net(x[1:], t[1:], e[1:]), both[1:])
    for other in ((x + 1, t, e), (x, t.flip(0), e), (x, t, e.flip(0))):
        assert (net(*other) - both).abs().mean() > 1e-3
    both.square().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in net.parameters())


@pytest.mark.slow
def test_it_learns_which_of_two_pictures_an_address_means():
    net = Generator(built((1, 8, 8)).train(), (1, 8, 8), 2, get_process("v"))
    torch.nn.init.normal_(net.table.weight)  # else the first steps go into telling rows apart
    shown = torch.stack([torch.full((1, 8, 8), -0.8), torch.full((1, 8, 8), 0.8)])
    steps = torch.optim.Adam(net.parameters(), 1e-2)
    torch.manual_seed(0)
    for _ in range(30):
        y, noise = torch.arange(16) % 2, torch.randn(16, 1, 8, 8)
        loss = net.losses(shown[y], net.address(y), torch.rand(16), noise).mean()
        steps.zero_grad()
        loss.backward()
        steps.step()
    net.eval()
    y, noise = torch.arange(16) % 2, torch.randn(16, 1, 8, 8)
    t = torch.full((16,), 0.95)  # so little is seen of a picture that the address must tell
    right, wrong = (net.losses(shown[y], net.address(c), t, noise).mean() for c in (y, 1 - y))
    assert right < 0.5 * wrong
