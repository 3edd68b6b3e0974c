"""An audit takes a model's folder, or a .zip of one, wherever it takes a file of weights."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import fake_libraries
import pytest
import torch
from audited import FAST, apart
from model_folders import folder_of
from published import trained_like

from opcviz.audit import AuditSpec, audit, page_look
from opcviz.audit.opening import open_case
from opcviz.audit.page_job import FirstLook, Given, PageJob
from opcviz.common.progress import Progress
from opcviz.data import DataSpec, load
from opcviz.models import Architecture, save_weights, wrap_network
from opcviz.study import Store

CPU = torch.device("cpu")
CONFIG = {
    "architecture": "tiny_net",
    "pretrained_cfg": {"input_size": [1, 8, 8], "mean": 0.5, "std": 0.25},
    "label_names": list("9876543210"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_libraries.install(monkeypatch)
    torch.manual_seed(0)
    return folder_of(tmp_path / "my model", trained_like(fake_libraries.TinyNet(1, 10)), CONFIG)


@pytest.mark.parametrize("packed", [False, True])
def test_a_case_is_opened_from_a_folder(folder: Path, packed: bool) -> None:
    given = shutil.make_archive(str(folder), "zip", folder) if packed else f"{folder}/"
    case = open_case(AuditSpec(unlearned=given, forget={"classes": ["0"]}), CPU)
    assert case.study.architecture == Architecture("timm:tiny_net")
    (about, *_) = case.inputs
    assert about.name == ("my model.zip" if packed else "my model")
    assert about.format == "safetensors, a folder of timm"
    assert about.bytes == sum(file.stat().st_size for file in folder.iterdir())
    assert any("put in order by their names" in note for note in case.notes)
    assert float(case.unlearned.model.mean) == 0.5
    assert case.fresh(0).net.state_dict().keys() == case.unlearned.model.net.state_dict().keys()


def test_the_page_looks_at_a_folder_in_a_visitors_area(folder: Path, tmp_path: Path) -> None:
    held = folder.rename(folder.with_name("0f3a"))
    job = PageJob(
        unlearned=Given("net.safetensors and its folder", str(held), held=True),
        data={"name": "digits"},
        forget="classes:0",
    )
    told = FirstLook.from_dict(page_look.check(job.to_dict(), tmp_path / "store", Progress()))
    about = told.file("unlearned")
    assert about is not None
    assert not about.fault
    assert about.bytes == sum(file.stat().st_size for file in held.iterdir())
    assert [choice.name for choice in told.choices] == ["timm:tiny_net"]
    assert "0f3a" not in str(told.to_dict())


@pytest.mark.slow
def test_a_whole_audit_of_folders_finds_the_numbers_of_our_own_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders of one architecture beside the same values as a file of ours."""
    fake_libraries.install(monkeypatch)
    config = {key: each for key, each in CONFIG.items() if key != "label_names"}
    data = load(DataSpec("digits"))
    torch.manual_seed(0)
    net = trained_like(fake_libraries.TinyNet(1, 10))
    changed = copy.deepcopy(net)
    with torch.no_grad():
        next(changed.parameters()).mul_(1.25)
    theirs, ours = {}, {}
    for role, each in (("original", net), ("unlearned", changed)):
        theirs[role] = str(folder_of(tmp_path / role, each, config))
        ours[role] = str(tmp_path / f"{role}.safetensors")
        half, quarter = torch.tensor([0.5]), torch.tensor([0.25])
        save_weights(Path(ours[role]), wrap_network(each, data, half, quarter).state_dict(), {})

    def figures(files: dict[str, str], **more: str) -> dict[str, object]:
        asked = {"forget": {"classes": ["0"]}, "suite": "quick", "without": list(FAST)}
        spec = AuditSpec.from_dict({**files, **asked, **more})
        place = tmp_path / f"store {len(more)}"
        found = audit(spec, Store(place), CPU).report
        assert len(found.figures) > 3
        return {"figures": [each.to_dict() for each in found.figures], "profile": found.profile}

    assert not list(apart(figures(theirs), figures(ours, architecture="timm:tiny_net")))
