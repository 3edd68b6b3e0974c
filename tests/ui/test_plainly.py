"""Two figures that stand beside each other: in what the attackers behind them differ."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from opcviz.common.records import Undefined
from opcviz.results import Attempt
from opcviz.ui.sections.plainly import ATTACKERS, fm_attempt, why_another

FM = Attempt("fm", "features", "pooled", "retain", 0, 80.4, 107, 33.6)
BLOCK = replace(FM, attacker="affine", place="stage3", view="unpooled", recovered=88.8)
SHOTS = replace(FM, attacker="relearning", place="last 1", view="whole", holds="shots", given=1)


@pytest.mark.parametrize(
    ("told", "other", "says"),
    [
        (BLOCK, FM, "The bar's 80.4 % is FM's, which reads features, not stage3."),
        (FM, BLOCK, "The bar's 88.8 % is an affine map's, which reads stage3, not features."),
        (
            replace(BLOCK, holds="all"),
            FM,
            "The bar's 80.4 % is FM's, which reads features, not stage3, and holds no forgotten "
            "picture.",
        ),
        (
            FM,
            replace(SHOTS, recovered=83.2),
            "The bar's 83.2 % is relearning's, which reads the whole network, not features, and "
            "holds 1 picture of each class.",
        ),
        (
            replace(FM, attacker="mlp", recovered=75.7),
            FM,
            "The bar's 80.4 % is FM's, not an MLP's.",
        ),
        (
            replace(FM, attacker="mine", recovered=75.7),  # a user's own
            FM,
            "The bar's 80.4 % is FM's, not mine's.",
        ),
        (
            replace(BLOCK, place="features"),
            FM,
            "The bar's 80.4 % is FM's, which reads features pooled, not features before pooling.",
        ),
        (
            replace(FM, holds="all", given=142, recovered=98.1),
            FM,
            "The bar's 80.4 % is FM's, which holds no forgotten picture.",
        ),
    ],
)
def test_it_names_attacker_block_and_fit_set_where_they_differ(told, other, says):
    assert why_another(told, other, "The bar's") == says


@pytest.mark.parametrize(
    ("told", "other"),
    [
        (FM, FM),
        (FM, replace(BLOCK, recovered=80.44)),  # written the same
        (None, FM),
        (FM, None),
        (FM, replace(FM, attacker="trigger", recovered=10.0)),  # of other pictures
    ],
)
def test_where_no_two_figures_differ_nothing_is_said(told, other):
    assert why_another(told, other, "The bar's") == ""


def test_every_kind_of_attacker_has_a_name():
    for name in ATTACKERS:
        other = replace(FM, attacker=name, recovered=1.0)
        assert ATTACKERS[name] in why_another(BLOCK, other, "The bar's")


def test_fm_is_found_by_what_it_holds_and_may_be_missing():
    every = replace(FM, holds="all", given=142, recovered=98.1)
    evidence = SimpleNamespace(attempts=lambda: (every, FM, replace(FM, attacker="hr_labels")))
    results = SimpleNamespace(get=lambda record: evidence)
    assert fm_attempt(results, "retain") == FM
    assert fm_attempt(results, "all") == every
    assert fm_attempt(results, "heldout") is None
    assert fm_attempt(SimpleNamespace(get=lambda record: Undefined("none")), "all") is None
