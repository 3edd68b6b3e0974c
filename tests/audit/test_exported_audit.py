"""Audits of exported programs: what they cannot be asked for is left out, and reports say it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from audited import FAST
from torch import Tensor, nn

from opcviz.audit import AuditResult, AuditSpec, audit
from opcviz.audit.opening import open_case
from opcviz.models import Architecture, build_network
from opcviz.study import Store

CPU = torch.device("cpu")


class Unusual(nn.Module):
    """A network for the digits that no list of architectures has."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.gate = nn.Conv2d(8, 8, 3, padding=1)
        self.out = nn.Linear(8 * 16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = nn.functional.adaptive_avg_pool2d(x * self.gate(x).sigmoid(), 4)
        return self.out(x.flatten(1))


def exported(net: nn.Module, path: Path) -> str:
    shapes = ({0: torch.export.Dim("batch", min=1, max=4096)},)
    program = torch.export.export(net.eval(), (torch.rand(3, 1, 8, 8),), dynamic_shapes=shapes)
    torch.export.save(program, path)
    return str(path)


def asked(net: nn.Module, folder: Path, **changes: object) -> AuditSpec:
    original = exported(net, folder / "original.pt2")
    with torch.no_grad():
        next(m for m in reversed([*net.modules()]) if isinstance(m, nn.Linear)).bias[0] -= 5
    values = {
        "original": original,
        "unlearned": exported(net, folder / "unlearned.pt2"),
        "suite": "quick",
        "without": list(FAST),
        "forget": "classes:0",
    }
    return AuditSpec.from_dict(values | changes)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    folder = tmp_path_factory.mktemp("exported")
    torch.manual_seed(0)
    evidence = {"instruments": ["shadows", "relearning"]}
    spec = asked(Unusual(), folder, retrain=2, evidence=evidence)
    return audit(spec, Store(folder / "store"), CPU)


@pytest.mark.slow
def test_nothing_is_trained_from_the_start_and_the_report_says_why(found: AuditResult) -> None:
    methods = {model.method.info.name for model in found.study.models}
    assert methods == {"original", "brought"}
    told = " ".join(found.report.warnings)
    assert "shadow models) are left out" in told
    assert "No retrained models were trained, though 2 were asked for" in told
    assert "relearning goes on from the given weights" in told
    assert found.study.models[-1].artefact("shadows") is None
    assert not list(found.study.store.root.rglob("shadows*"))


@pytest.mark.slow
def test_what_needs_no_training_from_the_start_is_there(found: AuditResult) -> None:
    (model,) = [m for m in found.study.models if m.method.info.name == "brought"]
    evidence = model.artefact("evidence")
    assert evidence is not None
    assert evidence.json()["accuracy"]["forget_test"] < 20


@pytest.mark.slow
def test_a_known_network_is_taken_as_what_it_is_and_can_be_trained(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = build_network(Architecture("resnet8", 0.5), 1, 10)
    case = open_case(asked(net, tmp_path, retrain=2), CPU)
    assert case.study.architecture == Architecture("resnet8", 0.5)
    assert case.retrain == 2
    assert not any("exported program" in note for note in case.notes)
    x = torch.rand(4, 1, 8, 8)
    ours, theirs = case.unlearned.model, net.eval()
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)
