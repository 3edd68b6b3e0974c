"""Verdicts, answers, counts and dashed lines are those of their own model, attack and fit set."""

from __future__ import annotations

import json

import numpy as np
import pytest
from drawn import levels, lines, near, percent
from reading import captions, charts, fine, headlines, names, plain_text, unfolded
from reading import pinned as pinned_block
from scrambled import columns

from opcviz.study import Store, open_study


def test_each_model_wears_its_own_verdict(page, store, made):
    told = {m["key"]: m for m in open_study(Store(store), made.place).to_dict()["models"]}
    boxes = [plain_text(box) for box in headlines(page())]
    heads = [plain_text(box) for box in names(page())]
    for key, box, head in zip(made.keys.values(), boxes, heads, strict=True):
        verdict = told[key]["verdict"]
        assert f'title="{verdict["why"]}"' in box, key
        if verdict["gone"] is None:
            assert f"No verdict: {'; '.join(verdict['missing'])}." in box, key
        else:
            said = {"no": "not gone"}.get(verdict["gone"], verdict["gone"])
            assert f">{said}<" in head, key
            assert f"{verdict['confidence']['level']} confidence" in box, key
            for clause in verdict["numbers"][0]["says"].split("; "):
                assert clause[1:] in box, key  # each begins with a capital


@pytest.mark.parametrize("part", ["forget", "retain"])
def test_a_pinned_sample_is_answered_by_each_model(visit, made, store, part):
    samples = open_study(Store(store), made.place).probe()[0]
    at = np.flatnonzero(samples["forget"] == (part == "forget"))[7]
    keys, pinned = ",".join(made.keys.values()), str(samples["ids"][at])
    app = visit(study=made.place, models=keys, sample=pinned)
    text = plain_text(pinned_block(app))
    wanted = []
    for label, _, arrays in columns(made):
        shares = arrays["maps"]["probabilities"][at].astype(float)
        wanted.append(f"{label}: <b>{shares.argmax()}</b> ({percent(100 * shares.max())})")
    said = {"forget": "to be forgotten", "retain": "kept"}[part]
    assert f"Pinned sample {pinned}, class <b>{samples['labels'][at]}</b>, {said}." in text
    assert " · ".join(wanted) in text


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


def test_how_many_samples_turn_in_each_model(page, made):
    app = unfolded(page("instruments"), "instruments.detail")
    told = [text for text in captions(app) if " turn right, " in text]
    for (label, numbers, _), text in zip(columns(made), told, strict=True):
        found = numbers["evidence"]["recovery"]["fm"]["all"]
        total = sum(sum(row.values()) for row in found["confusion"].values())
        flips = found["flips"]
        assert text == (
            f"of {total:,} samples {flips['recovered']} turn right, {flips['lost']} turn wrong"
        ), label


def test_the_constant_answer_beside_few_samples(page, made):
    (chart,) = charts(unfolded(page("instruments"), "instruments.detail"), "sizes")
    for label, numbers, _ in columns(made):
        constant = numbers["evidence"]["recovery"]["constant_predictor"]
        assert levels(chart, "dash") == [near(constant)], label


def test_the_constant_answer_beside_relearning(page, made):
    app = unfolded(page("instruments"), "instruments.relearning")
    for label, numbers, _ in columns(made):
        for name, curves in numbers["relearning"]["variants"].items():
            # the whole end of a key, since shots_1 begins shots_10
            (spec,) = (
                chart.proto.spec
                for chart in app.get("plotly_chart")
                if chart.proto.id.endswith(f"-relearning.{name}")
            )
            constant = curves["forget_train"]["constant_predictor"]
            assert levels(json.loads(spec), "dash") == [near(constant)], (label, name)


def test_the_least_rate_that_the_unseen_samples_resolve(page, made):
    (text,) = (t for t in captions(page("instruments")) if "false-alarm rates below" in t)
    tests = [numbers["membership"]["thresholds"] for _, numbers, _ in columns(made)]
    fewest = min(one["nonmembers"] for one in tests)
    assert fewest < min(one["members"] for one in tests)
    assert f" {fewest} unseen samples, false-alarm rates below {100 / fewest:.2g} %" in text


def test_how_many_samples_of_each_part_the_entropy_panels_show(page, made):
    (text,) = (t for t in captions(page("instruments")) if t.startswith("Every point is a train"))
    counts = columns(made)[0][1]["evidence"]["entropy"]
    (forget, all_forget), (retain, all_retain) = counts["forget"], counts["retain"]
    assert forget == all_forget
    assert retain < all_retain
    assert f", {forget} forget (orange) and {retain:,} of {all_retain:,} retain (blue);" in text
