"""The rows of Side by side for selected samples alone, on numbers made up here."""

from __future__ import annotations

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from opcviz.ui.charts.maps_component import Samples
from opcviz.ui.reading.selected import Chosen, Known
from opcviz.ui.sections.followed import _bars

FORGOTTEN = 5


def known() -> Known:
    """Of five forgotten samples it answers 1; kept data bring back 2, and all data 4."""
    nothing = dict.fromkeys(("groups", "neighbours", "distances", "member", "member_limit"))
    right = {name: np.arange(8) < count for name, count in (("own", 1), ("retain", 2), ("all", 4))}
    answers = {name: np.where(flags, 1, 0) for name, flags in right.items()}
    own = np.eye(2)[answers.pop("own")]
    return Known("opc", "OPC", own, answers, **nothing)


def chosen() -> Chosen:
    """Of eight samples of one class the first five are to be forgotten; all are selected."""
    samples = Samples(np.arange(8), np.ones(8, int), np.arange(8) < FORGOTTEN, ["cat", "dog"])
    return Chosen(samples, [known()], [None], np.arange(8), some=True)


@pytest.mark.parametrize(("fit", "restored"), [("retain", 40.0), ("all", 80.0)])
def test_bars_are_of_the_models_own_answers_and_of_the_attacker_asked_for(fit, restored):
    bars = _bars(chosen(), known(), fit)
    assert bars.forget_accuracy == {"before": 20.0, "FM": restored}
    for stage, percent in bars.forget_accuracy.items():
        low, high = bars.intervals[stage]
        assert low < percent < high


def reconstructions_of_three() -> None:
    from dataclasses import replace
    from types import SimpleNamespace

    import known_results
    import numpy as np

    from opcviz.ui.sections.followed import _pairs

    pictures = np.zeros((3, 1, 8, 8), np.uint8)
    arrays = {"ids": np.array([30, 10, 20]), "pictures": pictures, "reconstructions": pictures}
    found = known_results.record("inversion", "rl")
    each = replace(found.per_picture, psnr=(33.0, 11.0, None), ssim=(0.3, 0.1, 0.2))
    results = known_results.known(inversion=replace(found, per_picture=each))
    column = SimpleNamespace(label="RL", arrays=lambda *_: arrays, results=results)
    _pairs(column, np.array([20, 10]))


def test_below_each_selected_picture_stands_its_own_score():
    """Of three pictures the last two are selected."""
    app = AppTest.from_function(reconstructions_of_three, default_timeout=30).run()
    assert not app.exception
    true, rebuilt = (box.proto.body for box in app.get("html"))
    assert re.findall(r"sample (\d+)", true) == ["10", "20"]
    assert "11.0 dB" in rebuilt
    assert rebuilt.index("11.0 dB") < rebuilt.index("no score")
    assert "33.0 dB" not in rebuilt
