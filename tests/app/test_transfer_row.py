"""The transfer probe on Instruments: there where it was made, its charts the stored figures."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from drawn import lines, near
from reading import captions, charts, fine
from streamlit.testing.v1 import AppTest
from worst_study import SEEDS, Worst

from opcviz.artefacts import get_kind
from opcviz.common.records import Undefined
from opcviz.results import PIXELS, TransferResult, TransferRung
from opcviz.study import Store, open_study

SHOWN = (("original", 1), ("retrain", 0), ("ft", 2))
LABELS = ("Original · seed 1", "Retrained · seed 0", "Fine-tuning · seed 2")
PLACES = (PIXELS, "stem", "features", "logits")
SHARES = {"shoe": 80.0, "bag": 70.0, "coat": 20.0, "shirt": 5.0}


def keep(store, worst: Worst, who: tuple[str, int], made: TransferResult) -> None:
    kept = Store(store)
    question = get_kind("transfer").question(open_study(kept, worst.place).study.evidence)
    place = f"{worst.place}/models/{worst.keys[who]}"
    for older in (store / "studies" / place).glob("transfer-*"):
        shutil.rmtree(older)
    with kept.writing(place, "transfer", question) as folder:
        (folder / "result.json").write_text(json.dumps(made.to_dict()))


def drawn_at_random(shares: dict[str, float], seed: int) -> TransferResult:
    draw = np.random.default_rng(seed)
    rungs = []
    for place in PLACES:
        for given in (5, 20):
            for probe in ("linear", "knn"):
                one, other = (float(each) for each in draw.uniform(5, 95, 2))
                recall = {"shoe": one, "bag": one, "coat": other, "shirt": other}
                rungs.append(TransferRung(place, probe, given, 3, one, other, recall))
    return TransferResult(tuple(rungs), "fashion_mnist", "0", ("shoe", "bag"), shares, 123)


def told(worst: Worst, store, shares: dict[str, float] = SHARES):
    made = {who: drawn_at_random(shares, n) for n, who in enumerate(worst.keys)}
    for who, one in made.items():
        keep(store, worst, who, one)
    return made


def visited(visit, worst: Worst) -> AppTest:
    keys = ",".join(worst.keys[each] for each in SHOWN)
    return visit("instruments", study=worst.place, models=keys)


def rung(made: TransferResult, place: str, probe: str, given: int) -> TransferRung:
    (one,) = [r for r in made.rungs if (r.place, r.probe, r.given) == (place, probe, given)]
    return one


@pytest.mark.slow
@pytest.mark.parametrize(("probe", "given"), [("linear", 5), ("knn", 20)])
def test_near_and_far_classes_beside_band_and_floors(visit, worst, store, probe, given) -> None:
    made = told(worst, store)
    app = visited(visit, worst)
    if given == 20:
        app.button_group(key="transfer.given").set_value(20).run()
        app.button_group(key="transfer.probe").set_value("knn").run()
        fine(app)
    left, right = charts(app, "transfer")
    for chart, side in ((left, "near"), (right, "far")):
        drawn = lines(chart)

        def share(who: tuple[str, int], place: str, side: str = side) -> float:
            return getattr(rung(made[who], place, probe, given), side)

        for label, who in zip(LABELS, SHOWN, strict=True):
            assert drawn[label] == near([share(who, place) for place in PLACES])
        band = [[share(("retrain", seed), place) for seed in SEEDS] for place in PLACES]
        assert drawn["retrained, lowest"] == near([min(each) for each in band])
        assert drawn["retrained, highest"] == near([max(each) for each in band])
        floor = [[share(("untrained", seed), place) for seed in SEEDS] for place in PLACES]
        assert drawn["untrained"] == near([max(each) for each in floor])
        pixels = max(share(who, PIXELS) for who in SHOWN)
        assert drawn["pixels"] == near([pixels] * len(PLACES))
        words = {line["name"]: line["customdata"] for line in chart["data"] if "customdata" in line}
        one = rung(made[SHOWN[0]], "stem", probe, given)
        assert words[LABELS[0]][1] == (
            f"near {one.near:.1f} %, far {one.far:.1f} % (near − far {one.near - one.far:+.1f}; "
            "mean of 3 draws)"
        )
    (read,) = [text for text in captions(app) if "Probes learn the classes" in text]
    assert f"from {given} labelled pictures of each class, and answer 123 unseen ones" in read
    assert "Near are shoe, bag: the original answers at least 70 %" in read
    assert "of a far class at most 20 %" in read
    assert "hardly sets them apart" not in read
    assert "does not enter the verdict" in read


@pytest.mark.slow
def test_where_near_and_far_are_alike_it_is_said(visit, worst, store) -> None:
    told(worst, store, {**SHARES, "coat": 60.0})
    (read,) = [t for t in captions(visited(visit, worst)) if "Probes learn the classes" in t]
    assert "That hardly sets them apart" in read


@pytest.mark.slow
def test_near_classes_are_told_by_model_where_they_differ(visit, worst, store) -> None:
    made = told(worst, store)
    keep(
        store,
        worst,
        SHOWN[2],
        TransferResult(
            made[SHOWN[2]].rungs, "fashion_mnist", "0", ("bag", "coat"), {**SHARES, "coat": 75}, 9
        ),
    )
    (read,) = [t for t in captions(visited(visit, worst)) if "Probes learn the classes" in t]
    assert f"bag, coat ({LABELS[2]})" in read


@pytest.mark.slow
def test_it_is_hidden_where_nobody_made_it_and_says_why_there_is_none(visit, worst, store) -> None:
    app = visited(visit, worst)
    assert "Transfer to near classes" not in [each.value for each in app.header]
    why = "no downstream data set is named"
    for who in SHOWN:
        keep(store, worst, who, TransferResult(Undefined(why)))
    app = visited(visit, worst)
    assert "Transfer to near classes" in [each.value for each in app.header]
    assert not charts(app, "transfer")
    assert any(why in text for text in captions(app))
