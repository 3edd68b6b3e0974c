"""Whether a model called retrained saw the samples that should be forgotten."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from audited import FAST, shipped

from opcviz.audit import AuditSpec, check
from opcviz.audit import exposure as measured
from opcviz.audit.exposure import Exposure, exposure, saw
from opcviz.data import Images, Split
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
    (said,) = saw([("r.pt", told())])
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
    assert list(saw([("r.pt", told(**changes))])) == []


def test_who_knows_train_data_no_better_than_unseen_ones_tells_nothing() -> None:
    blind = told(forgotten=0.52, of_forgotten=(0.46, 0.58), retained=0.52, of_retained=(0.49, 0.55))
    assert not blind.power
    (said,) = saw([("r.pt", blind), ("s.pt", blind)])
    assert "the retrained models (r.pt, s.pt) never saw the forgotten samples cannot be" in said
    assert "AUC 0.52, and of 140 samples up to 0.56 is chance" in said
    few = told(of_forgotten=(0.45, 0.85), samples=20)
    assert not few.power
    assert list(saw([])) == []


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
            "unlearned": weights("opc", 0),
            "retrained": [weights(*each) for each in retrained],
            "data": study.data.to_dict(),
            "forget": study.forget.to_dict(),
            "suite": "quick",
            "without": list(FAST),
        }
    )
    return check(spec, Store(tmp_path), CPU).warnings


@pytest.mark.slow
def test_honest_retrained_models_are_not_accused(tmp_path: Path) -> None:
    """Nor are these cleared: they know their own train data hardly better than unseen ones."""
    said = looked(tmp_path, *(("retrain", seed) for seed in range(3)))
    assert not [each for each in said if "seems to have been trained on them" in each]
    assert sum("never saw the forgotten samples cannot be told" in each for each in said) == 1


def test_one_that_remembers_what_it_saw_is_told_from_one_that_did_not(monkeypatch) -> None:
    """Sureness by rows: of a model that knows train data a deviation better than others."""
    x = torch.zeros(1200, 1, 2, 2, dtype=torch.uint8)
    y = torch.arange(1200) % 10
    data = Images("made", x, y, x[:600], y[:600], tuple(map(str, range(10))))
    split = Split(torch.arange(200), torch.arange(200, 1200), torch.arange(0), torch.arange(600))
    rng = torch.Generator().manual_seed(0)

    def told(saw_them: bool) -> Exposure:
        def sureness(_case, _opened, side, rows):
            known = (side == "train") & ((rows >= 200) | saw_them)
            return torch.randn(len(rows), generator=rng) + known

        monkeypatch.setattr(measured, "_sureness", sureness)
        found = exposure(SimpleNamespace(data=data, split=split), SimpleNamespace())
        assert found is not None
        return found

    honest, bad = told(False), told(True)
    assert honest.power
    assert bad.power
    assert (honest.seen, bad.seen) == (False, True)
    assert honest.forgotten == pytest.approx(0.5, abs=0.06)
    assert bad.forgotten == pytest.approx(0.76, abs=0.06)  # of a deviation
