import re

import numpy as np
import pytest
import torch
from drawn import before, scored
from reading import (
    captions,
    charts,
    fine,
    frames,
    headlines,
    infos,
    maps,
    models,
    pinned,
    recovery_bars,
    searched,
    unfolded,
)

from opcviz.attacks.inversion.scores import psnr as likeness
from opcviz.study import Store, StudyResult, open_study, shipped_root
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.contrast import pair_of

BARS = 3  # before, FM, HR
ATTACKS = ("fm", "hr_labels")


@pytest.fixture(scope="module")
def shipped() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


def keys(study: StudyResult) -> list[str]:
    return [model.key for model in study.models]


def bars(app) -> list[list[float]]:
    """Forget accuracy before and after the attacks, a list a model."""
    return [[bar["value"] for bar in chart["bars"]] for chart in recovery_bars(app)]


def inverted(app) -> list[str]:
    """What is said of gradient inversion, a text a model."""
    return [text for text in captions(app) if "PSNR" in text or "no score: " in text]


def panels(app) -> list[dict]:
    return maps(app, "maps.")["panels"]


@pytest.mark.slow
def test_it_opens_on_the_shipped_study(visit, shipped, store):
    app = visit()
    assert infos(app) == []
    assert app.query_params["study"] == shipped.place
    names = [key.split("-")[0] for key in models(app)]
    assert names == ["original", "retrain", "delete", "opc"]
    assert app.multiselect(key="head.models").value == models(app)
    assert len(headlines(app)) == len(bars(app)) == len(panels(app)) == 4
    assert all(panel["xy"] and not panel["reason"] for panel in panels(app))
    for key, text in zip(models(app), inverted(app), strict=True):
        has_score = shipped.model(key).to_dict()["inversion"]["psnr"] is not None
        assert ("PSNR" in text) is has_score
        assert ("no score: " in text) is not has_score
    assert not list(store.iterdir())
    first, deepest = models(app), pair_of(shipped, models(app)).right
    assert deepest not in first
    (told,) = [m.value for m in app.markdown if m.value.startswith("Start plays")]
    assert f"**{shipped.model(deepest).title}**" in told
    app.button(key="deepest.show").click().run()
    assert models(fine(app)) == [*first, deepest]
    assert not [m for m in app.markdown if m.value.startswith("Start plays")]


def test_its_numbers_are_those_of_the_store(visit, shipped):
    app = visit()
    for key, shown, headline in zip(models(app), bars(app), headlines(app), strict=True):
        numbers = shipped.model(key).to_dict()
        fits = [numbers["recovery"][attack]["retain"] for attack in ATTACKS]
        first, _ = before(numbers, fits[0])
        assert shown == [first, *(scored(fit)["forget_accuracy"] for fit in fits)]
        assert f"{numbers['accuracy']['retain_test']:.1f}".removesuffix(".0") in headline
    original, retrained, hides, opc = (shown[1] for shown in bars(app))
    assert min(original, hides) > 75, "restored: the first look tells them apart"
    assert max(retrained, opc) < 2


def test_the_attackers_search_can_be_watched(visit, shipped):
    app = visit()
    arrays = shipped.model(models(app)[0]).arrays("inversion", "inversion.npz")
    numbers = shipped.model(models(app)[0]).to_dict()["inversion"]
    grid = searched(app)
    row = grid["tracks"][0]
    assert grid["at"] is None
    assert grid["steps"] == row["steps"] == arrays["steps"].tolist()
    shown = frames(grid, 0)
    np.testing.assert_array_equal(shown[:-1], arrays["frames"][:-1])
    np.testing.assert_array_equal(shown[-1], arrays["reconstructions"])
    assert row["psnr"][-1] == pytest.approx(numbers["per_picture"]["psnr"], abs=0.006)
    early = likeness(
        torch.tensor(arrays["frames"][3] / 255), torch.tensor(arrays["pictures"] / 255)
    )
    assert row["psnr"][3] == pytest.approx(early.tolist(), abs=0.006)
    assert sum(row["psnr"][3]) < sum(row["psnr"][-1])  # each step has its own
    step = int(arrays["steps"][3])
    assert searched(visit(step=str(step)))["at"] == step


def test_the_class_mean_picture_stands_below_the_reconstructions(visit, shipped):
    app = visit()
    grid = searched(app)
    mean = grid["tracks"][-1]
    assert mean["label"] == "Mean picture of the class"
    wanted = shipped.model(models(app)[0]).to_dict()["inversion"]["class_mean"]["per_picture"]
    assert mean["psnr"] == [pytest.approx(wanted["psnr"], abs=0.02)]
    assert mean["ssim"] == [pytest.approx(wanted["ssim"], abs=0.02)]


@pytest.mark.slow
def test_six_models_fit(visit, shipped):
    app = visit()
    app.multiselect(key="head.models").set_value(keys(shipped)[:6]).run()
    fine(app)
    assert models(app) == keys(shipped)[:6]
    assert len(headlines(app)) == len(bars(app)) == len(panels(app)) == 6


@pytest.mark.slow
def test_two_models_are_the_least(visit, shipped):
    first, *_, last = keys(shipped)
    app = visit()
    app.multiselect(key="head.models").set_value([last, first]).run()
    assert models(fine(app)) == [last, first]
    app.multiselect(key="head.models").set_value([]).run()
    assert len(models(fine(app))) == 4


@pytest.mark.slow
def test_the_kind_of_map_can_be_changed(visit):
    app = visit()
    for kind in ("densmap", "pca"):
        before = [panel["xy"] for panel in panels(app)]
        app.button_group(key="rows.map").set_value(kind).run()
        assert fine(app).query_params["map"] == kind
        assert all(a["xy"] != b for a, b in zip(panels(app), before, strict=True))
        assert all((panel["origin"] is not None) == (kind == "pca") for panel in panels(app))


@pytest.mark.slow
def test_the_fit_set_changes_bars_and_baseline(visit, shipped):
    app = visit()
    told = {key: shipped.model(key).to_dict()["recovery"] for key in models(app)}
    for fit in ("all", "heldout", "heldout_retain", "forget"):
        app.button_group(key="rows.fit").set_value(fit).run()
        for key, shown in zip(models(fine(app)), bars(app), strict=True):
            recovered = [scored(told[key][a][fit])["forget_accuracy"] for a in ATTACKS]
            assert shown[1:] == recovered, (key, fit)


def test_a_link_decides(visit, shipped):
    chosen = [keys(shipped)[0], keys(shipped)[-1]]
    sample = str(shipped.probe()[0]["ids"][5])
    app = visit(study=shipped.place, models=",".join(chosen), map="pca", sample=sample)
    assert infos(app) == []
    assert models(app) == chosen
    assert app.query_params["map"] == app.button_group(key="rows.map").value == "pca"
    assert maps(app, "maps.")["selected"]["sample"] == int(sample)
    assert f"Pinned sample {sample}," in pinned(app)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("study", "mnist-00000000", "There is no study 'mnist-00000000' here"),
        ("models", "original,vanished-0-s0", "This study has no model"),
        ("map", "tsne", "There is no map 'tsne'"),
        ("sample", "99999999", "There is no sample '99999999'"),
        ("sample", "<b>", "There is no sample '<b>'"),
    ],
)
def test_what_a_link_asks_for_in_vain_is_named(visit, name, value, says):
    app = visit(**{name: value})
    assert any(note.startswith(says) for note in infos(app))
    assert len(headlines(app)) >= 2
    assert value not in app.query_params.get(name, "")


@pytest.mark.slow
@pytest.mark.parametrize(("fold", "drawn"), [("rows.why", 1), ("rows.deep", 2)])
def test_a_fold_is_drawn_when_it_is_opened_and_no_chart_of_plotlys_before(visit, fold, drawn):
    app = visit()
    assert not charts(app, "")
    assert len(charts(unfolded(app, fold), "")) == drawn
    app.session_state[fold] = False
    assert not charts(fine(app.run()), "")


def test_downloads_are_offered(visit):
    labels = [button.label for button in visit().get("download_button")]
    assert labels == ["Samples (CSV)", "Numbers (CSV)", "Numbers (JSON)"]


def test_without_any_study_it_says_what_to_do(visit, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(library, "shipped_root", lambda: tmp_path_factory.mktemp("none"))
    app = visit()
    assert "python -m opcviz run digits" in infos(app)[0]
    assert not headlines(app)


@pytest.mark.slow
def test_a_diverged_model_shows_its_reason_instead_of_numbers(visit, burst):
    app = visit(study=burst)
    assert infos(app) == []
    assert [key.split("-")[0] for key in models(app)] == ["original", "retrain", "ga"]
    said = headlines(app)[2]
    (diverged,) = set(re.findall(r"diverged at step \d+", said))
    assert "there is no model to examine" in said
    assert bars(app)[2] == [None] * BARS
    assert bars(app)[0] != [None] * BARS
    reason = panels(app)[2]["reason"]
    assert reason.startswith("no map: ")
    app.button_group(key="rows.map").set_value("pca").run()
    assert panels(fine(app))[0]["xy"]
    assert panels(app)[2]["reason"] == f"no map: {diverged}"
    about = [text for text in captions(app) if "diverged" in text]
    assert len(about) >= 3  # below its map, its bars, and for want of reconstructions
    assert not any("a point" in text for text in captions(app))


@pytest.mark.slow
def test_another_study_can_be_chosen_and_left(visit, burst, shipped):
    app = visit()
    shown = models(app)
    app.selectbox(key="head.study").set_value(burst).run()
    assert fine(app).query_params["study"] == burst
    assert len(headlines(app)) == 3
    app.selectbox(key="head.study").set_value(shipped.place).run()
    assert models(fine(app)) == shown


@pytest.mark.slow
def test_a_damaged_artefact_is_named_and_its_model_shown_without(visit, burst, store):
    damaged = next((store / "studies" / burst / "models").glob("retrain-*/evidence-*/result.json"))
    damaged.write_text("{")
    app = visit(study=burst)
    assert any("is damaged" in toast.value for toast in app.toast)
    assert "not complete" in headlines(app)[1]
    assert bars(app)[1] == [None] * BARS
    assert bars(app)[0] != [None] * BARS
