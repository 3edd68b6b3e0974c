"""An audit that is asked for again is the same one, whatever its files are called by then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from audited import spec_of, weights

from opcviz.audit import audit
from opcviz.study import Store


@pytest.mark.slow
def test_weights_under_another_name_are_the_same_model(tmp_path: Path) -> None:
    store, cpu = Store(tmp_path / "store"), torch.device("cpu")
    renamed = shutil.copy(weights("opc"), tmp_path / "renamed.safetensors")
    plan = {"evidence": {"instruments": []}}
    first, second, third = (
        audit(spec_of(unlearned=str(path), **plan), store, cpu)
        for path in (weights("opc"), renamed, weights("opc"))
    )
    assert store.places() == [first.study.place]
    assert {each.report.model for each in (first, second, third)} == {first.report.model}
    assert [m.method.info.name for m in third.study.models] == ["original", "retrain", "brought"]
    assert second.report.inputs[1].name == "renamed.safetensors"
    assert second.report.question["title"] == "Audit of renamed.safetensors"
    assert second.report.profile == first.report.profile
