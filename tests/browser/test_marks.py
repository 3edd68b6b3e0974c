"""Coincident samples in every projection: one mark with its count, under pointer and lasso."""

import json
import re

import numpy as np
import pytest
from visitor import canvases, drawn_maps, params, settled

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.charts.maps_component import gathered
from opcviz.ui.reading.sets import unpack

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser
PADDING, POINT = 22, 3.4  # px, of view.js and maps.js
NEAR = 0.5  # px that a box of the window is rounded by


@pytest.fixture(scope="module")
def models():
    """The probe set, and the shipped models of seed 0 by their method."""
    study = open_study(Store(shipped_root()), "digits")
    probe, _ = study.probe()
    return probe, {m.method.info.name: m for m in study.models if m.seed == 0}


@pytest.fixture(scope="module")
def page(app, keep, models):
    """DELETE beside OPC."""
    keys = ",".join(models[1][name].key for name in ("delete", "opc"))
    found = keep(f"{app.url}/side_by_side?study=digits-86043b2a&models={keys}&map=umap")
    expect(drawn_maps(found)).to_have_count(2)
    settled(found)
    return found


def marks(canvas):
    return json.loads(canvas.get_attribute("data-groups"))


def kept_width(canvas, model, probe, kind):
    """How wide the median kept class is drawn, in pixels, from the stored map."""
    groups = model.arrays("samples", "samples.npz")["groups"]
    points = gathered(model.arrays("maps", "maps.npz")[kind], groups)
    within = points if kind != "pca" else np.vstack([points, [[0, 0]]])
    box = canvas.bounding_box()
    room = np.array([box["width"], box["height"]]) - 2 * PADDING
    scale = (room / np.ptp(within, axis=0)).min()
    kept = [points[(probe["labels"] == c) & ~probe["forget"]] for c in np.unique(probe["labels"])]
    widths = [np.ptp(each, axis=0).max() for each in kept if len(each)]
    return scale * np.median(widths) + 2 * POINT


@pytest.mark.parametrize("name", ["densMAP", "PCA", "UMAP"])
def test_opc_is_one_mark_with_its_count_and_delete_is_none(page, models, name):
    kind = name.lower()
    page.get_by_text(name, exact=True).first.click()
    expect(page.get_by_role("radio", name=name)).to_be_checked()
    expect(page).to_have_url(re.compile(f"map={kind}"))
    settled(page)
    probe, known = models
    delete, opc = canvases(page).all()
    assert marks(delete) == []
    (mark,) = marks(opc)
    assert mark["count"] == 90
    assert 2 * (mark["r"] + mark["rim"]) <= kept_width(opc, known["opc"], probe, kind) + NEAR


def test_no_mark_is_larger_than_a_kept_class_in_six_columns_on_a_small_screen(app, visit, models):
    probe, known = models
    names = ("original", "retrain", "delete", "opc", "opc_deep", "opc_retain_like")
    keys = ",".join(known[name].key for name in names)
    found = visit(f"{app.url}/side_by_side?study=digits-86043b2a&models={keys}&map=umap")
    found.set_viewport_size({"width": 1024, "height": 768})
    expect(drawn_maps(found)).to_have_count(len(names))
    settled(found)
    seen = 0
    for name, canvas in zip(names, canvases(found).all(), strict=True):
        for mark in marks(canvas):
            seen += 1
            whole = 2 * (mark["r"] + mark["rim"])
            assert whole <= kept_width(canvas, known[name], probe, "umap") + NEAR, name
    assert seen


def test_the_mark_lists_its_samples_and_a_lasso_over_it_takes_them_all(page, models):
    probe, _ = models
    opc = canvases(page).nth(1)
    opc.scroll_into_view_if_needed()
    (mark,), box = marks(opc), opc.bounding_box()
    x, y = box["x"] + mark["x"], box["y"] + mark["y"]
    page.mouse.move(x, y)
    tip = page.get_by_test_id("map-tooltip")
    expect(tip).to_contain_text("90 samples at one place")
    expect(tip).to_contain_text("30 of class 0, 30 of class 1, 30 of class 2")
    assert tip.locator(".strip .thumb").count() >= 10
    page.mouse.move(x - 12, y - 12)
    page.mouse.down()
    for dx, dy in ((12, -12), (12, 12), (-12, 12), (-12, -12)):
        page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"[?&]set="))
    taken = unpack(params(page)["set"], probe["ids"])
    assert sorted(taken) == sorted(probe["ids"][probe["forget"]])
