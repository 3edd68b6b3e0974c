"""The audit of networks in memory: plain modules in, the same verdict out."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from audited import FAST, apart, weights
from torch import nn

import opcviz
from opcviz.common.config import ConfigError
from opcviz.data import DataError, Images
from opcviz.models import Architecture, build_classifier, load_weights


@pytest.fixture(scope="module")
def lab() -> SimpleNamespace:
    """The digits, and the shipped models as plain networks with what normalises them."""
    data = opcviz.load_data("digits", device="cpu")

    def model(method: str, seed: int = 0) -> nn.Module:
        made = build_classifier(Architecture("resnet8"), data, 0)
        load_weights(made, Path(weights(method, seed)))
        return made

    mean, std = data.mean_std()
    return SimpleNamespace(
        data=data,
        split=opcviz.split(data, "classes:0,1,2"),
        original=model("original").net,
        unlearned=model("opc").net,
        retrained=model("retrain").net,
        usual={"mean": mean, "std": std, "quick": True, "without": FAST, "progress": False},
    )


@pytest.mark.slow
def test_two_networks_give_the_numbers_that_their_files_give(
    lab: SimpleNamespace, tmp_path: Path
) -> None:
    from audited import spec_of

    from opcviz.audit import audit
    from opcviz.study import Store

    before = [p.clone() for p in lab.unlearned.parameters()]
    found = opcviz.audit(
        lab.original, lab.unlearned, lab.data, lab.split, retrained=[lab.retrained], **lab.usual
    )
    files = audit(spec_of(), Store(tmp_path), torch.device("cpu"))
    ours, theirs = (
        {m.method.info.name: m.artefact("evidence").json() for m in each.study.models}
        for each in (found, files)
    )
    assert not list(apart(ours, theirs))
    assert found.report.profile == files.report.profile
    assert all(torch.equal(a, b) for a, b in zip(before, lab.unlearned.parameters(), strict=True))
    assert [each.format for each in found.report.inputs[:3]] == ["in memory"] * 3
    assert found.report.spec is None


@pytest.mark.slow
def test_the_folder_goes_with_the_result_unless_one_was_named(
    lab: SimpleNamespace, tmp_path: Path
) -> None:
    found = opcviz.audit(None, lab.unlearned, lab.data, "classes:0,1,2", **lab.usual)
    folder = found.study.store.root
    assert folder.is_dir()
    del found
    assert not folder.exists()
    kept = opcviz.audit(
        None, lab.unlearned, lab.data, np.arange(100), store=tmp_path / "s", **lab.usual
    )
    place = kept.study.place
    del kept
    assert opcviz.open_study(place, store=tmp_path / "s").probe()[1].sizes["forget_train"] == 100


def test_the_room_and_the_call_are_one_name(lab: SimpleNamespace) -> None:
    assert inspect.ismodule(opcviz.audit)
    assert callable(opcviz.audit)
    from opcviz.audit import AuditSpec

    assert opcviz.audit.AuditSpec is AuditSpec
    assert "audit" in opcviz.__all__


@pytest.mark.slow
def test_a_plot_of_an_audit_is_that_of_its_study(lab: SimpleNamespace) -> None:
    found = opcviz.audit(lab.original, lab.unlearned, lab.data, lab.split, **lab.usual)
    assert opcviz.plot(found) == opcviz.plot(found.study)


def tiny(outputs: int = 10) -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, outputs))


def poisoned() -> nn.Module:
    net = tiny()
    with torch.no_grad():
        net[1].weight[0, 0] = float("nan")
    return net


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"unlearned": tiny(7)}, ConfigError, "unlearned: Sequential answers 7 classes"),
        ({"unlearned": poisoned()}, ConfigError, "unlearned: 'net.1.weight' holds NaN"),
        ({"unlearned": "net.pt"}, TypeError, "unlearned: wants a trained network"),
        ({"forget": [0, 0]}, DataError, "forget: wants different positions"),
        ({"forget": [5000]}, DataError, "from 0 to 1436"),
        ({"forget": range(1437)}, DataError, "names all 1437 train samples"),
        ({"forget": "confusion:3,5:50%"}, DataError, r"opcviz\.prepare"),
        ({"mean": "grey", "std": 1}, TypeError, "mean: wants one number a channel"),
        ({"data": 3}, TypeError, "data: wants a data set"),
    ],
)
def test_what_cannot_be_audited_is_said(
    lab: SimpleNamespace,
    changes: dict[str, object],
    error: type[Exception],
    told: str,
    tmp_path: Path,
) -> None:
    asked = {"original": None, "unlearned": tiny(), "data": lab.data, "forget": "classes:0"}
    asked |= {"progress": False, "store": tmp_path / "store"} | changes
    with pytest.raises(error, match=told):
        opcviz.audit(**asked)
    assert not (tmp_path / "store").exists()


def test_a_split_of_other_data_is_refused(lab: SimpleNamespace) -> None:
    data: Images = lab.data
    fewer = opcviz.data_from_arrays(
        *(data.x_train[:-7], data.y_train[:-7], data.x_test, data.y_test), device="cpu"
    )
    with pytest.raises(DataError, match="forget: was made of 'arrays'"):
        opcviz.audit(None, tiny(), data, opcviz.split(fewer, "classes:0"), progress=False)
