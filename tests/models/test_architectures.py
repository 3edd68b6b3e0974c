"""Networks by name: sizes, shapes, reproducible weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from opcviz.common.config import ConfigError
from opcviz.data import Images
from opcviz.models import Architecture, build_classifier, build_network, list_architectures
from opcviz.models.settings import PUBLISHED


def weights(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("name", "channels", "count"),
    # ResNet-18 with the small stem and ResNet-20 with 1×1 shortcuts, as commonly reported:
    # 11.17 M and 0.27 M; ours for 8×8 digits is 78 k
    [("resnet8", 1, 77_754), ("resnet20", 3, 272_474), ("resnet18", 3, 11_173_962)],
)
def test_our_nets_have_their_size(name: str, channels: int, count: int) -> None:
    net = build_network(Architecture(name), channels, 10)
    assert weights(net) == pytest.approx(count, rel=0.01)


@pytest.mark.parametrize("side", [8, 28, 32])
@pytest.mark.parametrize("name", ["resnet8", "resnet20"])
def test_our_nets_take_small_pictures(name: str, side: int) -> None:
    net = build_network(Architecture(name, width=0.25), 3, 7)
    assert net(torch.rand(2, 3, side, side)).shape == (2, 7)


def test_width_scales_the_channels() -> None:
    narrow = build_network(Architecture(width=0.5), 1, 10)
    assert narrow.head.in_features == 32
    assert build_network(Architecture(width=0.1), 1, 10)(torch.rand(2, 1, 8, 8)).shape == (2, 10)


@pytest.mark.parametrize(
    "name", ["resnet9", "torchvision:resnet19", "torchvision:", "torch:resnet18", "resnet18 "]
)
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"Architecture\.name: '.*' is unknown; ours are resnet8"):
        build_network(Architecture(name), 1, 10)


def test_the_list_names_what_can_be_built() -> None:
    names = list_architectures()
    assert names[:3] == ["resnet8", "resnet20", "resnet18"]
    assert "torchvision:resnet18" in names
    assert not any("segmentation" in name or "rcnn" in name for name in names)


def test_weights_follow_the_seed_and_nothing_else(tiny_images: Images, same_weights) -> None:
    spec = Architecture(width=0.25)
    torch.manual_seed(1)
    first = build_classifier(spec, tiny_images, 3)
    state = torch.random.get_rng_state()
    second = build_classifier(spec, tiny_images, 3)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert same_weights(first, second)
    assert not same_weights(first, build_classifier(spec, tiny_images, 4))


@pytest.mark.slow
def test_torchvision_takes_grey_pictures(tiny_images: Images) -> None:
    model = build_classifier(Architecture("torchvision:mnasnet0_5"), tiny_images, 0)
    assert model.classes == 4
    assert model.eval()(torch.rand(2, 1, 8, 8)).shape == (2, 4)


def test_torchvisions_names_are_those_that_it_gives_itself():
    from torchvision import models as zoo

    names = [f"torchvision:{name}" for name in zoo.list_models(module=zoo)]
    assert len(names) > 50
    assert list_architectures() == ["resnet8", "resnet20", "resnet18", *PUBLISHED, *names]
