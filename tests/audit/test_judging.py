"""What a pipeline is stopped by: each word holds of the profiles that it names, and of no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opcviz.audit.judging import FAILURES, failures
from opcviz.verdict import Verdict
from opcviz.verdict.profile import no_verdict


def profile(gone: str | None, noticeable: str | None, kept: str | None) -> Verdict:
    return replace(no_verdict(["nothing"]), gone=gone, noticeable=noticeable, kept=kept)


ALIKE = "as in retrained models"


@pytest.mark.parametrize(
    ("verdict", "held"),
    [
        (profile("no", "no", "yes"), ["not-gone", "hidden"]),
        (profile("hidden", "no", "yes"), ["hidden"]),
        (profile(ALIKE, ALIKE, "yes"), []),
        (profile("beyond", "yes", "yes"), ["noticeable"]),
        (profile(ALIKE, "no", "no"), ["damaged"]),
        (profile(ALIKE, "no", "one class harmed"), ["damaged"]),
        (profile(None, "no", "yes"), ["unknown"]),
        (profile(ALIKE, None, "yes"), ["unknown"]),
        (profile(ALIKE, "no", None), ["unknown"]),
    ],
)
def test_each_word_holds_of_its_own_profiles(verdict: Verdict, held: list[str]) -> None:
    assert failures(verdict, list(FAILURES)) == held
    assert failures(verdict, []) == []
