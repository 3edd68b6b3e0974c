"""Measures of records: pickers on simulations, spectra against independent code, F by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import lsim

from opcviz.common.records import Undefined
from opcviz.data.earthquakes import simulator
from opcviz.measures.waveforms import (
    RecordErrors,
    baselines,
    errors_of,
    forgetting_index,
    fourier_levels,
    pick_p,
    pick_s,
    response,
    scores,
    spectrogram,
    word_of,
)
from opcviz.results import FORGOTTEN_WORDS, ArrivalBaseline, ForgettingResult

RATE, ONSET = simulator.RATE, simulator.ONSET


@pytest.fixture(scope="module")
def records() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(8)
    conditions = simulator.draw_conditions(600, random)
    return conditions, simulator.simulate(conditions, random)


def test_pickers_find_the_arrivals_of_simulations(records: tuple[np.ndarray, np.ndarray]) -> None:
    conditions, made = records
    p, s = simulator.arrivals(conditions)
    assert np.abs(pick_p(made, RATE, ONSET) - p).mean() <= 0.15
    assert np.abs(pick_s(made, RATE, ONSET) - s).mean() <= 0.3


def test_a_step_in_energy_is_picked_where_it_is() -> None:
    x = 1e-3 * np.random.RandomState(0).standard_normal((4, 768))
    for row, (p, s) in enumerate([(100, 300), (150, 200), (60, 500), (41, 400)]):
        x[row, p:] += 0.15 * np.random.RandomState(row).standard_normal(768 - p)
        fading = np.exp(-np.arange(768 - s) / 100)
        x[row, s:] += fading * np.random.RandomState(row).standard_normal(768 - s)
        assert abs(pick_p(x[[row]], RATE, ONSET)[0] - (p / RATE - ONSET)) <= 0.3
        assert abs(pick_s(x[[row]], RATE, ONSET)[0] - (s / RATE - ONSET)) <= 0.2


def test_the_response_spectrum_is_that_of_an_integrated_oscillator() -> None:
    """Of a smooth shake, whose integration in time is exact enough to compare with."""
    times = np.arange(768) / RATE
    shake = np.exp(-((times - 12) ** 2) / 8) * np.sin(2 * math.pi * 1.7 * times)
    fine = np.arange(0, 60, 1 / 400)
    whole = np.interp(fine, times, shake, right=0.0)
    own, damping = 2 * math.pi / 0.5, 0.05
    _, swing, _ = lsim(([-1.0], [1.0, 2 * damping * own, own**2]), whole, fine)
    assert response(shake[None], RATE)[0] == pytest.approx(own**2 * np.abs(swing).max(), rel=0.02)


def test_levels_are_of_the_band_a_tone_is_in() -> None:
    times = np.arange(800) / RATE
    tone = np.sin(2 * math.pi * 3.0 * times)[None]
    levels = fourier_levels(tone, RATE)[0]
    assert levels.argmax() == 2
    assert fourier_levels(10 * tone, RATE)[0, 2] == pytest.approx(levels[2] + 1)
    _, frequencies, seen = spectrogram(tone[0], RATE)
    assert abs(frequencies[seen.mean(1).argmax()] - 3.0) <= RATE / 32


def test_a_record_agrees_with_itself_and_a_louder_one_is_louder(
    records: tuple[np.ndarray, np.ndarray],
) -> None:
    conditions, made = records
    arrivals = simulator.arrivals(conditions)
    same = scores(errors_of(made, made, arrivals, RATE, ONSET))
    assert (same.envelope, same.pga_bias, same.response_bias) == pytest.approx((1, 0, 0))
    louder = scores(errors_of(10 * made, made, arrivals, RATE, ONSET), np.arange(600) < 50)
    assert (louder.pga_bias, louder.response_bias, *louder.spectrum.values()) == pytest.approx(
        [1] * 6, abs=1e-6
    )
    assert (louder.envelope, louder.records) == (pytest.approx(1), 50)


def test_every_score_is_of_its_own_error() -> None:
    """Constructed errors of which no two scores agree; the last record is left out."""
    errors = RecordErrors(
        p_shift=np.array([1.0, -3.0, 90.0]),
        s_shift=np.array([-4.0, 10.0, 90.0]),
        pga=np.array([0.1, 0.5, 90.0]),
        envelope=np.array([0.6, 0.8, 90.0]),
        spectrum=np.array([[1.1, 2.1, 3.1, 4.1], [1.3, 2.3, 3.3, 4.3], [90] * 4]),
        response=np.array([-0.4, -1.6, 90.0]),
    )
    found = scores(errors, np.array([True, True, False])).to_dict()
    spectrum = found.pop("spectrum")
    assert list(spectrum.values()) == pytest.approx([1.2, 2.2, 3.2, 4.2])
    assert found == pytest.approx(
        {
            "p_error": 2.0,
            "s_error": 7.0,
            "p_bias": -1.0,
            "s_bias": 3.0,
            "pga_bias": 0.3,
            "pga_deviation": 0.2,
            "envelope": 0.7,
            "response_bias": -1.0,
            "response_deviation": 0.6,
            "records": 2,
        }
    )


def test_the_nearest_record_is_near_in_depth_too() -> None:
    place = [[10.0, 20.0, depth, 4.0, 30.0, 40.0] for depth in (3.0, 9.0, 15.0)]
    away = [[10.0, 24.0, 3.0, 4.0, 30.0, 40.0]]
    retained = np.array(place + away), np.array([5.0, 6.0, 8.0, 11.0])
    asked = np.array([[10.0, 20.0, 14.0, 5.0, 30.0, 40.0], [10.0, 20.0, 8.0, 5.0, 30.0, 40.0]])
    found = baselines(retained, (asked, np.array([8.5, 6.25])), np.array([True, False]))
    assert found["nearest record"] == ArrivalBaseline(forgotten=0.5, retained=0.25)


def test_baselines_know_what_retained_records_tell(records: tuple[np.ndarray, np.ndarray]) -> None:
    conditions, _ = records
    s, gone = simulator.arrivals(conditions)[1], simulator.region_of(conditions) == 1
    found = baselines((conditions[~gone], s[~gone]), (conditions, s), gone)
    away = simulator.distances(conditions)
    fit = np.linalg.lstsq(np.stack([away, away * 0 + 1], 1)[~gone], s[~gone], rcond=None)[0]
    curve = np.abs(away * fit[0] + fit[1] - s)
    assert found["one curve"].forgotten == pytest.approx(curve[gone].mean())
    assert found["one curve"].retained == pytest.approx(curve[~gone].mean())
    assert found["nearest record"].retained == 0
    assert found["nearest record"].forgotten > 1


def test_f_is_0_for_the_original_1_for_the_retrained_and_has_an_interval() -> None:
    random = np.random.RandomState(0)
    original, retrained = random.uniform(0, 1, 300), random.uniform(2, 4, 300)
    halfway = 0.5 * (original + retrained)
    for model, index, word in (
        (original, 0, "knows"),
        (retrained, 1, "as retrained"),
        (halfway, 0.5, "partly"),
        (original + 3 * (retrained.mean() - original.mean()), 3, "over-forgotten"),
    ):
        found = forgetting_index(original, retrained, model)
        assert found.index == pytest.approx(index)
        assert found.low <= found.index <= found.high
        assert found.word == word_of(index) == word


def test_words_change_where_they_are_said_to() -> None:
    at = (0.29, 0.31, 0.69, 0.71, 1.39, 1.41, 1.99, 2.01)
    knows, partly, retrained, beyond, over = FORGOTTEN_WORDS
    told = [knows, partly, partly, retrained, retrained, beyond, beyond, over]
    assert [word_of(each) for each in at] == told


def test_the_interval_is_of_95_percent_and_the_scale_of_3_standard_errors() -> None:
    """Against the normal law: of 400 records, in which the model's F has a deviation of 0.8."""
    random = np.random.RandomState(2)
    noise = random.standard_normal(400)
    noise = (noise - noise.mean()) / noise.std()
    original = random.uniform(0, 1, 400)
    found = forgetting_index(original, original + 1, original + 0.5 + 0.8 * noise)
    assert (found.low, found.high) == pytest.approx((0.5 - 0.0784, 0.5 + 0.0784), abs=0.012)
    for errors, there in ((2.8, False), (3.2, True)):
        retrained = original + noise + errors / math.sqrt(400)
        told = forgetting_index(original, retrained, original)
        assert (not isinstance(told.index, Undefined)) == there


def test_f_is_not_there_where_its_scale_is_noise() -> None:
    random = np.random.RandomState(1)
    a, b = random.standard_normal((2, 300))
    found = forgetting_index(a, b, a + 5)
    assert isinstance(found.index, Undefined)
    assert "no scale" in found.index.reason
    clear = forgetting_index(a, a + 1, a + 0.5)
    result = ForgettingResult(clear, found, clear, forgetting_index(a, a + 1, a + 4), 0.5, 0.5)
    assert result.worst is not None
    assert result.worst[0] == "peak acceleration"
    assert ForgettingResult.from_dict(result.to_dict()) == result
