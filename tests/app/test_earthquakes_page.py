"""Generators of earthquakes: each record, each figure and each word stands with its model."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from abbreviations import unexplained, words
from drawn import lines, plain
from reading import captions, charts, sent

from opcviz.results import ForgettingResult, WaveformRegrowthResult, WaveformResult
from opcviz.study import Store, open_study, shipped_root

SHOWN = ("original", "retrain", "ft", "dimum_waveforms", "rl_waveforms", "opc_waveforms")


def near(values, within=1e-6):
    return pytest.approx(np.asarray(values, float), abs=within)


def peaks(records):
    return np.abs(records.astype(float)).max(1)


@pytest.fixture(scope="module")
def study():
    """The study that is shipped."""
    return open_study(Store(shipped_root()), "earthquakes")


@pytest.fixture
def models(study):
    """Its models as the page opens on them."""
    found = {model.method.info.name: model for model in study.models}
    return [found[name] for name in SHOWN]


@pytest.fixture
def page(visit, study, opened):
    """The page as it opens on it, drawn once for all tests."""
    if "page" not in opened:
        opened["page"] = visit("generators", study=study.place)
    return opened["page"]


def test_it_opens_on_the_references_and_every_way_to_forget(page, models):
    assert page.query_params["models"] == ",".join(model.key for model in models)
    assert not page.error
    assert not page.toast
    assert not unexplained(words(page))
    titles = [each.value for each in page.header if "(simulated)" in each.value]
    assert len(titles) == 7, "whoever sees records is told in each title that they are simulated"
    assert any("no record on this page was measured" in told for told in captions(page))
    drift = models[0].results.get(WaveformRegrowthResult).curve[-1].index
    assert any(f"takes the original to F {drift:.2f} after 200 steps" in t for t in captions(page))
    assert any("have +0.15 there" in told for told in captions(page)), "of the autoencoder alone"


def test_records_stand_with_the_model_that_made_them(page, models):
    board = sent(page, "waveforms.records")
    truth, *tracks = board["tracks"]
    kept = models[0].artefact("waveforms").arrays("conditions.npz")
    assert truth["label"] == "Simulated record"
    assert truth["peaks"] == pytest.approx(peaks(kept["held_out"]), rel=0.01)
    chosen = kept["conditions"][kept["shown"]]
    assert np.array(board["sources"]) == near(chosen[:, :2], 0.06)
    assert board["s"] == near(kept["s"][kept["shown"]], 0.006)
    assert board["forgotten"][board["at"]], "it opens on what was to be forgotten"
    (x, y), (west, east, south, north) = board["sources"][board["at"]], board["box"]
    assert min(x - west, east - x, y - south, north - y) >= 5, "and not at its border"
    for model, track in zip(models, tracks, strict=True):
        made = model.artefact("waveforms").arrays("waveforms.npz")
        most = peaks(made["made"])
        assert track["label"] == model.title
        assert track["peaks"] == pytest.approx(most, rel=0.01)
        roots = np.frombuffer(base64.b64decode(track["records"]), np.int8).astype(float) / 127
        drawn = (np.sign(roots) * roots**2).reshape(made["made"].shape) * most[:, None]
        assert np.abs(drawn - made["made"]).max() <= 0.02 * most.max()
        late = made["s_shift"][kept["shown"]][0]
        assert track["told"][0].endswith(f"S {'−' if round(late, 1) < 0 else '+'}{abs(late):.1f} s")


def test_sections_and_maps_are_of_their_model(page, models):
    forgotten, kept, attacked = sent(page, "waveforms.sections")["views"]
    maps = sent(page, "waveforms.where")
    assert forgotten["distances"] == sorted(forgotten["distances"])
    assert maps["box"] == list(models[0].study.forget.bounds)
    for place, model in enumerate(models):
        made = model.artefact("waveforms").arrays("waveforms.npz")
        regrown = model.artefact("waveform_dimra").arrays("regrown.npz")["section"]
        found = model.results.get(WaveformResult)
        for view, records in ((forgotten, made["section"][0]), (kept, made["section"][1])):
            assert view["tracks"][place + 1]["peaks"] == pytest.approx(peaks(records), rel=0.01)
        assert attacked["tracks"][place + 1]["peaks"] == pytest.approx(peaks(regrown), rel=0.01)
        there = maps["maps"][place]
        assert there["told"].startswith(f"{found.forgotten.s_error:.2f} s forgotten")
        known = [(v, n) for v, n in zip(there["cells"], maps["records"], strict=True) if v]
        total = sum(value * count for value, count in known) / sum(n for _, n in known)
        assert total == pytest.approx(found.everywhere.s_error, abs=0.05)


def test_f_is_told_above_the_columns_and_in_the_chart(page, models):
    (chart,) = charts(page, "waveforms.degrees")
    marks = {trace["name"]: trace for trace in chart["data"]}
    told = [each.value for each in page.get("html") if 'data-testid="name"' in each.value]
    for model, name in zip(models, told, strict=True):
        found = model.results.get(ForgettingResult)
        values = [each.index for each in found.measures.values()]
        assert plain(marks[model.title]["x"]).tolist() == near(values)
        if model.method.info.name not in ("original", "retrain"):
            curve = model.results.get(WaveformRegrowthResult)
            least = min(point.index for point in curve.curve[1:])
            word = "knows" if found.s_error.index < 0.3 else "returns"
            after = f" → {least:.1f}" if word == "returns" else ""
            assert f"{word}, F {found.s_error.index:.1f}{after}" in name.replace("\xa0", " ")
            assert (">over-forgotten<" in name) == (found.worst[1].index > 2)


def test_the_attacks_curves_are_of_their_model(page, models):
    (chart,) = charts(page, "waveforms.S-error")
    drawn = lines(chart)
    for model in models:
        curve = model.results.get(WaveformRegrowthResult).curve
        assert plain(drawn[model.title]).tolist() == near([point.s_error for point in curve])
    dotted = [t["name"] for t in chart["data"] if t.get("line", {}).get("dash") == "dot"]
    assert dotted == ["Retrained"]


def test_residuals_are_of_the_conditions_that_they_are_named_after(page, models):
    for panel, part in (("to-be-forgotten", "forgotten"), ("kept", "retained")):
        (chart,) = charts(page, f"waveforms.residuals-{panel}")
        bars = {trace["name"]: trace for trace in chart["data"]}
        for model in models:
            scores = getattr(model.results.get(WaveformResult), part)
            values = [scores.pga_bias, *scores.spectrum.values(), scores.response_bias]
            assert plain(bars[model.title]["y"]).tolist() == near(values)
