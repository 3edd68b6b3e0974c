import pytest
from reading import captions, charts, infos, models, unfolded

from opcviz.artefacts import get_kind
from opcviz.study import Store, open_study, shipped_root
from opcviz.verdict import KEPT

GROUPS = ("Standing out", "Membership", "Features", "Beside retraining", "Relearning")


def tables(app) -> list[str]:
    return [text.value for text in app.markdown if text.value.startswith("|")]


def said(app, text: str) -> bool:
    return any(text in caption for caption in captions(app))


def test_it_shows_every_measure_of_the_models_shown(visit):
    app = visit("instruments")
    assert infos(app) == []
    (table,) = tables(app)
    head, _, *lines = table.splitlines()
    assert head.count("|") == len(models(app)) + 4
    assert all(line.count("|") == head.count("|") for line in lines)
    assert all(f"**{group}**" in table for group in GROUPS)
    unasked = [row.name for row in get_kind("shadows").rows]  # the study has no shadow models
    lacking = [line.split("|")[2].strip() for line in lines if "not computed" in line]
    assert lacking == unasked
    assert len(charts(app, "roc.loss")) == 1
    answered = [f"{text[0].upper()}{text[1:]}" for text in KEPT.values()]
    assert any(said in text for text in captions(app) for said in answered)


def test_folds_are_drawn_when_they_are_opened(visit):
    app = visit("instruments")
    for key in ("depth", "confusion", "sizes"):
        assert not charts(app, key)
    assert len(charts(unfolded(app, "instruments.depth"), "depth")) == 2
    unfolded(app, "instruments.detail")
    assert len(charts(app, "confusion")) == len(models(app))
    assert len(charts(app, "sizes")) == 1


def test_what_an_older_study_lacks_is_said(visit):
    """The shipped answers may be older than the page: a chart, or how to get it."""
    app = visit("instruments")
    assert not charts(app, "relearning")
    unfolded(app, "instruments.relearning")
    study = open_study(Store(shipped_root()), app.query_params["study"])
    shown = [study.model(key) for key in models(app)]
    kept = any(model.arrays("evidence", "entropy.npz") for model in shown)
    assert len(charts(app, "entropy")) == kept
    assert said(app, "Entropy by sample was not kept") != kept
    variants = set().union(*(model.result("relearning").variants for model in shown))
    assert len(charts(app, "relearning")) == len(variants)
    assert said(app, "Not measured for these models yet") == ("other" not in variants)


@pytest.mark.slow
def test_a_fresh_study_has_photographs_and_every_sample_on_the_bound(visit, burst):
    app = visit("instruments", study=burst)
    assert len(charts(unfolded(app, "instruments.relearning"), "relearning.other")) == 1
    (panels,) = charts(app, "entropy")
    clouds = [trace for trace in panels["data"] if trace["type"] == "scattergl"]
    assert len(clouds) == 4  # forget and retain of two models; the third diverged
    assert said(app, "Not kept of Gradient ascent")
    assert said(app, "retain (green)")
    assert said(app, "LiRA against retrained models: needs 3 seeds")


@pytest.mark.slow
def test_a_model_without_evidence_says_why(visit, burst):
    app = visit("instruments", study=burst)
    (table,) = tables(app)
    assert "not computed" in table
    assert any("No verdict" in text for text in captions(app))
