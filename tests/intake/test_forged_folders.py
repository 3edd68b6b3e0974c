"""Forged folders of models are refused with a sentence; no name in them is believed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import fake_libraries
import pytest
import torch
from model_folders import SHAPE, TIMM, TRANSFORMERS, folder_of, of_timm
from safetensors.torch import save_file

from opcviz.common.config import ConfigError
from opcviz.common.untrusted import IntakeError
from opcviz.intake.recognise import recognise
from opcviz.intake.weights import read_weights
from opcviz.models import Architecture, build_network


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_libraries.install(monkeypatch)


def beside(**files: str | bytes) -> Any:
    def make(place: Path) -> None:
        for name, content in files.items():
            name = name.replace("__", ".")
            (place / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return make


def config(**changes: Any) -> Any:
    return beside(config__json=json.dumps(TIMM | changes))


def of_kind(**changes: Any) -> Any:
    return beside(config__json=json.dumps(TRANSFORMERS | changes))


def link(place: Path) -> None:
    (place / "config.json").unlink()
    (place / "config.json").symlink_to("/etc/passwd")


FORGED: dict[str, tuple[Any, str]] = {
    "a path for an architecture": (config(architecture="../../etc/passwd"), "no name"),
    "an address for an architecture": (config(architecture="hf-hub:evil/model"), "no name"),
    "an unknown architecture": (config(architecture="nothing_such"), "timm has no network"),
    "10^9 layers": (config(model_args={"depth": 10**9}), "'depth' of the network is 1000000000"),
    "many layers": (config(model_args={"depth": 8192, "embed_dim": 1}), "4000 layers"),
    "a number without end": (config(model_args={"depth": int("9" * 4000)}), "many digits"),
    "a negative size": (config(model_args={"embed_dim": -8}), "'embed_dim' of the network is -8"),
    "a file of weights": (config(model_args={"checkpoint_path": "/etc/x"}), "'checkpoint_path'"),
    "pretrained weights": (config(model_args={"pretrained": True}), "'pretrained'"),
    "a size of petapixels": (config(pretrained_cfg={"input_size": [3, 10**9, 10**9]}), "at most"),
    "a deviation of zero": (config(pretrained_cfg={"mean": 0, "std": 0}), "'std' holds '0'"),
    "settings that are a list": (config(model_args=[1]), "no table of settings"),
    "settings that contradict": (config(model_args={"embed_dim": None}), "cannot be made"),
    "an unknown kind": (of_kind(model_type="gpt2"), "'gpt2', which is none of the classifiers"),
    "a path for a kind": (of_kind(model_type="../evil"), "which is none of the classifiers"),
    "no classifier": (of_kind(architectures=["ViTModel"]), "no classifier of pictures"),
    "a program for a class": (of_kind(architectures=["os.system('x')"]), "no classifier"),
    "10^9 layers of transformers": (of_kind(num_hidden_layers=10**9), "num_hidden_layers"),
    "layers that are a table": (of_kind(num_hidden_layers={"a": 1}), "is a dict"),
    "no network": (beside(config__json="{}"), "names no network"),
    "no table": (beside(config__json="[1]"), "no table of settings"),
    "no JSON": (beside(config__json="{nonsense"), "is no JSON"),
    "brackets without end": (beside(config__json="[" * 100_000), "is no JSON"),
    "no number": (beside(config__json='{"architecture": "a", "x": NaN}'), "NaN is no number"),
    "bytes that are no text": (beside(config__json=b"\xff\xfe\x00"), "is no JSON"),
    "a link": (link, "symbolic link"),
    "weights in several files": (
        lambda place: (place / "model.safetensors").rename(place / "model.safetensors.index.json"),
        "max_shard_size",
    ),
    "no weights": (lambda place: (place / "model.safetensors").unlink(), "no such file"),
    "two files of weights": (
        lambda place: (
            [shutil.copy(place / "model.safetensors", place / name) for name in ("a.pt", "b.pt")]
            and (place / "model.safetensors").unlink()
        ),
        "2 files that could hold them",
    ),
    "weights for something else": (
        lambda place: save_file({"a": torch.ones(3)}, place / "model.safetensors"),
        "",
    ),
}


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("case", FORGED)
def test_what_is_forged_is_refused_with_a_sentence(case: str, tmp_path: Path) -> None:
    change, said = FORGED[case]
    place = folder_of(tmp_path / "m", of_timm(), TIMM)
    change(place)
    if not said:
        assert not any(each.fits for each in recognise(read_weights(place), SHAPE, 10))
        return
    with pytest.raises(IntakeError, match=said) as error:
        recognise(read_weights(place), SHAPE, 10)
    assert len(str(error.value)) < 700
    assert str(error.value).isprintable()


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    "name",
    [
        "timm:nothing",
        "timm:tiny_net{",
        'timm:tiny_net{"depth":100000}',
        'timm:tiny_net{"cache_dir":"x"}',
        "timm:../x",
        "transformers:clip",
        'transformers:vit{"hidden_size":-1}',
    ],
)
def test_a_name_that_somebody_typed_is_no_more_trusted(name: str) -> None:
    with pytest.raises(ConfigError):
        build_network(Architecture(name), 3, 10)
