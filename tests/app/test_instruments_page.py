import re

import pytest
from drawn import cells, measures
from reading import captions, charts, infos, models, plain_text, unfolded

from opcviz.artefacts import get_kind
from opcviz.study import Store, open_study, shipped_root
from opcviz.verdict import KEPT

GROUPS = ("Standing out", "Membership", "Features", "Beside retraining", "Relearning step by step")


def said(app, text: str) -> bool:
    return any(text in caption for caption in captions(app))


@pytest.mark.slow
def test_it_shows_every_measure_of_the_models_shown(visit):
    app = visit("instruments")
    assert infos(app) == []
    table = measures(app)
    assert [head["text"] for head in table["heads"]][-2:] == ["Good direction", "How to read it"]
    assert len(table["heads"]) == len(models(app)) + 2
    assert {row["cells"][0]["below"] for row in table["rows"]} >= set(GROUPS)
    about = open_study(Store(shipped_root()), "digits").model(models(app)[0])
    apart = (
        f"a single training of {about.result('relearning').variants['retain'].steps[-1]} steps for "
        "each curve, by SGD at one rate, with no block afresh. *Relearned* is the best of "
        f"{about.result('relearned').trainings} trainings, with 0 to 2 of the last blocks afresh."
    )
    assert said(app, apart)
    # the study has no shadow models, and no downstream data
    unasked = {row.name for kind in ("shadows", "transfer") for row in get_kind(kind).rows}
    lacking = {name for name, texts in cells(app).items() if "not computed" in texts}
    assert lacking == unasked
    assert len(charts(app, "roc.loss")) == 1


@pytest.mark.slow
def test_it_opens_with_one_figure_a_model_and_has_the_others_in_a_fold(visit):
    app = visit("instruments")
    answered = [f"{text[0].upper()}{text[1:]}" for text in KEPT.values()]

    def full() -> bool:
        return any(said in text for text in captions(app) for said in answered)

    study = open_study(Store(shipped_root()), app.query_params["study"])
    told = [b.proto.body for b in app.get("html") if 'data-testid="decided"' in b.proto.body]
    assert len(told) == len(models(app))
    for box, key in zip(told, models(app), strict=True):
        figure = study.verdict(study.model(key)).numbers[0].says.split("; ")[0]
        assert figure in plain_text(re.sub(r"<[^>]+>", "", box))
    assert not full()
    unfolded(app, "instruments.verdicts")
    assert full()


@pytest.mark.slow
def test_folds_are_drawn_when_they_are_opened(visit):
    app = visit("instruments")
    for key in ("depth", "confusion", "sizes"):
        assert not charts(app, key)
    assert len(charts(unfolded(app, "instruments.depth"), "depth")) == 2
    unfolded(app, "instruments.detail")
    assert len(charts(app, "confusion")) == len(models(app))
    assert len(charts(app, "sizes")) == 1


@pytest.mark.slow
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
    assert said(app, "retain (blue)")
    assert said(app, "LiRA against retrained models: needs 3 seeds")


@pytest.mark.slow
def test_a_model_without_evidence_says_why(visit, burst):
    app = visit("instruments", study=burst)
    assert any("not computed" in texts for texts in cells(app).values())
    said = [*captions(app), *(each.proto.body for each in app.get("html"))]
    assert any("No verdict" in text for text in said)


@pytest.mark.slow
def test_the_measures_are_sorted_by_their_distance_from_retrained_models(visit):
    app = visit("instruments")
    key = models(app)[2]
    at = 3
    declared = [row["key"] for row in measures(app)["rows"]]
    app = visit("instruments", order=key)
    table = measures(app)
    heats = [row["cells"][at].get("heat", 0.0) for row in table["rows"]]
    assert heats == sorted(heats, reverse=True)
    assert max(heats) > 0
    assert sorted(row["key"] for row in table["rows"]) == sorted(declared)
    assert all(cell.get("heat", 0) == 0 for row in table["rows"] for cell in row["cells"][2:3])
    assert "Measures (CSV)" in [button.label for button in app.get("download_button")]
