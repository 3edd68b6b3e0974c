"""Whether a model called retrained saw the samples that should be forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from audited import FAST, shipped

from opcviz.audit import AuditSpec, check
from opcviz.audit.exposure import Exposure, saw
from opcviz.study import Store

CPU = torch.device("cpu")


def told(**changes: object) -> Exposure:
    usual = {
        "forgotten": 0.70,
        "of_forgotten": (0.64, 0.76),
        "retained": 0.72,
        "of_retained": (0.69, 0.75),
        "samples": 140,
    }
    return Exposure(**{**usual, **changes})


def test_like_train_data_it_was_trained_on() -> None:
    assert told().seen
    (said,) = saw("r.pt", told())
    assert "knows the forgotten samples better than unseen ones (AUC 0.70" in said
    assert "as it does the data that it was trained on (0.72)" in said


@pytest.mark.parametrize(
    "changes",
    [
        {"forgotten": 0.50, "of_forgotten": (0.44, 0.56)},  # as unseen ones
        {"forgotten": 0.55, "of_forgotten": (0.49, 0.61)},  # no more than chance
        {"forgotten": 0.58, "of_forgotten": (0.52, 0.64)},  # nearer to unseen than to train data
    ],
)
def test_like_unseen_data_nothing_is_said(changes: dict[str, object]) -> None:
    assert not told(**changes).seen
    assert list(saw("r.pt", told(**changes))) == []


def test_who_knows_train_data_no_better_than_unseen_ones_tells_nothing() -> None:
    blind = told(forgotten=0.52, of_forgotten=(0.46, 0.58), retained=0.52, of_retained=(0.49, 0.55))
    assert not blind.power
    (said,) = saw("r.pt", blind)
    assert "cannot be seen in its answers" in said
    few = told(of_forgotten=(0.45, 0.85), samples=20)
    assert not few.power
    assert list(saw("r.pt", None)) == []


def weights(method: str, seed: int) -> str:
    """Of the study that forgot a random tenth."""
    models = shipped("digits-random").models
    (model,) = [m for m in models if m.method.info.name == method and m.seed == seed]
    artefact = model.artefact("model")
    assert artefact is not None
    return str(artefact.path("weights.safetensors"))


def looked(tmp_path: Path, *retrained: tuple[str, int]) -> tuple[str, ...]:
    study = shipped("digits-random").study
    spec = AuditSpec.from_dict(
        {
            "original": weights("original", 0),
            "unlearned": weights("delete", 0),
            "retrained": [weights(*each) for each in retrained],
            "data": study.data.to_dict(),
            "forget": study.forget.to_dict(),
            "suite": "quick",
            "without": list(FAST),
        }
    )
    return check(spec, Store(tmp_path), CPU).warnings


def test_honest_retrained_models_are_not_accused(tmp_path: Path) -> None:
    said = looked(tmp_path, *(("retrain", seed) for seed in range(3)))
    assert not [each for each in said if "seems to have been trained on them" in each]


def test_the_original_under_another_name_is_noticed(tmp_path: Path) -> None:
    said = looked(tmp_path, ("retrain", 0), ("original", 1), ("original", 2))
    assert sum("seems to have been trained on them" in each for each in said) == 2
