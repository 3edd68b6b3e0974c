"""No honest retrained model of the shipped studies is accused, however few stand beside it.

All of them are attacked already; here they are only judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from opcviz.artefacts.classification.verdict import _dossier
from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.verdict import Dossier, judge

STUDIES = ("digits", "digits-one", "digits-random")


@dataclass(frozen=True)
class Shipped:
    """One study: what is known of its models, by method and seed."""

    study: StudyResult

    def known(self, method: str, quick: bool = False) -> dict[int, Dossier]:
        study, suite = self.study, "quick" if quick else "full"
        return {
            m.seed: _dossier(m.in_suite(suite).known, study._sizes)
            for m in study.models
            if m.method.info.name == method
        }


@pytest.fixture(scope="module", params=STUDIES)
def shipped(request: pytest.FixtureRequest) -> Shipped:
    return Shipped(open_study(Store(Path("/nowhere"), (shipped_root(),)), request.param))


def bands(of: dict[int, Dossier], seed: int) -> Iterator[list[Dossier]]:
    """Every band that the others make, of one and of two."""
    others = [each for each in of if each != seed]
    for count in (1, 2):
        for chosen in combinations(others, count):
            yield [of[each] for each in chosen]


@pytest.mark.parametrize("quick", [False, True])
def test_no_honest_retrained_model_is_called_hidden(shipped: Shipped, quick: bool) -> None:
    retrained, originals = shipped.known("retrain", quick), shipped.known("original", quick)
    assert len(retrained) == 3
    for seed, model in retrained.items():
        for band in bands(retrained, seed):
            for original in (originals[seed], None):
                found = judge(model, original, band)
                assert found.gone not in ("no", "hidden"), (len(band), found.why)
                assert found.noticeable != "yes", (len(band), found.why)
                assert found.doubted == ()
