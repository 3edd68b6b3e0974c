"""A study of several seeds: its retrained models are a band, and each seed has its references."""

import pytest
from drawn import before, measures, scored
from reading import captions, fine, models, recovery_bars
from stored import copy_model

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.lab import actions as lab
from opcviz.ui.reading import store_reader as library

FM = 40.0  # what the attacks find in the retrained model of a new seed; the shipped ones differ
NEW = 5  # a seed that is not shipped


@pytest.fixture
def digits():
    return open_study(Store(shipped_root()), "digits")


@pytest.fixture
def named(digits):
    """The shipped models of seed 0 by method."""
    return {model.method.info.name: model for model in digits.models if model.seed == 0}


@pytest.fixture
def retrained(digits) -> list[list[float]]:
    """What is shown of every shipped retrained model: percent by stage."""
    found = [model for model in digits.models if model.method.info.name == "retrain"]
    assert [model.seed for model in found] == [0, 1, 2, 3, 4]
    return [stages(model) for model in found]


def changed(result):
    for attack in ("fm", "hr_labels"):
        scored(result["recovery"][attack]["retain"])["forget_accuracy"] = FM


def stages(model) -> list[float]:
    """Percent before and after the attacks, as they are shown."""
    numbers = model.to_dict()
    fits = [numbers["recovery"][attack]["retain"] for attack in ("fm", "hr_labels")]
    first, _ = before(numbers, fits[0])
    return [first, *(scored(fit)["forget_accuracy"] for fit in fits)]


@pytest.mark.slow
def test_the_band_is_that_of_the_retrained_models_of_all_seeds(
    visit, store, digits, named, retrained
):
    opc = copy_model(named["opc"], store, seed=NEW)
    copy_model(named["retrain"], store, seed=NEW, evidence=changed)
    shown = (named["opc"].key, opc)
    app = visit(study=digits.place, models=",".join(shown))
    assert set(models(app)) == set(shown)
    new = [stages(named["retrain"])[0], FM, FM]
    wanted = [[min(each), max(each)] for each in zip(*retrained, new, strict=True)]
    for chart in recovery_bars(app):
        assert [list(band) for band in chart["retrained"]] == wanted
        assert "(6 seeds)" in [label["text"] for label in chart["labels"]]
    assert not any("No band" in text for text in captions(app))


@pytest.mark.slow
def test_a_seed_without_a_retrained_model_of_its_own_stands_beside_the_others(
    visit, store, digits, named, retrained
):
    opc = copy_model(named["opc"], store, seed=NEW)
    app = visit(study=digits.place, models=f"{named['opc'].key},{opc}")
    lowest = [[band[0] for band in chart["retrained"]] for chart in recovery_bars(app)]
    assert lowest == [[min(each) for each in zip(*retrained, strict=True)]] * 2
    app = visit("instruments", study=digits.place, models=f"{named['opc'].key},{opc}")
    lacking = [
        row["cells"][0]["text"]
        for row in measures(app)["rows"]
        if f"no retrained model of seed {NEW}" in str(row["cells"])
    ]
    assert len(lacking) == 2, "average gap, Tug-of-War"


@pytest.mark.slow
def test_what_a_visitor_trains_is_not_shown_first(visit, store, digits, named):
    before = models(visit())
    for settings in ({"epochs": 120}, {"lr": 0.01}):
        copy_model(named["opc"], store, settings=settings)
    for seed in (NEW, NEW + 1):
        for name in ("original", "retrain", "delete", "opc"):
            copy_model(named[name], store, seed=seed)
    app = fine(visit())
    assert models(app) == before
    assert len(library.choices()[digits.place].models) == len(digits.models) + 10
    page = visit("lab")
    replayed = next(box for box in page.selectbox if (box.key or "").startswith("lab.replay."))
    assert replayed.value == named["opc"].key


def test_a_run_is_shown_beside_the_references_of_its_seed(store, digits, named):
    names = ("original", "retrain", "opc")
    keys = {name: copy_model(named[name], store, seed=NEW) for name in names}
    study = open_study(library.store(), digits.place)
    beside = lab._beside(study, study.model(keys["opc"]))
    assert set(beside) == set(keys.values())
    first = lab._beside(study, study.model(named["opc"].key))
    assert set(first) == {named[name].key for name in ("original", "retrain", "delete", "opc")}
    assert all(key.endswith("-s0") for key in first)
