"""How long an audit takes: a range in words, greater for whatever costs more."""

from __future__ import annotations

import pytest

from opcviz.artefacts import Evidence
from opcviz.audit.estimate import DIGITS, expected, in_words
from opcviz.audit.spec import AuditSpec

USUAL = AuditSpec(unlearned="x").evidence


def asked(suite: str = "quick", **changes: object) -> tuple[float, float]:
    known = {"seconds": DIGITS, "pictures": 1797, "models": 2, "suite": suite, "evidence": USUAL}
    return expected(**{**known, **changes})  # type: ignore[arg-type]


def test_the_range_holds_what_benchmarks_ask_of_the_digits() -> None:
    for suite, most in (("full", 30), ("quick", 12)):  # benchmarks/audit.py
        low, high = asked(suite)
        assert low < most < 4 * high


@pytest.mark.parametrize(
    "more",
    [
        {"suite": "full"},
        {"models": 3},
        {"pictures": 17970},
        {"seconds": 10 * DIGITS},
        {"retrain": 3, "epochs": 15},
        {"evidence": Evidence()},  # more pictures are searched for
    ],
)
def test_what_costs_more_takes_longer(more: dict[str, object]) -> None:
    assert asked(**more)[0] > asked()[0]


def test_an_attack_that_is_left_out_takes_no_time() -> None:
    for suite in ("full", "quick"):
        assert asked(suite, without=("relearned",)) < asked(suite)
        assert asked(suite, without=("inversion",)) < asked(suite)


def test_it_is_told_as_a_range() -> None:
    assert in_words(9.6, 38.4) == "about 10 to 38 s"
    assert in_words(0.1, 0.4) == "about 1 to 2 s"
    assert in_words(600, 2400) == "about 10 to 40 minutes"
