"""Weights in the forms that others publish are recognised, and answer as their own network does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from published import FORMS, Normalise, replaced_stem, trained_like, zoo
from safetensors.torch import save, save_file
from torch import Tensor, nn

from opcviz.common.config import ConfigError
from opcviz.common.untrusted import IntakeError
from opcviz.data import Images, assemble
from opcviz.intake.candidates import build_empty
from opcviz.intake.recognise import Candidate, as_candidate, brought, recognise
from opcviz.intake.weights import Weights, read_weights
from opcviz.models import Architecture, save_weights, wrap_network

SHAPE = (3, 32, 32)


@pytest.fixture(scope="module")
def pictures() -> Images:
    rng = np.random.default_rng(0)
    part = rng.integers(0, 256, (20, *SHAPE), dtype=np.uint8), np.arange(20) % 10
    return assemble("noise", part, part)


def as_weights(net: nn.Module) -> Weights:
    return Weights(dict(net.state_dict()), "test", "")


def logits(net: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        return net(x)


def named(found: tuple[Candidate, ...], name: str) -> Candidate:
    return next(each for each in found if each.architecture.name == name)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_published_form_is_recognised_and_answers_the_same(form: str, pictures: Images) -> None:
    make, name = FORMS[form]
    torch.manual_seed(1)
    net = trained_like(make())
    weights = as_weights(net)
    found = recognise(weights, SHAPE, 10)
    assert all(each.fits for each in found)
    model = brought(named(found, name), weights, pictures)
    x = pictures.batch(torch.arange(2))
    assert not model.training
    torch.testing.assert_close(logits(model, x), logits(net, x), atol=1e-6, rtol=1e-6)
    assert logits(net, x).std() > 1e-3  # there is something to compare
    # what float32 hides: another epsilon, another order of layers
    exact = logits(net.double(), x.double())
    torch.testing.assert_close(logits(model.double(), x.double()), exact, atol=1e-9, rtol=1e-9)


FILES = {
    "bare": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3, "best": 0.9},
    "model": lambda state: {"model": state, "args": {"lr": 0.1}},
    "net": lambda state: {"net": state, "acc": 93.1, "epoch": 200},
    "model_state_dict": lambda state: {
        "model_state_dict": state,
        "optimizer_state_dict": {"state": {0: {"momentum_buffer": torch.ones(3)}}},
    },
    "ema": lambda state: {"ema": state},
    "deeper": lambda state: {"model": {"state_dict": state}},
    "module": lambda state: {f"module.{key}": each for key, each in state.items()},
    "compiled": lambda state: {f"_orig_mod.module.{key}": each for key, each in state.items()},
    "backbone": lambda state: {
        key if key.startswith("fc.") else f"backbone.{key}": each for key, each in state.items()
    },
    "encoder": lambda state: {
        f"encoder.{key}".replace("encoder.fc.", "linear."): each for key, each in state.items()
    },
}


@pytest.mark.parametrize("wrapped", FILES)
@pytest.mark.parametrize("suffix", ["pt", "safetensors", "old"])
def test_wrappers_and_prefixes_come_off(wrapped: str, suffix: str, tmp_path: Path) -> None:
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(3, 4, 3))
    state = {"conv1.weight": torch.rand(4, 3, 3, 3), "fc.weight": torch.rand(2, 4)}
    content = FILES[wrapped](state)
    path = tmp_path / f"model.{suffix}"
    if suffix == "safetensors":
        if not all(isinstance(each, Tensor) for each in content.values()):
            return  # safetensors holds tensors alone
        save_file(content, path)
    else:
        torch.save(content, path, _use_new_zipfile_serialization=suffix == "pt")
    read = read_weights(path)
    assert sorted(each.flatten()[0] for each in read.tensors.values()) == sorted(
        each.flatten()[0] for each in state.values()
    )
    if wrapped not in ("backbone", "encoder"):  # those may be the network's own names
        assert read.tensors.keys() == state.keys()


def test_a_header_whose_length_begins_as_a_pickle_does_is_one_of_safetensors(
    tmp_path: Path,
) -> None:
    """One in 32 files of safetensors: headers are padded to eight bytes."""
    for padding in range(0, 256, 8):
        raw = save({"w" * (1 + padding): torch.arange(4.0)})
        if raw[0] == 0x80:
            break
    (tmp_path / "model.safetensors").write_bytes(raw)
    (found,) = read_weights(tmp_path / "model.safetensors").tensors.values()
    assert raw[0] == 0x80
    assert found.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("wrapped", ["backbone", "encoder", "module"])
def test_a_body_under_a_prefix_is_recognised(wrapped: str) -> None:
    state = FILES[wrapped](replaced_stem().state_dict())
    found = recognise(Weights(state, "test", ""), SHAPE, 10)
    assert [each.architecture.name for each in found] == ["small:resnet18", "pooled:resnet18"]


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_a_normalisation_layer_inside_is_used(
    scale: float, pictures: Images, tmp_path: Path
) -> None:
    mean, std = (0.49, 0.48, 0.45), (0.2, 0.21, 0.26)
    torch.manual_seed(2)
    body = trained_like(replaced_stem())
    net = nn.Sequential(Normalise(mean, std), body).eval()
    state = net.state_dict()
    state["0.mean"], state["0.std"] = state["0.mean"] * scale, state["0.std"] * scale
    torch.save(state, tmp_path / "robust.pt")
    weights = read_weights(tmp_path / "robust.pt")
    (first, *_) = recognise(weights, SHAPE, 10)
    assert first.mean == pytest.approx(mean)
    assert first.std == pytest.approx(std)
    x = pictures.batch(torch.arange(4))
    torch.testing.assert_close(
        logits(brought(first, weights, pictures), x), logits(net, x), atol=1e-6, rtol=1e-6
    )
    given = brought(first, weights, pictures, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    torch.testing.assert_close(logits(given, x), logits(body, x), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    "dtype",
    [
        torch.float16,
        *(pytest.param(d, marks=pytest.mark.slow) for d in (torch.bfloat16, torch.float64)),
    ],
)
def test_other_precisions_become_float32(dtype: torch.dtype, tmp_path: Path) -> None:
    net = replaced_stem()
    torch.save(net.to(dtype).state_dict(), tmp_path / "half.pth")
    weights = read_weights(tmp_path / "half.pth")
    expected = {key: each.float() for key, each in net.state_dict().items()}
    for key, each in weights.tensors.items():
        assert torch.equal(each.float(), expected[key])
        assert not each.is_floating_point() or each.dtype == torch.float32
    assert bool(weights.notes) == (dtype != torch.float64)
    assert recognise(weights, SHAPE, 10)[0].fits


@pytest.mark.slow
def test_our_own_files_are_read_as_any_other(pictures: Images, tmp_path: Path) -> None:
    torch.manual_seed(3)
    net, half = trained_like(replaced_stem()), torch.full((3,), 0.5)
    model = wrap_network(net, pictures, half, half / 2).eval()
    save_weights(tmp_path / "own.safetensors", model.state_dict(), {})
    weights = read_weights(tmp_path / "own.safetensors")
    back = brought(recognise(weights, SHAPE, 10)[0], weights, pictures)
    x = pictures.batch(torch.arange(4))
    torch.testing.assert_close(logits(back, x), logits(model, x), atol=1e-6, rtol=1e-6)


def test_our_own_architecture_of_another_width_is_recognised() -> None:
    from opcviz.models import Architecture, build_network

    net = build_network(Architecture("resnet8", 0.5), 1, 10)
    (found,) = recognise(as_weights(net), (1, 8, 8), 10)
    assert found.fits
    assert found.architecture == Architecture("resnet8", 0.5)
    assert as_candidate("resnet8@0.5", as_weights(net), (1, 8, 8), 10) == found


def test_a_transformer_for_larger_pictures_enlarges_ours() -> None:
    make, name = FORMS["small ViT"]
    found = as_candidate(name, as_weights(make()), (3, 16, 16), 10)
    assert found.fits
    assert found.architecture.resize == 32


def test_what_does_not_fit_is_listed_by_name(pictures: Images) -> None:
    state = dict(replaced_stem(classes=7).state_dict())
    del state["layer3.1.bn2.running_var"]
    state["extra.weight"] = torch.zeros(2)
    weights = Weights(state, "test", "")
    for found in (
        recognise(weights, SHAPE, 10)[0],
        as_candidate("small:resnet18", weights, SHAPE, 10),
    ):
        assert not found.fits
        assert found.missing == ("layer3.1.bn2.running_var",)
        assert found.unexpected == ("extra.weight",)
        assert found.misshaped == (
            "fc.weight: (7, 512) in the file, (10, 512) in the network",
            "fc.bias: (7,) in the file, (10,) in the network",
        )
        with pytest.raises(
            IntakeError, match=r"1 missing in the file: layer3\.1\.bn2\.running_var"
        ):
            brought(found, weights, pictures)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["regnet_y_400mf", "shufflenet_v2_x0_5"])
def test_other_networks_of_torchvision_are_recognised(name: str) -> None:
    """RegNet computes its widths with tensors, which a device without memory cannot show."""
    state = zoo.get_model(name, num_classes=10).state_dict()
    found = recognise(Weights(dict(state), "test", ""), SHAPE, 10)
    assert [each.architecture.name for each in found if each.fits] == [f"torchvision:{name}"]


def test_an_unknown_network_gives_no_candidate() -> None:
    weights = as_weights(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 10)))
    assert recognise(weights, SHAPE, 10) == ()
    assert not as_candidate("resnet8", weights, SHAPE, 10).fits


@pytest.mark.parametrize("name", ["small:resnet19", "vit:big", "wrn:9-1", "cifar:resnet21", "x"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is unknown"):
        as_candidate(name, as_weights(nn.Linear(1, 1)), SHAPE, 10)


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [((0.5,) * 3, None, "without the other"), ((0.5,) * 3, (0.0,) * 3, "above 0")],
)
def test_a_normalisation_that_is_none_is_refused(
    mean: tuple[float, ...], std: tuple[float, ...] | None, message: str, pictures: Images
) -> None:
    weights = as_weights(replaced_stem())
    with pytest.raises(IntakeError, match=message):
        brought(recognise(weights, SHAPE, 10)[0], weights, pictures, mean, std)


def test_comparing_shapes_draws_no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Tensor:
        raise AssertionError("weights were drawn for a network without memory")

    monkeypatch.setattr("torch._refs.normal_", refuse)
    monkeypatch.setattr("torch.nn.init._no_grad_normal_", refuse)
    net = build_empty(Architecture("resnet8"), 1, 10)
    assert all(each.is_meta for each in net.parameters())
