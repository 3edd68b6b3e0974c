"""Retrained models in any order, twice, wrongly named or never trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from audited import spec_of, weights
from safetensors.torch import load_file, save_file

from opcviz.audit import audit, check
from opcviz.audit.opening import open_case
from opcviz.common.config import ConfigError
from opcviz.study import Store
from opcviz.verdict import Verdict

CPU = torch.device("cpu")
BAND = [weights("retrain", seed) for seed in range(3)]


def test_the_order_of_retrained_models_changes_nothing(tmp_path: Path) -> None:
    """They are kept, attacked and judged in one order, whatever the command's."""
    one, other = (
        audit(spec_of(retrained=each), Store(tmp_path / str(n)), CPU)
        for n, each in enumerate((BAND[:2], BAND[1::-1]))
    )
    assert one.study.place == other.study.place
    assert one.report.inputs == other.report.inputs
    assert one.report.figures == other.report.figures
    assert one.report.profile == other.report.profile
    told = [[(m["key"], m["accuracy"]) for m in each.report.models] for each in (one, other)]
    assert told[0] == told[1]


def test_a_copy_is_no_further_model(tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    save_file(load_file(BAND[0]), copy, {"made": "again"})
    with pytest.raises(ConfigError, match="have the same weights: give each once"):
        open_case(spec_of(retrained=[BAND[0], str(copy)]), CPU)


def test_the_original_is_no_retrained_model() -> None:
    with pytest.raises(ConfigError, match="it was trained on the forgotten data"):
        open_case(spec_of(retrained=[BAND[0], weights("original")]), CPU)


def test_one_that_saw_the_classes_is_named_and_left_out_of_the_headline(tmp_path: Path) -> None:
    spec = spec_of(retrained=[*BAND[:2], weights("original", 1)])
    found = audit(spec, Store(tmp_path), CPU).report
    verdict: Verdict = found.verdict
    assert len(verdict.doubted) == 1
    assert verdict.band in (2, 3)
    assert any("seems to have been trained on them" in each for each in found.warnings)
    assert any("the worse of the two stands" in note for note in verdict.notes)


def test_a_model_without_training_is_not_called_badly_prepared(tmp_path: Path) -> None:
    """The original answers under the same preparation: that is the ground."""
    values, noise = load_file(weights("opc")), torch.Generator().manual_seed(0)
    for name, value in values.items():
        if name.endswith("weight"):
            values[name] = 0.1 * torch.randn(value.shape, generator=noise)
    path = tmp_path / "untrained.safetensors"
    save_file(values, path)
    (said,) = check(spec_of(unlearned=str(path)), Store(tmp_path / "store"), CPU).warnings
    assert "the original model (weights.safetensors), prepared in the same way, " in said
    assert "So it is untrained or destroyed" in said
