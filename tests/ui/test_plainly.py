"""Two figures that stand beside each other: in what the attackers behind them differ."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from opcviz.common.records import Undefined
from opcviz.methods import method_settings
from opcviz.results import Attempt
from opcviz.ui.sections.plainly import (
    ATTACKERS,
    DOES,
    attacker_plainly,
    decided_plainly,
    fm_attempt,
    plainly,
    why_another,
)
from opcviz.verdict import Check, Figures, no_verdict

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
        assert DOES[name].split(" {")[0] in attacker_plainly(other)


def test_fm_is_found_by_what_it_holds_and_may_be_missing():
    every = replace(FM, holds="all", given=142, recovered=98.1)
    evidence = SimpleNamespace(attempts=lambda: (every, FM, replace(FM, attacker="hr_labels")))
    results = SimpleNamespace(get=lambda record: evidence)
    assert fm_attempt(results, "retain") == FM
    assert fm_attempt(results, "all") == every
    assert fm_attempt(results, "heldout") is None
    assert fm_attempt(SimpleNamespace(get=lambda record: Undefined("none")), "all") is None


@pytest.mark.parametrize(
    ("gone", "figures", "says"),
    [
        ("hidden", {}, "an inner block, given kept pictures only, restores 88.8 %; networks that"),
        ("as in retrained models", {"line": 99.0}, "comes closest: 88.8 %; networks that never"),
        ("as in retrained models", {"line": 101.0}, "give 10.3 to 17.8 %, too: it can never tell."),
        ("beyond", {}, "gets at most 88.8 %; networks that never saw them give at least 10.3 %"),
        ("hidden", {"pixels": 52.3}, "10.3 to 17.8 %, bare pixels 52.3 %. The bar's 80.4 %: the"),
        ("hidden", {"attempt": replace(BLOCK, holds="all")}, "the last layer, kept pictures only."),
        ("hidden", {"attempt": replace(FM, attacker="mlp", recovered=99.0)}, "a linear map of the"),
    ],
)
def test_who_decided_is_told_without_a_name_of_the_field(gone, figures, says):
    told = {"attempt": BLOCK, **figures}
    found = Figures("affine on stage3", 88.8, 10.3, 17.8, 3, **told)
    check = Check("recovered", 32.5, 5.0, "points", 5.5, "", None, figures=found)
    verdict = replace(no_verdict([]), gone=gone, numbers=(check,))
    assert says in decided_plainly(verdict, FM, "The bar's")
    planted = replace(found, attempt=replace(BLOCK, attacker="trigger"))
    other = replace(verdict, numbers=(replace(check, figures=planted),))
    assert decided_plainly(other, FM, "The bar's") == ""
    assert decided_plainly(replace(verdict, gone=None), FM, "The bar's") == ""


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("opc_deep", {}, "Draws what every block sees of them to one point."),
        ("opc_deep", {"point": "retain_like"}, "Mixes them with kept ones in every block."),
        ("opc_deep_retain_like", {}, "Mixes them with kept ones in every block."),
        ("opc_retain_like", {}, "Mixes them with kept ones in its last layer."),
        ("opc_logits", {}, "Draws its answers to them to one point."),
        ("delete", {}, "Keeps its answers, their class struck out."),
        ("ga", {}, "Trains backwards on them."),
    ],
)
def test_what_a_method_does_is_told_by_its_settings(name, settings, says):
    """One of a family that contracts may be set to spread, and is then not said to contract."""
    assert plainly(method_settings(name, settings)) == says
