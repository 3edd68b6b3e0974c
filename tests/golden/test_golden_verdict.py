"""The verdict rule that a recovery attack must tell original from retrained by 20 points."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from whose import Known, judged

FITS = ("all", "retain", "heldout", "heldout_retain", "forget")


def with_recovery(numbers: dict[str, Any], values: dict[str, float]) -> dict[str, Any]:
    """The same model with other recovered accuracies, by fit set, of every attack."""
    numbers = copy.deepcopy(numbers)
    for attack in ("fm", "hr", "hr_labels"):
        for fit, value in values.items():
            entry = numbers["recovery"][attack][fit]
            entry["forget_accuracy"] = value
            entry["interval"] = {"low": value - 3, "high": value + 3, "method": "bootstrap"}
            entry["recall"] = dict.fromkeys(entry["recall"], value)
    return numbers


def decided(shipped_digits: Known, lead: float) -> dict[str, Any]:
    """The verdict on OPC where recovery brings 60 % of the retrained model's, and `lead` more."""
    told = {m: shipped_digits.told[shipped_digits.key(m)] for m in ("opc", "original", "retrain")}
    return judged(
        with_recovery(told["opc"], dict.fromkeys(FITS, 60.0)),
        with_recovery(told["original"], dict.fromkeys(FITS, 60.0 + lead)),
        with_recovery(told["retrain"], dict.fromkeys(FITS, 60.0)),
    )


@pytest.mark.parametrize("lead", [10.5, 15.0, 19.5])
def test_a_smaller_lead_cannot_tell(shipped_digits: Known, lead: float) -> None:
    found = decided(shipped_digits, lead)
    assert found["verdict"] is None
    assert "they cannot tell" in " ".join(found["missing"])


@pytest.mark.parametrize("lead", [20.5, 30.0])
def test_a_larger_lead_tells(shipped_digits: Known, lead: float) -> None:
    found = decided(shipped_digits, lead)
    assert found["verdict"] is not None
    assert any(check["name"].startswith("recovered with a map") for check in found["checks"])
