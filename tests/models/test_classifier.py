"""Body and head are found, not demanded."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from opcviz.common.config import ConfigError
from opcviz.data import Images
from opcviz.models import Architecture, Classifier, build_classifier
from opcviz.tasks.classification import observe_blocks

MEAN, STD = torch.tensor([0.4]), torch.tensor([0.2])
SHAPE = (1, 8, 8)


def wrap(net: nn.Module, **options) -> Classifier:
    return Classifier(net, MEAN, STD, SHAPE, **options).eval()


def small(*, tail: tuple[nn.Module, ...] = ()) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.ReLU(), nn.Linear(6, 3), *tail)


NETS = {
    "perceptron": small,
    "nested": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Sequential(nn.Linear(72, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, 3)),
    ),
    "registered in another order": lambda: Backwards(),
    "no bias": lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.Linear(6, 3, bias=False)),
}


class Backwards(nn.Module):
    """Its head is registered first: only watching the pass tells which layer is last."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(6, 3)
        self.first = nn.Linear(64, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(x.flatten(1)).relu())


@pytest.mark.parametrize("make", NETS.values(), ids=NETS.keys())
def test_the_head_makes_the_logits_of_the_features(make) -> None:
    torch.manual_seed(0)
    model = wrap(make())
    x = torch.rand(5, *SHAPE)
    features, logits = model.features(x)
    assert torch.equal(logits, model(x))
    torch.testing.assert_close(model.head(features), logits)
    weight, bias = model.head_weights
    torch.testing.assert_close(features @ weight.T + bias, logits)
    assert not weight.requires_grad
    assert not bias.requires_grad
    assert model.classes == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["resnet8", "torchvision:resnet18", "small:vgg16_bn", "torchvision:mobilenet_v3_small"],
)
def test_taps_show_body_blocks_in_order_and_no_logits(tiny_images: Images, name: str) -> None:
    model = build_classifier(Architecture(name, resize=32), tiny_images, 0).eval()
    activations = model.activations(torch.rand(2, *SHAPE))
    torch.testing.assert_close(model.head(activations.features), activations.logits)
    assert list(activations.blocks) == list(model.block_names)
    assert len(activations.blocks) >= 4
    sides = [block.shape[-1] for block in activations.blocks.values() if block.dim() == 4]
    assert sides == sorted(sides, reverse=True)  # from the input to the head
    assert not any(block is activations.logits for block in activations.blocks.values())
    assert all(block.shape != activations.logits.shape for block in activations.blocks.values())


def test_our_blocks_have_their_names(tiny_original: Classifier) -> None:
    assert tiny_original.head_name == "head"
    assert tiny_original.block_names == ("stem", "stage1", "stage2", "stage3")


def test_pixels_are_normalised_inside() -> None:
    net = small()
    model = wrap(net)
    x = torch.rand(4, *SHAPE)
    torch.testing.assert_close(model(x), net((x - 0.4) / 0.2))


def test_pictures_are_enlarged_inside() -> None:
    sizes: list[tuple[int, ...]] = []

    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.out = nn.Linear(1, 3)

        def forward(self, x: Tensor) -> Tensor:
            sizes.append(tuple(x.shape[2:]))
            return self.out(x.mean((2, 3)))

    wrap(Pooled(), resize=20)(torch.rand(2, *SHAPE))
    assert set(sizes) == {(20, 20)}


def test_gradients_reach_the_pixels_through_taps(tiny_original: Classifier) -> None:
    x = torch.rand(2, *SHAPE, requires_grad=True)
    tiny_original.eval().activations(x).features.sum().backward()
    assert x.grad.abs().sum() > 0


def test_watching_leaves_no_hooks_and_no_mode_behind(tiny_original: Classifier) -> None:
    tiny_original.train()
    Classifier(tiny_original.net, MEAN, STD, SHAPE)
    tiny_original.activations(torch.rand(2, *SHAPE))
    assert tiny_original.net.training
    assert not any(module._forward_hooks for module in tiny_original.modules())


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (small(tail=(nn.Softmax(1),)), "does not end in a linear layer"),
        (nn.Sequential(nn.Conv2d(1, 3, 8), nn.Flatten()), "does not end in a linear layer"),
        (nn.Sequential(nn.Flatten(), nn.Linear(65, 3)), "cannot take pictures of 8×8 pixels"),
        (nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten()), "with 1 channels"),
        (nn.Sequential(nn.Conv2d(1, 2, 9), nn.Flatten()), r"set Architecture\.resize"),
    ],
)
def test_a_net_that_does_not_fit_is_refused(net: nn.Module, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        wrap(net)


# ---- samples that are no pictures, and which axis holds the channels -------------------------


class Parts(nn.Module):
    """Two blocks and a head; between body and head the mean over positions."""

    def __init__(self, *blocks: nn.Module, width: int, positions: int, layout: str = "") -> None:
        super().__init__()
        self.first, self.second = blocks
        self.out = nn.Linear(width, 3)
        self.positions = positions
        if layout:
            self.layout = layout

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.second(self.first(x)).mean(self.positions))


class Scale(nn.Module):
    """A layer of somebody's own, which shows nothing of its layout."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def of_signals(net: nn.Module, shape: tuple[int, ...]) -> Classifier:
    return Classifier(net, torch.full((shape[0],), 0.5), torch.ones(shape[0]), shape).eval()


def test_channels_of_a_signal_are_not_averaged_and_its_positions_are() -> None:
    torch.manual_seed(0)
    body = nn.Conv1d(2, 4, 3), nn.Sequential(nn.Conv1d(4, 6, 3), nn.ReLU())
    net = Parts(*body, width=6, positions=2)
    model = of_signals(net, (2, 10))
    x = torch.rand(5, 2, 10)
    blocks = observe_blocks(model, x, torch.zeros(5, dtype=torch.int64))
    first = net.first(x - 0.5)
    assert first.shape == (5, 4, 8)
    torch.testing.assert_close(blocks["first"].features, first.mean(2))
    torch.testing.assert_close(blocks["second"].features, net.second(first).mean(2))


def test_positions_of_tokens_are_averaged_and_their_channels_are_not() -> None:
    torch.manual_seed(0)
    body = (
        nn.Sequential(nn.Linear(5, 4), nn.ReLU()),
        nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 6), nn.GELU()),
    )
    net = Parts(*body, width=6, positions=1)
    model = of_signals(net, (7, 5))
    x = torch.rand(3, 7, 5)
    blocks = observe_blocks(model, x, torch.zeros(3, dtype=torch.int64))
    first = net.first(x - 0.5)
    torch.testing.assert_close(blocks["first"].features, first.mean(1))
    torch.testing.assert_close(blocks["second"].features, net.second(first).mean(1))
    assert model.activations(x).blocks["first"].shape == (3, 4, 7)


def test_maps_with_channels_last_are_told_from_maps_with_channels_first() -> None:
    torch.manual_seed(0)
    last = nn.Sequential(nn.Flatten(2), nn.Unflatten(2, (6, 6)), nn.Linear(6, 9))
    model = wrap(Parts(nn.Conv2d(1, 4, 3), last, width=9, positions=(1, 2)))
    blocks = model.activations(torch.rand(2, *SHAPE)).blocks
    assert [tuple(block.shape) for block in blocks.values()] == [(2, 4, 6, 6), (2, 9, 4, 6)]


def test_an_output_of_unknown_layout_is_refused_unless_the_network_declares_it() -> None:
    with pytest.raises(ConfigError, match=r"block 'second' of Parts gives \(4, 10\) a sample"):
        of_signals(Parts(nn.Conv1d(2, 4, 1), Scale(), width=4, positions=2), (2, 10))
    for layout, shape in (("channels_first", (2, 4, 10)), ("channels_last", (2, 10, 4))):
        net = Parts(nn.Conv1d(2, 4, 1), Scale(), width=4, positions=2, layout=layout)
        activations = of_signals(net, (2, 10)).activations(torch.rand(2, 2, 10))
        assert activations.blocks["second"].shape == shape
    net = Parts(nn.Conv1d(2, 4, 1), Scale(), width=4, positions=2, layout="sideways")
    with pytest.raises(ConfigError, match=r"Parts\.layout is 'sideways'; it may be"):
        of_signals(net, (2, 10))


@pytest.mark.parametrize("shape", [(30,), (2, 10), (2, 3, 4, 5)])
def test_a_net_that_does_not_fit_other_samples_is_refused_in_their_words(shape) -> None:
    said = "×".join(map(str, shape))
    with pytest.raises(ConfigError, match=f"cannot take samples of shape {said}"):
        of_signals(nn.Sequential(nn.Flatten(), nn.Linear(31, 3)), shape)


def test_only_pictures_can_be_enlarged() -> None:
    with pytest.raises(ConfigError, match=r"Architecture\.resize: 32 enlarges pictures"):
        Classifier(small(), torch.zeros(2), torch.ones(2), (2, 10), resize=32)
