"""Folders of Hugging Face's form: recognised by what they say, prepared as they say, or refused."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path
from typing import Any

import fake_libraries
import numpy as np
import pytest
import torch
from model_folders import (
    MEAN,
    NAMES,
    PREPARED,
    SHAPE,
    STD,
    TIMM,
    TRANSFORMERS,
    folder_of,
    of_timm,
    of_transformers,
)
from published import replaced_stem, trained_like
from torch import nn

from opcviz.common.untrusted import IntakeError
from opcviz.data import Images, assemble
from opcviz.intake.described import describe, outputs_in_order
from opcviz.intake.recognise import as_candidate, brought, recognise
from opcviz.intake.weights import read_weights
from opcviz.models import Architecture, build_network
from opcviz.models.published import libraries


@pytest.fixture(scope="module")
def pictures() -> Images:
    rng = np.random.default_rng(0)
    part = rng.integers(0, 256, (20, *SHAPE), dtype=np.uint8), np.arange(20) % 10
    return assemble("noise", part, part, NAMES)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_libraries.install(monkeypatch)


def logits(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return net(x)


def normalised(x: torch.Tensor) -> torch.Tensor:
    centre, scale = (torch.tensor(each).view(1, 3, 1, 1) for each in (MEAN, STD))
    return (x - centre) / scale


@pytest.mark.usefixtures("fake")
def test_a_folder_of_timm_is_what_it_says(pictures: Images, tmp_path: Path) -> None:
    net = of_timm()
    weights = read_weights(folder_of(tmp_path / "m", net, TIMM))
    assert weights.format == "safetensors, a folder of timm"
    (found,) = recognise(weights, SHAPE, 10)
    assert found.fits
    assert found.architecture == Architecture('timm:tiny_net{"depth":2}')
    assert found.title == "tiny_net of timm"
    assert as_candidate(found.architecture.name, weights, SHAPE, 10) == found
    x = pictures.batch(torch.arange(6))
    model = brought(found, weights, pictures)
    torch.testing.assert_close(logits(model, x), logits(net, normalised(x)), atol=1e-6, rtol=1e-6)
    assert model.block_names == ("stem", "blocks")


@pytest.mark.usefixtures("fake")
def test_a_folder_of_transformers_is_what_it_says(pictures: Images, tmp_path: Path) -> None:
    net = of_transformers()
    weights = read_weights(folder_of(tmp_path / "m", net, TRANSFORMERS, PREPARED))
    (found,) = recognise(weights, SHAPE, 10)
    assert found.fits
    name = 'transformers:vit{"hidden_size":12,"num_hidden_layers":2}'
    assert found.architecture == Architecture(name)
    model = brought(found, weights, pictures)
    x = pictures.batch(torch.arange(6))
    expected = net(normalised(x), return_dict=True).logits
    torch.testing.assert_close(logits(model, x), expected.detach(), atol=1e-6, rtol=1e-6)
    assert model.block_names == ("vit.layer.0", "vit.layer.1")
    with torch.no_grad():
        assert model.activations(x).blocks["vit.layer.1"].shape == (6, 12, 16)
    torch.manual_seed(1)
    anew = build_network(found.architecture, 3, 10)  # what a retrained model begins with
    assert anew.state_dict().keys() == net.state_dict().keys()


@pytest.mark.usefixtures("fake")
def test_outputs_named_in_another_order_are_put_in_that_of_the_data(
    pictures: Images, tmp_path: Path
) -> None:
    net = of_timm()
    # a cycle: unlike a reversal, it is not its own inverse
    names = [name.replace(" ", "_").upper() for name in (*NAMES[1:], NAMES[0])]
    weights = read_weights(folder_of(tmp_path / "m", net, TIMM | {"label_names": names}))
    model = brought(recognise(weights, SHAPE, 10)[0], weights, pictures)
    x = pictures.batch(torch.arange(6))
    torch.testing.assert_close(
        logits(model, x), logits(net, normalised(x)).roll(1, 1), atol=1e-6, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (("b", "a"), (1, 0)),
        (("A", "b"), (0, 1)),
        (("a", "c"), None),
        (("a", "a"), None),
        ((), None),
    ],
)
def test_outputs_are_named_as_classes_or_not_at_all(
    labels: tuple[str, ...], order: tuple[int, ...] | None
) -> None:
    assert outputs_in_order(labels, ("a", "b")) == order


def test_each_class_is_told_its_output_and_not_each_output_its_class() -> None:
    """Of three names in a circle: two that change places are the same in both directions."""
    names, labels = ("a", "b", "c"), ("C", "a", "b")
    order = outputs_in_order(labels, names)
    assert order == (1, 2, 0)
    assert [labels[output].lower() for output in order] == list(names)


@pytest.mark.usefixtures("fake")
def test_reversed_channels_are_turned_around(pictures: Images, tmp_path: Path) -> None:
    net = of_transformers()
    place = folder_of(
        tmp_path / "bgr", net, TRANSFORMERS, PREPARED | {"do_flip_channel_order": True}
    )
    weights = read_weights(place)
    model = brought(recognise(weights, SHAPE, 10)[0], weights, pictures)
    x = pictures.batch(torch.arange(4))
    expected = net(normalised(x.flip(1)), return_dict=True).logits.detach()
    torch.testing.assert_close(logits(model, x), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("prepared", "mean", "std"),
    [
        (PREPARED, MEAN, STD),
        (PREPARED | {"rescale_factor": 0.00392156862745098}, MEAN, STD),
        (PREPARED | {"do_normalize": False}, (0.0,), (1.0,)),
        ({"image_mean": 0.5, "image_std": 0.5}, (0.5,), (0.5,)),
        ({"image_mean": [127.5], "image_std": [51], "do_rescale": False}, (0.5,), (0.2,)),
        ({"image_mean": [0.5], "image_std": [1], "rescale_factor": 2 / 255}, (0.25,), (0.5,)),
        ({}, None, None),
        ({"size": 32}, None, None),
    ],
)
@pytest.mark.usefixtures("fake")
def test_the_preparation_is_that_of_pictures_from_0_to_1(
    prepared: dict[str, Any], mean: tuple[float, ...] | None, std: tuple[float, ...] | None
) -> None:
    found = describe(TRANSFORMERS, prepared, "m")
    assert found.mean == (mean if mean is None else pytest.approx(mean))
    assert found.std == (std if std is None else pytest.approx(std))


@pytest.mark.parametrize(
    ("prepared", "side"),
    [
        ({"size": 224}, 224),
        ({"size": {"shortest_edge": 256}}, 256),
        ({"size": 256, "crop_size": {"height": 224, "width": 224}, "do_center_crop": True}, 224),
        ({"size": 224, "do_resize": False}, 96),
        ({}, 96),
    ],
)
@pytest.mark.usefixtures("fake")
def test_pictures_are_brought_to_the_size_that_is_told(prepared: dict[str, Any], side: int) -> None:
    assert describe(TRANSFORMERS | {"image_size": 96}, prepared, "m").side == side


@pytest.mark.usefixtures("fake")
def test_pictures_of_another_size_are_enlarged(tmp_path: Path) -> None:
    weights = read_weights(folder_of(tmp_path / "m", of_timm(), TIMM))
    (found,) = recognise(weights, (3, 16, 16), 10)
    assert found.architecture.resize == 32
    assert found.title == "tiny_net of timm, pictures brought to 32 pixels"


@pytest.mark.slow
def test_without_the_library_names_and_shapes_speak(
    pictures: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed ResNet-18 of timm's has torchvision's names; its folder prepares pictures."""
    monkeypatch.setattr("opcviz.intake.described.installed", lambda name: False)
    monkeypatch.setattr(libraries, "installed", lambda name: False)
    net = trained_like(replaced_stem())
    weights = read_weights(folder_of(tmp_path / "m", net, TIMM | {"architecture": "resnet18"}))
    found = recognise(weights, SHAPE, 10)
    assert [each.architecture.name for each in found] == ["small:resnet18", "pooled:resnet18"]
    assert (found[0].mean, found[0].std) == (MEAN, STD)
    other = read_weights(folder_of(tmp_path / "other", of_timm(), TIMM))
    with pytest.raises(IntakeError, match=r'timm, which is not installed: `pip install "opcviz\['):
        recognise(other, SHAPE, 10)


@pytest.mark.usefixtures("fake")
def test_what_does_not_fit_the_network_it_names_is_listed(tmp_path: Path) -> None:
    weights = read_weights(
        folder_of(tmp_path / "m", of_timm(), TIMM | {"model_args": {"depth": 3}})
    )
    (found,) = recognise(weights, SHAPE, 10)
    assert not found.fits
    assert any(name.startswith("blocks.2.0") for name in found.missing)


@pytest.mark.usefixtures("fake")
def test_the_fingerprint_is_that_of_sha256sum(tmp_path: Path) -> None:
    place = folder_of(tmp_path / "m", of_timm(), TIMM, PREPARED)
    (place / "README.md").write_text("not read")
    names = ("config.json", "model.safetensors", "preprocessor_config.json")
    lines = "".join(
        f"{hashlib.sha256((place / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    )
    read = read_weights(place)
    assert read.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert read.bytes == sum((place / name).stat().st_size for name in names)


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("inside", ["", "my model/"])
def test_an_archive_of_a_folder_is_read_like_it(
    inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder_of(tmp_path / "m", of_timm(), TIMM)
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in place.iterdir():
            archive.write(file, f"{inside}{file.name}")
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spare))
    packed, plain = read_weights(tmp_path / "m.zip"), read_weights(place)
    assert packed.sha256 == plain.sha256
    assert packed.described == plain.described
    assert not os.listdir(spare)


@pytest.mark.slow
def test_a_pickled_folder_and_one_without_a_config_are_read(tmp_path: Path) -> None:
    net = replaced_stem()
    torch.save(net.state_dict(), tmp_path / "pytorch_model.bin")
    read = read_weights(tmp_path)
    assert read.described is None
    assert recognise(read, SHAPE, 10)[0].fits
