"""The replay of a finished model: an epoch's map and numbers are those that were kept of it."""

import base64
import json

import known_results
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from opcviz.ui.reading import store_reader as library

LINES = {
    "norm ratio": "norm_ratio",
    "forget": "forget_accuracy",
    "retain": "retain_accuracy",
    "forget after FM": "fm_accuracy",
}


def page():
    import known_results

    from opcviz.ui.lab import live

    live.replay(known_results.shipped_study(), known_results.shipped())


def sent(app: AppTest, key: str) -> dict:
    (part,) = [part.proto for part in app.get("bidi_component") if f"-{key}" in part.proto.id]
    return json.loads(part.json)


@pytest.mark.parametrize("epoch", [0, 1, 3, None])
def test_a_replayed_epoch_shows_the_numbers_and_the_map_of_that_epoch(epoch):
    model = known_results.shipped()
    history, points = model.training.history, library.trajectory(model)["points"]
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    if epoch is None:
        epoch = app.slider(key=f"replay.{model.key}").value
        assert epoch == len(points) - 1 == len(history) - 1
    else:
        app.slider(key=f"replay.{model.key}").set_value(epoch).run()
    assert not app.exception

    drawn = sent(app, "replay.curves")
    shown = {line["label"]: line for chart in drawn["charts"] for line in chart["lines"]}
    assert shown.keys() == LINES.keys()
    until = [row for row in history if row["epoch"] <= epoch]
    for label, name in LINES.items():
        assert shown[label]["x"] == list(range(epoch + 1))
        assert shown[label]["y"] == [row[name] for row in until], label
    assert drawn["reach"] == len(history) - 1  # the axis stays while the slider moves

    (panel,) = sent(app, "replay.map")["panels"]
    assert panel["title"] == f"{model.title}, epoch {epoch}"
    places = np.frombuffer(base64.b64decode(panel["xy"]), "<f4").reshape(-1, 2)
    assert np.array_equal(places, points[epoch])
