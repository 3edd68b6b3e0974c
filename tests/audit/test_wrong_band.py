"""Retrained models in any order, twice, wrongly named or never trained."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
import torch
from audited import spec_of, weights
from safetensors.torch import load_file, save_file

from opcviz.audit import audit, check
from opcviz.audit.case import Case, Opened, in_order
from opcviz.audit.opening import open_case
from opcviz.common.config import ConfigError
from opcviz.models import Architecture
from opcviz.study import Store
from opcviz.verdict import Verdict

CPU = torch.device("cpu")
BAND = [weights("retrain", seed) for seed in range(3)]


def opened(role: str, value: float) -> Opened:
    net = torch.nn.Linear(2, 2)
    torch.nn.init.constant_(net.weight, value)
    torch.nn.init.constant_(net.bias, value)
    return Opened(role, f"{role}-{value:.0f}", net, Architecture(), "", "", 0, "")


@pytest.mark.parametrize(("brought", "trained"), [(3, 0), (0, 3)])
def test_the_seeds_of_the_band_begin_with_the_audits_own(brought: int, trained: int) -> None:
    models = (opened("unlearned", 9), *(opened("retrained", n) for n in range(brought)))
    parts = dict.fromkeys(("study", "data", "split", "fresh"))
    case = Case(**parts, models=models, inputs=(), seed=5, retrain=trained)
    assert case.band == case.seeds == (5, 6, 7)


def test_models_of_one_file_name_are_told_apart_by_their_hash() -> None:
    def named(name: str, digest: str) -> Opened:
        return replace(opened("retrained", 1), name=name, sha256=digest)

    first, second = named("weights.pt", "12" * 32), named("weights.pt", "34" * 32)
    alone = named("other.pt", "56" * 32)
    parts = dict.fromkeys(("study", "data", "split", "fresh"))
    case = Case(**parts, models=(first, second, alone), inputs=())
    assert [case.called(each) for each in case.models] == [
        "weights.pt of SHA-256 12121212…",
        "weights.pt of SHA-256 34343434…",
        "other.pt",
    ]


def test_retrained_models_come_in_one_order() -> None:
    first, last = [opened("original", 0), opened("unlearned", 9)], [1.0, 2.0, 3.0]
    found = {
        tuple(each.name for each in in_order([*first, *(opened("retrained", v) for v in order)]))
        for order in permutations(last)
    }
    assert len(found) == 1
    assert found.pop()[:2] == ("original-0", "unlearned-9")
    with pytest.raises(ConfigError, match="retrained-1 and retrained-1 have the same weights"):
        in_order([*first, opened("retrained", 1), opened("retrained", 1)])
    with pytest.raises(ConfigError, match="same weights as the original model original-0"):
        in_order([*first, opened("retrained", 0)])


@pytest.mark.slow
def test_the_order_of_retrained_models_changes_nothing(tmp_path: Path) -> None:
    """They are kept, attacked and judged in one order, whatever the command's."""
    one, other = (
        audit(spec_of(retrained=each), Store(tmp_path / str(n)), CPU)
        for n, each in enumerate((BAND[:2], BAND[1::-1]))
    )
    assert one.study.place == other.study.place
    told = [[each.sha256 for each in found.report.inputs] for found in (one, other)]
    assert told[0] != told[1], "they are told as the command names them"
    assert sorted(told[0]) == sorted(told[1])
    assert one.report.figures == other.report.figures
    assert one.report.profile == other.report.profile
    told = [[(m["key"], m["accuracy"]) for m in each.report.models] for each in (one, other)]
    assert told[0] == told[1]


@pytest.mark.slow
def test_a_copy_is_no_further_model(tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    save_file(load_file(BAND[0]), copy, {"made": "again"})
    with pytest.raises(ConfigError, match="have the same weights: give each once"):
        open_case(spec_of(retrained=[BAND[0], str(copy)]), CPU)


@pytest.mark.slow
def test_one_that_saw_the_classes_is_named_and_left_out_of_the_headline(tmp_path: Path) -> None:
    spec = spec_of(retrained=[*BAND[:2], weights("original", 1)])
    found = audit(spec, Store(tmp_path), CPU).report
    verdict: Verdict = found.verdict
    assert len(verdict.doubted) == 1
    assert verdict.band in (2, 3)
    assert any("seems to have been trained on them" in each for each in found.warnings)
    assert any("the worse of the two stands" in note for note in verdict.notes)


@pytest.mark.slow
def test_one_made_from_another_model_is_named(tmp_path: Path) -> None:
    """A little noise makes it no copy, and no training without the forgotten data."""
    noise = torch.Generator().manual_seed(0)
    paths = []
    for name in ("original", "retrain"):
        values = load_file(weights(name))
        for value in values.values():
            if value.dim() > 1 and value.numel() > 1:
                value += 0.03 * value.std() * torch.randn(value.shape, generator=noise)
        paths.append(str(tmp_path / f"{name}-noise.safetensors"))
        save_file(values, paths[-1])

    def told(*retrained: str) -> list[str]:
        found = check(spec_of(retrained=retrained), Store(tmp_path / "store"), CPU).warnings
        return [each for each in found if "are akin in their weights" in each]

    assert told(*BAND) == []
    (of_original,) = [each for each in told(BAND[0], paths[0]) if "unlearned" not in each]
    assert "original-noise.safetensors) and the original model" in of_original
    (of_retrained,) = told(BAND[0], paths[1])
    assert of_retrained.count("retrained model (") == 2


@pytest.mark.slow
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
