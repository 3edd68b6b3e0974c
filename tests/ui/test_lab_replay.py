"""The replay of a finished model: an epoch's map and numbers are those that were kept of it."""

import base64
import json

import known_results
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from opcviz.results import EvidenceResult
from opcviz.ui.lab import levels
from opcviz.ui.reading import store_reader as library

LINES = {
    "norm ratio": "norm_ratio",
    "forget": "forget_accuracy",
    "retain": "retain_accuracy",
    "FM, all data": "fm_accuracy",
    "FM, retain only": "fm_retain_accuracy",
}
LEVELS = {"constant answer", "retrained", "retrained, all data"}


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
    assert shown.keys() == LINES.keys() | LEVELS
    until = [row for row in history if row["epoch"] <= epoch]
    for label, name in LINES.items():
        assert shown[label]["x"] == list(range(epoch + 1))
        assert shown[label]["y"] == [row[name] for row in until], label
    assert drawn["reach"] == len(history) - 1  # the axis stays while the slider moves

    (panel,) = sent(app, "replay.map")["panels"]
    assert panel["title"] == f"{model.title}, epoch {epoch}"
    places = np.frombuffer(base64.b64decode(panel["xy"]), "<f4").reshape(-1, 2)
    groups = library.trajectory(model)["groups"][epoch]
    assert np.array_equal(places[groups < 0], points[epoch][groups < 0])
    sent_groups = np.frombuffer(base64.b64decode(panel["groups"]), "<i2")
    assert np.array_equal(sent_groups, groups)
    for group in set(groups[groups >= 0].tolist()):  # one mark: its members stand at one place
        assert len(np.unique(places[groups == group], axis=0)) == 1
        middle = points[epoch][groups == group].mean(0)
        assert places[groups == group][0] == pytest.approx(middle, abs=1e-4)


def test_the_curves_stand_beside_a_constant_answer_and_the_retrained_model():
    model, study = known_results.shipped(), known_results.shipped_study()
    app = AppTest.from_function(page, default_timeout=60).run()
    (chart,) = [c for c in sent(app, "replay.curves")["charts"] if c["name"] == "accuracy"]
    levels = [line for line in chart["lines"] if line["label"] in LEVELS]
    dashed, *dotted = levels
    known = model.results.get(EvidenceResult).recovery.constant_predictor
    assert dashed["y"] == [known, known]
    (retrained,) = [
        m for m in study.models if m.method.info.name == "retrain" and m.seed == model.seed
    ]
    last = retrained.training.history[-1]
    assert [line["y"][0] for line in dotted] == [last["fm_retain_accuracy"], last["fm_accuracy"]]
    said = " ".join(caption.value for caption in app.caption)
    assert "Dashed: what one constant answer scores." in said
    assert f"the retrained model of seed {model.seed}" in said


def test_without_a_retrained_model_the_dotted_line_is_missed_in_words():
    study = known_results.shipped_study()
    assert [level.label for level in levels.levels_of(study, 99)] == ["constant answer"]
    said = levels.levels_line(study, 99)
    assert said.endswith("No dotted line: there is no retrained model of seed 99 yet.")
