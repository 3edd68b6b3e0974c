"""A model of records is called by its worst case: what training on brings back has not gone."""

from __future__ import annotations

import numpy as np
import pytest

from opcviz.common.records import Undefined
from opcviz.measures.waveforms import forgetting_index
from opcviz.results import ForgettingResult, WaveformRegrowth, WaveformRegrowthResult
from opcviz.study import Store, open_study, preset, shipped_root
from opcviz.verdict.returning import returning

SPREAD = np.random.RandomState(0).uniform(0, 0.1, 50)


def asked(s: float, pga: float = 1.0, noise: float = 0.0) -> ForgettingResult:
    """Where the error of S of single records differs by as much as `noise`; its F does not."""
    odd = noise * np.resize([1.0, -1.0], len(SPREAD))
    by = [forgetting_index(SPREAD, SPREAD + 1, SPREAD + odd + each) for each in (s, 1, 1, pga)]
    return ForgettingResult(*by, s_retained=0.5, s_retained_retrained=0.5)


def course(*indices: float, high: float = 0.1) -> WaveformRegrowthResult:
    points = [
        WaveformRegrowth(25 * n, 1.0, 0.5, 0.5, 0.9, f, f - high, f + high)
        for n, f in enumerate(indices)
    ]
    return WaveformRegrowthResult(tuple(points), 50)


STILL = course(1.0, 1.02, 0.97)


@pytest.mark.parametrize(
    ("first", "attack", "place", "word"),
    [
        (0.1, (0.1, 0.1, 0.1), "nowhere", "knows"),
        (0.5, (0.5, 0.4, 0.3), "nowhere", "partly"),
        (1.0, (1.0, 0.5, 0.2), "answer", "returns"),
        (1.0, (1.0, 0.2, 0.9), "answer", "returns"),  # an attacker stops where he likes
        (3.5, (3.5, 1.4, 0.3), "answer", "returns"),
        (1.0, (1.0, 0.98, 0.9), "stays", "as retrained"),
        (1.0, (1.0, 0.65, 0.65), "stays", "as retrained"),  # not clearly below
        (2.5, (2.5, 1.9, 1.2), "stays", "over-forgotten"),
    ],
)
def test_the_word_is_that_of_the_least_point(
    first: float, attack: tuple[float, ...], place: str, word: str
) -> None:
    found = returning(asked(first), course(*attack), STILL)
    assert (found.place, found.word) == (place, word)
    assert found.at_once == pytest.approx(first)
    if place != "nowhere":
        assert found.least == min(attack[1:])
        assert found.retrained == STILL.curve[attack[1:].index(min(attack[1:])) + 1].index


@pytest.mark.parametrize(("noise", "word"), [(0.0, "partly"), (0.5, "returns")])
def test_it_is_judged_by_its_interval_and_not_by_its_value(noise: float, word: str) -> None:
    found = asked(0.68, noise=noise)
    assert found.s_error.index == pytest.approx(0.68)
    assert returning(found, course(0.68, 0.3, 0.2), STILL).word == word
    assert returning(asked(0.71, noise=noise), course(0.71, 0.3, 0.2), STILL).word == "returns"


def test_what_comes_back_to_the_retrained_model_too_was_not_kept() -> None:
    found = returning(asked(1.0), course(1.0, 0.5, 0.4), course(1.0, 0.5, 0.42))
    assert (found.place, found.word) == ("stays", "as retrained")


def test_over_forgotten_by_any_measure_is_named_beside_what_returns() -> None:
    found = returning(asked(1.0, pga=4.0), course(1.0, 0.3, 0.2), STILL)
    assert found.word == "returns"
    assert found.over == ("peak acceleration", pytest.approx(4.0))
    assert "over-forgotten by peak acceleration" in found.told[1]
    assert "0.20 after 50 steps" in found.told[0]


def test_without_an_attack_there_is_no_place() -> None:
    none = Undefined("not attacked")
    for regrown, retrained in ((none, STILL), (STILL, none)):
        found = returning(asked(1.0), regrown, retrained)
        assert isinstance(found.place, Undefined)
        assert (found.word, found.told) == ("as retrained", ("not attacked",))
    lacks = returning(none, STILL, STILL)
    assert isinstance(lacks.word, Undefined)


def test_in_the_shipped_study_whatever_was_forgotten_returns() -> None:
    study = open_study(Store(shipped_root()), preset("earthquakes").study.place)
    words = {model.method.info.name: study.verdict(model).words for model in study.models}
    assert words == {
        "original": "knows",
        "retrain": "never saw it",
        "ft": "knows",
        "rl_waveforms": "returns",
        "dimum_waveforms": "returns",
        "opc_waveforms": "returns",
    }
    told = {model.method.info.name: study.verdict(model).why for model in study.models}
    assert "of training on with retained records, the retrained model" in told["dimum_waveforms"]
