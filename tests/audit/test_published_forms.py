"""Whole audits of weights in the forms that others publish: the numbers of our own format, to 1e-6.

Every form holds the same values, so what differs is only how they are read. The values are those
that half precision has, so that a file in half precision holds the same network as well.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from audited import FAST, apart
from published import NamedResNet, Normalise, replaced_stem, trained_like
from torch import Tensor, nn
from torch.nn import functional as F

from opcviz.audit import AuditResult, AuditSpec, audit
from opcviz.data import Images, assemble
from opcviz.intake import sanity
from opcviz.models import save_weights, wrap_network
from opcviz.study import Store

CPU = torch.device("cpu")
MEAN, STD = (0.5, 0.4375, 0.46875), (0.25, 0.21875, 0.28125)
CLASSES = 4
State = dict[str, Tensor]
Writer = Callable[[nn.Module, Path], None]


class Brought(NamedTuple):
    """One network in three roles, and where its data and our own files of it lie."""

    nets: dict[str, nn.Module]
    folder: Path
    data: str


def in_half(net: nn.Module) -> nn.Module:
    """The network in eval mode with values that half precision has."""
    for each in (*net.parameters(), *net.buffers()):
        if each.is_floating_point():
            each.data = each.data.half().float()
    return net.eval()


def pictures(folder: Path, train: int, test: int) -> tuple[Images, str]:
    """A colour a class under noise, kept as an .npz."""
    rng = np.random.default_rng(0)
    colours = rng.integers(60, 196, (CLASSES, 3, 4, 4)).repeat(8, 2).repeat(8, 3)

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.arange(count) % CLASSES
        noise = rng.normal(0, 40, (count, 3, 32, 32))
        return (colours[y] + noise).clip(0, 255).astype(np.uint8), y

    parts = part(train), part(test)
    (x_train, y_train), (x_test, y_test) = parts
    path = folder / "own.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return assemble("own", *parts), str(path)


def learnt(net: nn.Module, data: Images, steps: int) -> nn.Module:
    """Some steps of training, so that there is something to forget."""
    rate = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    net.train()
    for step in range(steps):
        ids = torch.arange(step * 32, step * 32 + 32) % len(data.y_train)
        loss = F.cross_entropy(net(normalised(data.batch(ids))), data.y_train[ids])
        rate.zero_grad()
        loss.backward()
        rate.step()
    return in_half(net)


def normalised(x: Tensor) -> Tensor:
    return Normalise(MEAN, STD)(x)


def three(net: nn.Module, head: str) -> dict[str, nn.Module]:
    """The network, one whose head no longer names class 0, and one that was changed elsewhere."""
    unlearned, retrained = copy.deepcopy(net), copy.deepcopy(net)
    with torch.no_grad():
        unlearned.get_submodule(head).bias[0] -= 8
        for number, each in enumerate(retrained.parameters()):
            each.mul_(1 + 0.125 * (number % 3))
        retrained.get_submodule(head).bias[0] -= 4
    return {
        "original": net,
        "unlearned": in_half(unlearned),
        "retrained": in_half(retrained),
    }


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Brought:
    """The least ResNet for CIFAR, trained for moments."""
    folder = tmp_path_factory.mktemp("resnet")
    data, path = pictures(folder, 96, 40)
    torch.manual_seed(0)
    net = NamedResNet((16, 32, 64), 1, "A")
    net.linear = nn.Linear(64, CLASSES)
    return Brought(three(learnt(net, data, 8), "linear"), folder, path)


def audited(what: Brought, files: dict[str, str], folder: Path, **changes: Any) -> AuditResult:
    values = {
        "original": files["original"],
        "unlearned": files["unlearned"],
        "retrained": [files["retrained"]] if "retrained" in files else [],
        "data": {"name": "arrays", "path": what.data},
        "forget": "classes:0",
        "suite": "quick",
        "without": list(FAST),
        **changes,
    }
    return audit(AuditSpec.from_dict(values), Store(folder), CPU)


def saved(
    what: Brought, folder: Path, write: Callable[[nn.Module, Path], None], suffix: str
) -> dict[str, str]:
    """The networks written in one form."""
    folder.mkdir(exist_ok=True)
    files = {}
    for role, net in what.nets.items():
        files[role] = str(folder / f"{role}{suffix}")
        write(net, Path(files[role]))
    return files


def own(what: Brought, folder: Path) -> dict[str, str]:
    """The networks in our own format."""
    archive = np.load(what.data)
    parts = ((archive[f"x_{p}"], archive[f"y_{p}"]) for p in ("train", "test"))
    data = assemble("own", *parts)

    def write(net: nn.Module, path: Path) -> None:
        centre, scale = torch.tensor(MEAN), torch.tensor(STD)
        model = wrap_network(copy.deepcopy(net), data, centre, scale)
        save_weights(path, model.state_dict(), {})

    return saved(what, folder, write, ".safetensors")


def numbers(found: AuditResult) -> dict[str, Any]:
    """Every number of an audit by model and kind, and its profile."""
    told: dict[str, Any] = {"profile": found.report.profile}
    for model in found.study.models:
        for kind in ("evidence", "similarity", "membership", "information", "blocks"):
            kept = model.artefact(kind)
            if kept is not None:
                told[f"{model.method.info.name}-{model.seed}-{kind}"] = kept.json()
    return told


@pytest.fixture(scope="module")
def ours(resnet: Brought, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The numbers through our own format."""
    folder = tmp_path_factory.mktemp("ours")
    found = numbers(audited(resnet, own(resnet, folder / "files"), folder))
    assert len(found) > 3
    assert found["original-0-evidence"]["accuracy"]["retain_test"] > 60
    return found


def as_state(
    change: Callable[[State], Any], half: bool = False
) -> Callable[[nn.Module, Path], None]:
    def write(net: nn.Module, path: Path) -> None:
        made = nn.Sequential(Normalise(MEAN, STD), net)
        made = copy.deepcopy(made).half() if half else made
        torch.save(change(made.state_dict()), path)

    return write


def as_program(net: nn.Module, path: Path) -> None:
    made = nn.Sequential(Normalise(MEAN, STD), net).eval()
    shapes = ({0: torch.export.Dim("batch", min=1, max=4096)},)
    torch.export.save(
        torch.export.export(made, (torch.rand(3, 3, 32, 32),), dynamic_shapes=shapes), path
    )


WRITTEN: dict[str, tuple[Writer, str]] = {
    "an embedded normalisation layer": (as_state(lambda state: state), ".pt"),
    "`module.` before every name, among other things": (
        as_state(
            lambda state: {
                "epoch": 3,
                "state_dict": {f"module.{key}": each for key, each in state.items()},
            }
        ),
        ".pth",
    ),
    "half precision": (as_state(lambda state: {"model": state}, half=True), ".pt"),
    "an exported program": (as_program, ".pt2"),
}


@pytest.mark.slow  # how each form is read: tests/intake/test_weights.py, test_recognise.py
@pytest.mark.parametrize("form", WRITTEN)
def test_a_whole_audit_finds_the_numbers_of_our_own_format(
    form: str, resnet: Brought, ours: dict[str, Any], tmp_path: Path
) -> None:
    write, suffix = WRITTEN[form]
    found = audited(resnet, saved(resnet, tmp_path / "files", write, suffix), tmp_path / "store")
    assert not list(apart(numbers(found), ours))


@pytest.mark.slow  # that others are read as what they are: tests/intake/test_recognise.py
def test_a_larger_network_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None
) -> None:
    """ResNet-18 with another stem, untrained: what is compared is how it is read.

    That it knows none of the pictures would have every other preparation of these tried.
    """
    monkeypatch.setattr(sanity, "CLEAR", 100.0)
    name = "small:resnet18"
    _, path = pictures(tmp_path, CLASSES, CLASSES)
    torch.manual_seed(0)
    nets = three(in_half(trained_like(replaced_stem(CLASSES))), "fc")
    del nets["retrained"]
    what = Brought(nets, tmp_path, path)

    def write(net: nn.Module, path: Path) -> None:
        torch.save({"net": net.state_dict(), "acc": 93.1}, path)

    # the smaller network was under these in every form; here they would take a minute
    without = {"without": [*FAST, "information", "blocks"]}
    normal = {"mean": list(MEAN), "std": list(STD), "architecture": name, **without}
    theirs = audited(
        what, saved(what, tmp_path / "theirs", write, ".pth"), tmp_path / "a", **normal
    )
    mine = audited(what, own(what, tmp_path / "ours"), tmp_path / "b", architecture=name, **without)
    assert not list(apart(numbers(theirs), numbers(mine)))
