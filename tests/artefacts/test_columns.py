"""Every column that a kind declares stands in a table, and has its number where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from opcviz.artefacts import ModelResults, kinds
from opcviz.artefacts.columns import HEADLINE
from opcviz.study import Plan, Store, StudyRunner, open_study, run
from opcviz.study.table import TRAINING, columns

OURS = [kind for kind in kinds() if not kind.own and kind.columns]
ELSEWHERE = {  # columns of the inversion that only some models have
    "PSNR, surrogate": "no gradient reaches the body",
    "random gradient": "a decoy was asked for",
}
PLAN = {
    "name": "columns",
    "methods": ["original", "retrain", {"method": "ft", "epochs": 1}],
    "data": {"name": "digits"},
    "architecture": {"width": 0.1},
    "training": {"epochs": 1, "batch_size": 512},
    "evidence": {
        "probe": 40,
        "live": 60,
        "pictures": 1,
        "maps": ["pca"],
        "instruments": ["membership", "strongest", "signs", "information", "idi", "relearned"],
        "inversion": {"iterations": 2, "rounds": 1, "restarts": 1, "activations": False},
        "strongest": {"quick": True, "maps": ["affine"]},
        "judging": {"quick": True, "judges": ["linear"], "limit": 60},
        "information": {"limit": 60, "width": 16, "landmarks": 20},
        "relearned": {"steps": 3, "anew": [1], "shots": [1, 10], "adam": [], "draws": 1},
    },
}


STUDIES = {
    "classes": ("classes:0,1,2", ()),
    "confusion": ("confusion:3,5:50%", ("model", "ground_truth")),
    "trigger": ("trigger:0:10%", ("model", "ground_truth")),
    "samples": ("random:10%", ("model", "membership")),
}


def made(root: Path, forget: str, only: tuple[str, ...]) -> list[ModelResults]:
    """What is known of the models of a tiny study."""
    plan = Plan.from_dict({**PLAN, "forget": forget})
    run(plan, StudyRunner(plan.study, Store(root), torch.device("cpu")), only=only)
    return [model.results for model in open_study(Store(root), "columns").models]


@pytest.fixture(scope="module")
def studies(tmp_path_factory) -> dict[str, list[ModelResults]]:
    return {name: made(tmp_path_factory.mktemp(name), *asked) for name, asked in STUDIES.items()}


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_every_declared_column_is_shown_somewhere(kind) -> None:
    for column in kind.columns:
        assert column.tables or kind.generic, f"no table has '{column.name}' of {kind.name}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.name)
def test_every_declared_column_is_filled(studies, kind) -> None:
    where = [studies[name] for name in kind.scenarios or ("classes", "samples")]
    for column in kind.columns:
        values = [column.value(model) for models in where for model in models]
        if column.name not in ELSEWHERE:
            assert any(value is not None for value in values), column.name
        if column.who is not None:
            told = [column.who(model) for models in where for model in models]
            assert [value is None for value in values] == [who is None for who in told]


@pytest.mark.slow
def test_the_headline_has_a_number_in_every_column(studies) -> None:
    lacking = {
        column.name
        for column in columns(HEADLINE)
        if all(column.value(model) is None for model in studies["classes"])
    }
    assert lacking == {"membership"}  # of whole classes it wants the models of three seeds
    assert all(column.value(studies["classes"][0]) is not None for column in TRAINING[:2])
