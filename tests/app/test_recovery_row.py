"""The recovery row and the cards: unseen scores beside the band of all seeds and the pixels."""

from __future__ import annotations

import re

import pytest
from drawn import before, near, percent, scored
from reading import captions, fine, headlines, infos, models, plain_text, recovery_bars
from worst_study import SEEDS

from opcviz.results import PIXELS
from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.sections.sentences import INTRODUCED
from opcviz.ui.sections.verdicts import spoken
from opcviz.verdict import GONE

SHOWN = (("original", 1), ("retrain", 0), ("ft", 2))
ATTACKS = ("fm", "hr_labels")


@pytest.fixture
def row(visit, worst):
    keys = ",".join(worst.keys[each] for each in SHOWN)
    return visit(study=worst.place, models=keys)


def values(worst, who, fit: str) -> list[float]:
    evidence = worst.evidence[who]
    fits = [evidence["recovery"][attack][fit] for attack in ATTACKS]
    return [before(evidence, fits[0])[0], *(scored(found)["forget_accuracy"] for found in fits)]


@pytest.mark.slow
@pytest.mark.parametrize("fit", ["all", "retain", "heldout"])
def test_bars_are_scores_on_unseen_pictures_beside_all_seeds(row, worst, store, fit):
    app, study = row, open_study(Store(store), worst.place)
    if fit != "retain":
        app.button_group(key="rows.fit").set_value(fit).run()
    others = [values(worst, ("retrain", seed), fit) for seed in SEEDS]
    band = [near((min(each), max(each))) for each in zip(*others, strict=True)]
    said = [text for text in captions(fine(app)) if text.startswith("Restored by FM")]
    for who, chart, caption in zip(SHOWN, recovery_bars(app), said, strict=True):
        fm = worst.evidence[who]["recovery"]["fm"][fit]
        assert fm["unseen"]["forget_accuracy"] != fm["forget_accuracy"]
        assert [bar["value"] for bar in chart["bars"]] == near(values(worst, who, fit))
        assert [tuple(each) for each in chart["retrained"]] == band
        assert [label["text"] for label in chart["labels"]][-2:] == ["(3 seeds)", "retrained"]
        assert chart["axis"] == "forget accuracy (%)"
        assert f"on {fm['unseen']['scored']:,} forgotten" in caption
        in_sample = f"on the pictures it was fitted on **{percent(fm['forget_accuracy'])}**"
        assert (in_sample in caption) == (fit == "all")
        decider = study.verdict(study.model(worst.keys[who])).numbers[0].figures.attempt
        restored = percent(fm["unseen"]["forget_accuracy"])
        both = decider is not None and fit != "heldout" and percent(decider.recovered) != restored
        assert (". The verdict's " in caption) == both
        if both:  # which of the two attackers it is
            assert f"The verdict's {percent(decider.recovered)} is" in caption
        floors = [
            rung.attempt.recovered
            for rung in worst.records[who]["strongest"].rungs
            if (rung.attempt.place, rung.attempt.holds) == (PIXELS, fit)
        ]
        assert chart["floor"] == (near(max(floors)) if floors else None)


@pytest.mark.slow
def test_a_card_quotes_what_decided_and_says_how_far_attackers_came(row, worst, store):
    study = open_study(Store(store), worst.place)
    for who, box in zip(SHOWN, map(plain_text, headlines(row)), strict=True):
        verdict = study.verdict(study.model(worst.keys[who]))
        assert verdict.gone is not None, verdict.missing
        flat = re.sub(r"<[^>]+>", "", box)
        for clause in spoken(verdict.numbers[0]):
            assert clause[1:] in flat  # each begins with a capital
        assert (GONE[verdict.gone][1:] in flat) == (who[0] not in INTRODUCED)
        assert verdict.furthest is not None
        told = verdict.gone != "no"  # of the original, which forgot nothing, no attacker is told
        assert not told or verdict.furthest.words[1:] in flat
        assert not told or f"{verdict.furthest.recovered:.1f} %" in box
        assert f"{verdict.confidence.level} confidence" in box
        some = "1 retrained model" if verdict.band == 1 else f"{verdict.band} retrained models"
        assert f">beside {some}<" in box
        seen = {"yes": "noticeable", "no": "not noticeable"}
        noticed = seen.get(verdict.noticeable, f"noticeable {verdict.noticeable}")
        assert f">{noticed}<" in box
        kept = {"yes": "rest kept", "no": "damaged"}.get(verdict.kept, verdict.kept)
        assert f">{kept}<" in box
        depth = (
            f"from {verdict.depth} on maps get not clearly more" if verdict.depth else "Depth: none"
        )
        assert not told or depth in flat


@pytest.mark.slow
def test_without_a_retrained_model_there_is_no_band_and_it_is_said(visit, worst, store):
    models = store / "studies" / worst.place / "models"
    for seed in SEEDS:
        for record in (models / worst.keys["retrain", seed]).glob("*/artefact.json"):
            record.unlink()
    keys = ",".join(worst.keys[each] for each in (("original", 1), ("ft", 2)))
    app = visit(study=worst.place, models=keys)
    assert all(chart["retrained"] == [None] * 3 for chart in recovery_bars(app))
    assert any(text.startswith("No band") for text in captions(app))


@pytest.mark.slow
def test_a_ridge_is_chosen_read_out_and_kept_in_the_address(visit):
    app = visit(ridge="0.1")
    (slider,) = [each for each in app.select_slider if each.label == "Ridge"]
    assert slider.value == "0.1"
    study = open_study(Store(shipped_root()), app.query_params["study"])
    sweeps = [
        study.model(key).to_dict()["recovery"]["fm"]["retain"]["sweep"] for key in models(app)
    ]
    told = next(text for text in captions(app) if text.startswith("At ridge 0.1 "))
    for sweep in sweeps:
        value = sweep["forget_accuracy"][sweep["ridge"].index(0.1)]
        assert f"**{percent(value)}**" in told
    slider.set_value("1").run()
    assert app.query_params["ridge"] == "1"
    assert any(text.startswith("At ridge 1 ") for text in captions(app))


@pytest.mark.slow
def test_a_ridge_that_was_not_swept_is_named(visit):
    assert any("'0.123'" in note for note in infos(visit(ridge="0.123")))
    assert any(note.startswith("ridge cannot be") for note in infos(visit(ridge="much")))
