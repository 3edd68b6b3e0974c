"""Exported programs are read as lists of known operations, and answer as their network does."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from published import PlainViT, trained_like
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.common.config import ConfigError
from opcviz.common.untrusted import IntakeError
from opcviz.data import Images, assemble
from opcviz.intake.recognise import as_candidate, brought, recognise
from opcviz.intake.weights import read_weights
from opcviz.models import Architecture, build_network


class Paired(nn.Module):
    """Compares each picture of a batch with every other: its cost grows with the square."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.out = nn.Flatten(), nn.Linear(3, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.flat(F.adaptive_avg_pool2d(x, 1))
        return self.out(F.softmax(x @ x.t(), 1) @ x)


class Unusual(nn.Module):
    """A network that no list of architectures has, with work in place and a shape of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("gain", torch.tensor([1.5, 0.5, 1.0]).view(1, 3, 1, 1))
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True)
        )
        self.gate = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Sequential(nn.Flatten(), nn.Linear(8 * 16, 12), nn.Tanh(), nn.Linear(12, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x * self.gain)
        x = x + torch.sigmoid(self.gate(x)) * x
        x += 0.1
        return self.out(self.drop(F.adaptive_avg_pool2d(x, 4)))


def exported(net: nn.Module, side: int = 32, dynamic: bool = True) -> bytes:
    shapes = ({0: torch.export.Dim("batch", min=1, max=4096)},) if dynamic else None
    program = torch.export.export(net, (torch.rand(3, 3, side, side),), dynamic_shapes=shapes)
    file = io.BytesIO()
    torch.export.save(program, file)
    return file.getvalue()


@cache
def unusual() -> tuple[nn.Module, bytes]:
    torch.manual_seed(0)
    net = trained_like(Unusual())
    return net, exported(net)


@pytest.fixture(scope="module")
def pictures() -> Images:
    rng = np.random.default_rng(0)
    part = rng.integers(0, 256, (20, 3, 32, 32), dtype=np.uint8), np.arange(20) % 10
    return assemble("noise", part, part)


def check(net: nn.Module, raw: bytes, pictures: Images, folder: Path) -> Any:
    (folder / "model.pt2").write_bytes(raw)
    weights = read_weights(folder / "model.pt2")
    assert weights.format == "torch.export"
    found = recognise(weights, (3, 32, 32), 10)
    assert all(each.fits for each in found)
    assert found[0].architecture.name.startswith("exported:")
    assert as_candidate(found[0].architecture.name, weights, (3, 32, 32), 10) == found[0]
    model = brought(found[0], weights, pictures)
    x = pictures.batch(torch.arange(5))
    before = x.clone()
    with torch.no_grad():
        torch.testing.assert_close(model(x), net(x), atol=1e-6, rtol=1e-6)
        features, logits = model.features(x)
        torch.testing.assert_close(model.head(features), logits)
    assert torch.equal(x, before)
    return model, found


@pytest.mark.slow
def test_any_network_comes_back_as_it_was(pictures: Images, tmp_path: Path) -> None:
    model, found = check(*unusual(), pictures, tmp_path)
    assert len(found) == 1
    assert model.block_names == ("stem", "gate", "drop")[: len(model.block_names)]
    assert "stem" in model.block_names
    x = pictures.batch(torch.arange(2))
    with torch.no_grad():
        assert model.activations(x).blocks["stem"].shape == (2, 8, 32, 32)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["cifar:resnet20", "vit:side32-patch8-width48-depth2-heads3", "small:resnet18"]
)
def test_a_known_network_is_offered_as_what_it_is_too(
    name: str, pictures: Images, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    net = trained_like(build_network(Architecture(name), 3, 10))
    _, found = check(net, exported(net), pictures, tmp_path)
    assert name in [each.architecture.name for each in found]


def test_gradients_reach_the_pictures_and_the_weights(pictures: Images, tmp_path: Path) -> None:
    model, _ = check(*unusual(), pictures, tmp_path)
    x = pictures.batch(torch.arange(2)).requires_grad_()
    model(x).square().sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(p.grad is not None for p in model.parameters())


@pytest.mark.slow
def test_a_program_of_one_batch_size_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_bytes(exported(trained_like(PlainViT()), dynamic=False))
    weights = read_weights(tmp_path / "model.pt2")
    with pytest.raises(IntakeError, match="dynamic_shapes"):
        recognise(weights, (3, 32, 32), 10)


def test_a_program_whose_cost_grows_faster_than_the_batch_is_refused(tmp_path: Path) -> None:
    """What makes shapes of the batch's size would ask for all memory at a usual batch."""
    (tmp_path / "model.pt2").write_bytes(exported(Paired().eval()))
    weights = read_weights(tmp_path / "model.pt2")
    with pytest.raises(IntakeError, match="grow faster than the number of pictures"):
        recognise(weights, (3, 32, 32), 10)


def test_other_numbers_of_classes_are_said(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_bytes(unusual()[1])
    (found,) = recognise(read_weights(tmp_path / "model.pt2"), (3, 32, 32), 7)
    assert found.misshaped == ("the last layer: 10 classes in the file, 7 in the data",)


def test_a_program_without_its_weights_answers_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.pt2").write_bytes(unusual()[1])
    (found,) = recognise(read_weights(tmp_path / "model.pt2"), (3, 32, 32), 10)
    assert not found.architecture.can_be_trained
    assert Architecture("small:resnet18").can_be_trained
    empty = build_network(found.architecture, 3, 10)
    assert empty(torch.rand(2, 3, 32, 32)).isnan().all()


def test_a_program_that_is_not_open_cannot_be_built() -> None:
    with pytest.raises(ConfigError, match=r"give the \.pt2 file again"):
        build_network(Architecture("exported:0123456789ab"), 3, 10)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The program with its description changed."""
    into = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(unusual()[1])) as old,
        zipfile.ZipFile(into, "w") as new,
    ):
        for each in old.infolist():
            content = old.read(each)
            if "/models/" in each.filename:
                model = json.loads(content)
                change(model["graph_module"])
                content = json.dumps(model).encode()
            new.writestr(each.filename, content)
    return into.getvalue()


def target(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda module: module["graph"]["nodes"][0].update(target=name)


def huge(module: dict[str, Any]) -> None:
    pad = {"target": "torch.ops.aten.pad.default", "outputs": [{"as_tensor": {"name": "far"}}]}
    given = {"as_tensor": {"name": "x"}}, {"as_ints": [0, 2**20, 0, 2**20]}
    pad["inputs"] = [{"name": "", "arg": each, "kind": 1} for each in given]
    module["graph"]["nodes"].insert(0, pad)


def no_name(module: dict[str, Any]) -> None:
    for spec in module["signature"]["input_specs"]:
        if "parameter" in spec:
            spec["parameter"]["parameter_name"] = "../../etc/passwd"


def reserved(module: dict[str, Any]) -> None:
    module["signature"]["input_specs"][0]["parameter"]["parameter_name"] = "forward.weight"


def trains(module: dict[str, Any]) -> None:
    for node in module["graph"]["nodes"]:
        if "batch_norm" in node["target"]:
            node["inputs"][5]["arg"] = {"as_bool": True}


def two_inputs(module: dict[str, Any]) -> None:
    specs = module["signature"]["input_specs"]
    specs.append(next(each for each in specs if "user_input" in each))


def expression(module: dict[str, Any]) -> None:
    arg = {"as_sym_int": {"as_expr": {"expr_str": "__import__('os').system('touch owned')"}}}
    module["graph"]["nodes"][0]["inputs"][0]["arg"] = arg


PROGRAMS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "os.system": (target("os.system"), "'os.system'"),
    "builtins.eval": (target("builtins.eval"), "'builtins.eval'"),
    "a dangerous operation": (target("torch.ops.aten.from_file.default"), "from_file"),
    "an operation on memory": (target("torch.ops.aten.as_strided.default"), "as_strided"),
    "an expression": (expression, "."),
    "a huge result": (huge, "would make more than"),
    "a path for a name": (no_name, "which is none"),
    "training mode": (trains, r"call model\.eval\(\)"),
    "two inputs": (two_inputs, "more than one tensor"),
    "no steps": (lambda m: m["graph"].update(nodes=[]), "damaged"),
    "steps of nothing": (lambda m: m["graph"].update(nodes=[{}]), "known form"),
    "no graph": (lambda m: m.clear(), "known form"),
    "a weight of another name": (reserved, "lacks the weights"),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_a_program_that_does_more_is_refused(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, message = PROGRAMS[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.pt2").write_bytes(changed(change))
    with pytest.raises(IntakeError, match=message):
        recognise(read_weights(tmp_path / "model.pt2"), (3, 32, 32), 10)
    assert [each.name for each in tmp_path.iterdir()] == ["model.pt2"]
