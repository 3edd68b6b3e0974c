"""Worst-case attacks on Instruments: bars, lines, band and floors are the stored figures."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from drawn import levels, lines, near, percent, plain
from reading import captions, charts, fine
from streamlit.testing.v1 import AppTest
from worst_study import ANEW, BLOCKS, CONSTANT, JUDGES, MEASURED, MOST, SEEDS, Worst

from opcviz.results import PIXELS, Rung
from opcviz.ui.charts.bands import Band
from opcviz.ui.charts.lines import Beside
from opcviz.ui.sections.worst_case import _how_to_read

SHOWN = (("original", 1), ("retrain", 0), ("ft", 2))
LABELS = ("Original · seed 1", "Retrained · seed 0", "Fine-tuning · seed 2")
PLACES = (PIXELS, *BLOCKS)


@pytest.fixture
def instruments(visit, worst) -> AppTest:
    keys = ",".join(worst.keys[each] for each in SHOWN)
    return visit("instruments", study=worst.place, models=keys)


def switched(app: AppTest, key: str, value: str) -> AppTest:
    app.button_group(key=key).set_value(value).run()
    return fine(app)


def one(app: AppTest, key: str) -> dict[str, Any]:
    (chart,) = charts(app, key)
    return chart


def hover(chart: dict[str, Any]) -> dict[str, list[str]]:
    """What is told at each place, by line."""
    return {line["name"]: line["customdata"] for line in chart["data"] if "customdata" in line}


def rung(worst: Worst, who: tuple[str, int], holds: str, place: str) -> Rung:
    """The best rung, found without the record's own help."""
    found = [
        each
        for each in worst.records[who]["strongest"].rungs
        if (each.attempt.holds, each.attempt.place) == (holds, place)
    ]
    return max(found, key=lambda each: each.attempt.recovered)


@pytest.mark.slow
@pytest.mark.parametrize("holds", ["retain", "all"])
def test_the_best_map_of_every_place_and_whom_it_is_drawn_beside(instruments, worst, holds):
    app = instruments if holds == "retain" else switched(instruments, "worst.holds", holds)
    chart = one(app, "worst")
    drawn, told = lines(chart), hover(chart)

    def best(who: tuple[str, int], place: str) -> float:
        return rung(worst, who, holds, place).attempt.recovered

    for label, who in zip(LABELS, SHOWN, strict=True):
        assert drawn[label] == near([best(who, place) for place in PLACES])
        for place, words in zip(PLACES, told[label], strict=True):
            first = rung(worst, who, holds, place)
            assert words.startswith(
                f"{first.attempt.recovered:.1f} %, 95 %: {first.low:.1f} to {first.high:.1f} · "
            )
            view = "" if place == PIXELS else f", {first.attempt.view}"
            assert f" · {first.attempt.attacker}{view} · " in words
            assert words.endswith(f"fitted on {first.fitted:,}, scored on 107")
    band = [[best(("retrain", seed), place) for seed in SEEDS] for place in PLACES]
    assert drawn["retrained, lowest"] == near([min(each) for each in band])
    assert drawn["retrained, highest"] == near([max(each) for each in band])
    floor = [[best(("untrained", seed), place) for seed in SEEDS] for place in PLACES]
    assert drawn["untrained"] == near([max(each) for each in floor])
    pixels = max(best(who, PIXELS) for who in SHOWN)
    assert drawn["pixels"] == near([pixels] * len(PLACES))
    assert levels(chart, "dash") == [CONSTANT]
    names = {note["text"].rpartition("</span> ")[2] for note in chart["layout"]["annotations"]}
    assert names == {*LABELS, "retrained (3 seeds)", "untrained", "pixels", "constant"}


@pytest.mark.slow
@pytest.mark.parametrize("holds", ["retain", "all"])
def test_why_the_recovery_row_shows_another_figure_stands_below(instruments, worst, holds):
    app = switched(instruments, "worst.holds", holds) if holds != "retain" else instruments
    pairs = {
        label: (
            max(rung(worst, who, holds, at).attempt.recovered for at in PLACES if at != PIXELS),
            worst.evidence[who]["recovery"]["fm"][holds]["unseen"]["forget_accuracy"],
        )
        for label, who in zip(LABELS, SHOWN, strict=True)
    }
    label = max(pairs, key=lambda each: abs(pairs[each][0] - pairs[each][1]))
    most, after = map(percent, pairs[label])
    (line,) = [text for text in captions(app) if "Side by side's" in text]
    assert line.startswith(f"{label} reaches {most} here. Side by side's {after} is FM's")


@pytest.mark.slow
def test_each_threat_model_is_said_in_one_sentence(instruments):
    def told(app: AppTest) -> list[str]:
        return [text for text in captions(app) if text.startswith("The attacker holds")]

    (retain,) = told(instruments)
    (everything,) = told(switched(instruments, "worst.holds", "all"))
    assert "never a forgotten one" in retain
    assert "the forgotten among them" in everything
    assert retain.count(".") == everything.count(".") == 1


@pytest.mark.slow
def test_what_relearning_gets_back_by_pictures_and_blocks(instruments, worst):
    chart = one(instruments, "relearned")
    bars = [trace for trace in chart["data"] if trace["type"] == "bar"]
    for label, who in zip(LABELS, SHOWN, strict=True):
        attacks = {(a.shots, a.anew): a for a in worst.records[who]["relearned"].attacks}
        panels = [trace for trace in bars if trace["name"] == label]
        assert [panel["meta"] for panel in panels] == list(ANEW)
        for panel, (shots, some) in zip(panels, ANEW.items(), strict=True):
            wanted = [attacks[shots, anew] for anew in some]
            assert list(plain(panel["y"])) == near([attack.recovered for attack in wanted])
            for words, attack in zip(panel["customdata"], wanted, strict=True):
                assert f"best: {attack.best}<br>" in words
                assert words.startswith(f"{attack.recovered:.1f} %")
                assert f"{attack.retain_test:.1f} %" in words
    ways = [(shots, anew) for shots, some in ANEW.items() for anew in some]

    def others(method: str, way: tuple[int, int]) -> list[float]:
        return [
            next(
                a.recovered
                for a in worst.records[method, seed]["relearned"].attacks
                if (a.shots, a.anew) == way
            )
            for seed in SEEDS
        ]

    shapes = chart["layout"]["shapes"]
    bands = [(s["y0"], s["y1"]) for s in shapes if s["name"] == "retrained"]
    assert bands == [near((min(f), max(f))) for f in (others("retrain", way) for way in ways)]
    floors = [s["y0"] for s in shapes if s["name"] == "untrained"]
    assert floors == near([max(others("untrained", way)) for way in ways])
    assert {s["y0"] for s in shapes if s["name"] == "constant"} == {CONSTANT}
    legend = [t["name"] for t in chart["data"] if t.get("showlegend") is not False]
    assert legend == [*LABELS, "retrained (3 seeds)", "untrained", "constant"]


@pytest.mark.slow
@pytest.mark.parametrize("judge", ["best", *JUDGES])
def test_how_well_each_judge_tells_them_apart(instruments, worst, judge):
    app = instruments if judge == "best" else switched(instruments, "apart.judge", judge)
    chart = one(app, "apart")
    drawn, told = lines(chart), hover(chart)

    def clearest(who: tuple[str, int], block: str):
        found = [
            sign
            for sign in worst.records[who]["signs"].judged
            if sign.place.split(",")[0] == block and judge in ("best", sign.judge)
        ]
        return max(found, key=lambda sign: sign.auc)

    for label, who in zip(LABELS, SHOWN, strict=True):
        signs = [clearest(who, block) for block in BLOCKS]
        assert drawn[label] == near([100 * sign.auc for sign in signs])
        for sign, words in zip(signs, told[label], strict=True):
            assert words.startswith(f"AUC {sign.auc:.2f}, 95 %: {sign.low:.2f} to {sign.high:.2f}")
            assert words.endswith("unpooled") == sign.place.endswith("unpooled")
    for name, pick, method in (
        ("retrained, lowest", min, "retrain"),
        ("retrained, highest", max, "retrain"),
        ("untrained", max, "untrained"),
    ):
        wanted = [pick(clearest((method, s), b).auc for s in SEEDS) for b in BLOCKS]
        assert drawn[name] == near([100 * auc for auc in wanted])
    assert levels(chart, "dash") == [50.0]


@pytest.mark.slow
def test_how_much_each_block_tells(instruments, worst):
    chart = one(instruments, "information")
    drawn, told = lines(chart), hover(chart)
    for label, who in zip(LABELS, SHOWN, strict=True):
        bits = worst.records[who]["information"].bits
        assert drawn[label] == near([100 * bits[block] / MOST for block in BLOCKS])
        index = worst.records[who]["idi"]
        wanted = [f"{b.bits:.2f} of {MOST:.2f} bits · IDI {b.idi:.2f}" for b in index.blocks]
        assert told[label] == wanted
        assert any(f"{label}: {index.idi:.2f}" in text for text in captions(instruments))
    for name, pick in (("retrained, lowest", min), ("retrained, highest", max)):
        wanted = [
            pick(worst.records["retrain", s]["information"].bits[b] for s in SEEDS) for b in BLOCKS
        ]
        assert drawn[name] == near([100 * bits / MOST for bits in wanted])


@pytest.mark.slow
def test_what_was_not_measured_is_said_and_no_chart_is_empty(visit, worst, store):
    models = store / "studies" / worst.place / "models"
    for kind in MEASURED:
        for folder in models.glob(f"*/{kind}-*"):
            shutil.rmtree(folder)
    keys = ",".join(worst.keys[each] for each in SHOWN)
    app = visit("instruments", study=worst.place, models=keys)
    for key in ("worst", "few", "relearned", "apart", "information"):
        assert not charts(app, key)
    told = [text for text in captions(app) if "run the study again with" in text]
    for kind in ("strongest", "few_shot", "relearned", "signs", "information"):
        assert sum(f"`{kind}`" in text for text in told) == 1


@pytest.mark.slow
def test_a_model_that_was_not_measured_is_named_and_the_band_counts_those_that_were(
    visit, worst, store
):
    models = store / "studies" / worst.place / "models"
    for who in (("ft", 2), ("retrain", 1)):
        (folder,) = (models / worst.keys[who]).glob("strongest-*")
        shutil.rmtree(folder)
    keys = ",".join(worst.keys[each] for each in SHOWN)
    app = visit("instruments", study=worst.place, models=keys)
    drawn = lines(one(app, "worst"))
    assert LABELS[2] not in drawn
    names = {
        note["text"].rpartition("</span> ")[2]
        for note in one(app, "worst")["layout"]["annotations"]
    }
    assert "retrained (2 seeds)" in names
    assert "Not drawn: Fine-tuning · seed 2 (strongest was not computed yet)." in captions(app)
    left = [rung(worst, ("retrain", s), "retain", "stem").attempt.recovered for s in (0, 2)]
    assert drawn["retrained, highest"][1] == near(max(left))


def test_the_caption_names_what_is_drawn_and_no_more():
    bare = _how_to_read([], Beside(("logits",)))
    assert "Shaded" not in bare
    assert "Dotted" not in bare
    pixels = _how_to_read([], Beside(("logits",), floors={"pixels": [1.0]}))
    assert "Dotted: the most that a map gets from the pixels; what is not above it" in pixels
    assert "untrained" not in pixels
    band = [Band(1.0, 2.0, 3)]
    floors = {"pixels": [1.0], "untrained": [2.0]}
    whole = _how_to_read([], Beside(("logits",), band, floors))
    assert "Shaded: lowest to highest of the retrained models" in whole
    assert "and the highest of the untrained networks; what is not above them" in whole
