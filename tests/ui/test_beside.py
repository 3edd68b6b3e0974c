"""Which figures stand beside each other: of which models, and of which pictures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import known_results
import pytest

from opcviz.common.records import Undefined
from opcviz.results import EvidenceResult
from opcviz.ui.reading.references import References
from opcviz.ui.reading.scores import answers, score_of


def model(name: str, forget: float) -> Any:
    """A model that answers so many percent of the forgotten training pictures."""
    results = known_results.known(evidence=known_results.evidence(forget_train=forget))
    return SimpleNamespace(method=SimpleNamespace(info=SimpleNamespace(name=name)), results=results)


def test_the_band_is_of_retrained_models_and_the_floor_of_untrained_ones():
    made = [("original", 99.0), ("retrain", 4.0), ("untrained", 11.0), ("opc", 0.0)]
    made += [("retrain", 2.0), ("untrained", 13.0)]
    study: Any = SimpleNamespace(models=[model(*each) for each in made])
    beside = References.of(study)

    def forget(found: EvidenceResult) -> float | None:
        return found.accuracy.forget_train

    band = beside.band(EvidenceResult, forget)
    assert (band.low, band.high, band.models) == (2.0, 4.0, 2)
    assert beside.floor(EvidenceResult, forget) == 13.0  # the highest of them
    bands, floors = beside.along(
        EvidenceResult, ["10", "20"], lambda found, place: forget(found) + float(place)
    )
    assert [(each.low, each.high) for each in bands] == [(12.0, 14.0), (22.0, 24.0)]
    assert floors == [23.0, 33.0]


SPAN = known_results.record("evidence").recovery.before.interval
FIT = known_results.fit(
    forget_accuracy=31.0,
    balanced_accuracy=32.0,
    interval=replace(SPAN, low=29.0, high=33.0),
    constant_predictor=34.0,
)
UNSEEN = replace(
    known_results.record("evidence").recovery.fm["all"].unseen,
    forget_accuracy=41.0,
    balanced_accuracy=42.0,
    interval=replace(SPAN, low=39.0, high=43.0),
    constant_predictor=44.0,
    scored=50,
    scored_on="forget_test",
)


def test_a_score_is_that_on_unseen_pictures_where_there_is_one():
    found = score_of(replace(FIT, unseen=UNSEEN), "all")
    assert (found.value, found.balanced, found.constant) == (41.0, 42.0, 44.0)
    assert (found.interval, found.scored, found.on) == ((39.0, 43.0), 50, "forget_test")
    assert not found.in_sample


@pytest.mark.parametrize(("fit", "in_sample"), [("retain", False), ("all", True)])
def test_else_it_is_the_stored_one_and_says_whether_the_map_saw_the_pictures(fit, in_sample):
    found = score_of(replace(FIT, unseen=Undefined("not kept")), fit)
    assert (found.value, found.balanced, found.constant) == (31.0, 32.0, 34.0)
    assert (found.interval, found.scored, found.on) == ((29.0, 33.0), None, "forget_train")
    assert found.in_sample is in_sample


@pytest.mark.parametrize(
    ("scored_on", "value"), [("forget_test", 8.0), ("forget_train", 6.0), ("cross-fitted", 6.0)]
)
def test_the_models_own_answers_are_of_the_pictures_that_the_attack_is_scored_on(scored_on, value):
    beside = score_of(replace(FIT, unseen=replace(UNSEEN, scored_on=scored_on)), "all")
    evidence = known_results.evidence(forget_train=6.0, forget_test=8.0)
    found = answers(evidence, beside)
    assert (found.value, found.constant) == (value, 44.0)
    low, high = found.interval
    if scored_on == "forget_test":
        assert low < value < high  # of the fifty that the attack is scored on
    else:
        span = evidence.recovery.before.interval
        assert (low, high) == (span.low, span.high)
    assert answers(Undefined("it diverged"), beside).reason == "it diverged"
