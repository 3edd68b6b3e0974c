"""Every column that a kind declares stands in a table, and has its number where there is one."""

from __future__ import annotations

import every_attack
import pytest

from opcviz.artefacts import ModelResults, kinds
from opcviz.artefacts.columns import HEADLINE
from opcviz.study import Store, open_study
from opcviz.study.table import TRAINING, columns

OURS = [kind for kind in kinds("classification") if not kind.own and kind.columns]
ELSEWHERE = {  # columns that only some models have
    "PSNR, surrogate": "no gradient reaches the body",
    "random gradient": "a decoy was asked for",
    "transfer near": "a downstream data set was named; see test_transfer_kind.py",
    "transfer far": "the same",
}
STUDIES = {
    "classes": ("classes:0,1,2", ()),
    "confusion": ("confusion:3,5:50%", ("model", "ground_truth")),
    "trigger": ("trigger:0:10%", ("model", "ground_truth")),
    "samples": ("random:10%", ("model", "membership")),
    "sequence": ("classes:0 then classes:1", ("model", "requests")),
    "client": ("client:0/3:inf", ("model", "ground_truth", "clients")),
}


@pytest.fixture(scope="module")
def studies(once) -> dict[str, list[ModelResults]]:
    """What is known of the models of tiny studies."""
    roots = {name: every_attack.made(once, *asked) for name, asked in STUDIES.items()}
    return {
        name: [model.results for model in open_study(Store(root), "columns").models]
        for name, root in roots.items()
    }


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
