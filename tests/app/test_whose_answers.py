"""Verdicts, answers, counts and dashed lines are those of their own model, attack and fit set."""

from __future__ import annotations

import html

import numpy as np
import pytest
from drawn import levels, lines, near, percent
from reading import charts, fine, headlines, unfolded
from scrambled import columns

from opcviz.study import Store, open_study


def test_each_model_wears_its_own_verdict(page, store, made):
    told = {m["key"]: m for m in open_study(Store(store), made.place).to_dict()["models"]}
    boxes = [html.unescape(box) for box in headlines(page())]
    for key, box in zip(made.keys.values(), boxes, strict=True):
        verdict = told[key]["verdict"]
        if verdict["verdict"] is None:
            assert f"No verdict: {'; '.join(verdict['missing'])}." in box, key
        else:
            assert f">{verdict['verdict']}</span>" in box, key
            assert f'title="{verdict["why"]}"' in box, key
            assert f"{verdict['confidence']['level']} confidence" in box, key


@pytest.mark.parametrize("part", ["forget", "retain"])
def test_a_pinned_sample_is_answered_by_each_model(visit, made, store, part):
    samples = open_study(Store(store), made.place).probe()[0]
    at = np.flatnonzero(samples["forget"] == (part == "forget"))[7]
    keys, pinned = ",".join(made.keys.values()), str(samples["ids"][at])
    app = visit(study=made.place, models=keys, sample=pinned)
    (text,) = (t.value for t in app.markdown if t.value.startswith("Pinned sample"))
    wanted = []
    for label, _, arrays in columns(made):
        shares = arrays["maps"]["probabilities"][at].astype(float)
        wanted.append(f"{label}: **{shares.argmax()}** ({percent(100 * shares.max())})")
    assert text == (
        f"Pinned sample {pinned}, class **{samples['labels'][at]}**, {part} data. "
        + " · ".join(wanted)
    )


@pytest.mark.parametrize("fit", ["all", "retain", "heldout"])
def test_ridges_and_their_constant_are_those_of_the_fit_set(visit, made, fit):
    app = visit(study=made.place, models=",".join(made.keys.values()))
    app.button_group(key="rows.fit").set_value(fit).run()
    (chart,) = charts(unfolded(fine(app), "rows.why"), "rows.ridge")
    swept = lines(chart)
    for label, numbers, _ in columns(made):
        found = numbers["evidence"]["recovery"]["fm"][fit]
        assert swept[label] == near(found["sweep"]["forget_accuracy"]), label
        assert levels(chart, "dash") == [near(found["constant_predictor"])]
