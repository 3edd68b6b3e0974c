"""The page Scoreboard over the shipped studies, filters and links, and stores that lack things."""

import json
import re

import pytest
from reading import captions, charts, fine, infos

from opcviz.study import Store, open_study, shipped_root
from opcviz.study.table import rows
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.board import board_of
from opcviz.ui.reading.board_view import BEST_FIRST, GONE_IN_WORDS
from opcviz.ui.reading.judged import judge_more, judged
from opcviz.ui.sections.scoreboard import pending


def sent(app) -> dict:
    """What the table was sent."""
    (found,) = [part.proto for part in app.get("bidi_component") if "-board." in part.proto.id]
    return json.loads(found.json)


def methods(app) -> list[str]:
    return [row["cells"][0]["text"] for row in sent(app)["rows"] if not row["fixed"]]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "digits-one", "digits-random"])
def test_every_method_stands_there_with_its_numbers(visit, name):
    study = open_study(Store(shipped_root()), name)
    app = visit("scoreboard", study=study.place, groups="worst")
    table = sent(app)
    heads = [head["key"] for head in table["heads"]]
    worst = ["worst", "worst-features", "worst-retain-only"]
    few = ["few-shot-1", "few-shot-10"] if name != "digits-random" else []  # of classes alone
    masked = ["masked"] if name == "digits" else []  # of several classes alone
    assert heads == ["verdict", *worst, *masked, *few]
    by_key = {row["key"]: row for row in table["rows"]}
    for row in rows(study.models):
        (key,) = [
            k for k in by_key if k.startswith(f"{row.method.info.name}-") and "floor" not in k
        ]
        assert by_key[key]["cells"][2]["text"] == f"{row.cells['worst'].mean:.1f}"
        assert by_key[key]["opens"]
    assert len(charts(app, "pareto")) == 1
    assert not infos(app)


@pytest.mark.slow
def test_the_link_restores_order_filter_groups_and_axes(visit):
    app = visit("scoreboard", by="-ua", family="relabelling", groups="accuracy", x="idi", y="ta")
    assert (sent(app)["sort"], sent(app)["down"]) == ("ua", True)
    assert app.session_state["board.family"] == ["relabelling"]
    assert {
        row["cells"][0]["below"].split(" · ")[0] for row in sent(app)["rows"] if not row["fixed"]
    } == {"relabelling"}
    assert [head["key"] for head in sent(app)["heads"][1:]] == ["ua", "ra", "ta"]
    (chart,) = charts(app, "pareto")
    assert "IDI" in chart["layout"]["xaxis"]["title"]["text"]
    for name, word in {
        "by": "-ua",
        "family": "relabelling",
        "groups": "accuracy",
        "x": "idi",
    }.items():
        assert app.query_params[name] == word


@pytest.mark.slow
def test_what_is_typed_and_chosen_goes_into_the_address(visit):
    app = visit("scoreboard")
    everything = methods(app)
    app.text_input(key="board.find").set_value("opc").run()
    assert sorted(methods(fine(app))) == sorted(name for name in everything if "OPC" in name)
    assert app.query_params["find"] == "opc"
    app.text_input(key="board.find").set_value("no such method").run()
    assert methods(fine(app)) == []
    assert sent(app)["empty"]
    app.text_input(key="board.find").set_value("").run()
    app.multiselect(key="board.family").set_value(["contraction"]).run()
    assert app.query_params["family"] == "contraction"
    assert 0 < len(methods(fine(app))) < len(everything)
    app.selectbox(key="board.x").set_value("idi").run()
    assert fine(app).query_params["x"] == "idi"


@pytest.mark.slow
def test_the_chart_shows_the_methods_that_pass_the_filters(visit):
    app = visit("scoreboard", find="opc")
    (chart,) = charts(app, "pareto")
    drawn = {trace["name"] for trace in chart["data"]} - {"front"}
    assert drawn == {*methods(app), "Original", "Retrained"}
    assert any(
        "the pointer over a point names it" in text for text in captions(visit("scoreboard"))
    )
    app = visit("scoreboard", find="no such method")
    assert not charts(app, "pareto")
    assert any("No method passes the filters" in text for text in captions(app))


@pytest.mark.slow
def test_a_hall_sees_methods_in_one_line_each_and_nothing_to_press(visit):
    app = visit("scoreboard", present="on")
    table = sent(app)
    assert [head["key"] for head in table["heads"]] == [
        "verdict",
        "ta",
        "worst",
        "worst-retain-only",
    ]
    assert [row["key"] for row in table["rows"] if row["fixed"]] == ["band"]
    assert len(methods(app)) > 20
    assert all(row["ticked"] is None for row in table["rows"])
    assert not any("below" in row["cells"][0] for row in table["rows"])
    assert {button.label for button in app.button} <= {"Previous", "Next", "Leave"}


@pytest.mark.parametrize(("waiting", "words"), [(1, "1 verdict is"), (2, "2 verdicts are")])
def test_verdicts_in_the_making_are_counted(waiting, words):
    assert f"{words} still being made." in pending(waiting)
    assert not pending(0)


@pytest.mark.slow
def test_a_measure_that_is_not_there_is_said(visit):
    app = visit("scoreboard", by="beauty", explain="on")
    legend, sentence = (
        next(box.proto.body for box in app.get("html") if f'data-testid="{name}"' in box.proto.body)
        for name in ("board-legend", "explain")
    )
    assert "Colours are not the verdict" in legend
    assert "A colour is not yet the verdict" in sentence
    (pixels,) = [row for row in sent(app)["rows"] if row["key"] == "floor-pixels"]
    below = {
        head["key"]: cell.get("below")
        for head, cell in zip(sent(app)["heads"], pixels["cells"][1:], strict=True)
    }
    assert re.fullmatch(r"± \d+\.\d", below["worst-retain-only"])
    assert below.get("worst") is None
    assert any("no measure 'beauty'" in note for note in infos(app))


@pytest.mark.slow
def test_what_the_address_asks_for_and_is_not_there_is_named(visit):
    names = ("family", "gone", "groups", "ticks", "x", "y")
    notes = infos(visit("scoreboard", **dict.fromkeys(names, "beauty")))
    assert [note.split(":")[0] for note in notes] == list(names)
    assert all("'beauty'" in note for note in notes)


@pytest.mark.slow
def test_verdicts_come_after_the_numbers_and_can_be_filtered(visit):
    app = visit("scoreboard", study="digits-one-66b3e4d0")
    study = library.study_of("digits-one-66b3e4d0")
    lines = board_of(study).lines
    first = judged(study, lines)
    assert judge_more(study, lines, 60.0)
    known = judged(study, lines)
    assert len(known) == sum(bool(line.models) for line in lines) >= len(first)
    app = fine(app.run())
    whole = sent(app)["rows"]
    shown = {row["key"]: row["cells"][1] for row in whole}
    for key, consensus in known.items():
        assert shown[key]["text"] != "…"
        for words, count in consensus.counts.items():
            assert f"{words}: {count} of {len(consensus.seeds)} seeds" in shown[key]["help"]
    app.multiselect(key="board.gone").set_value(["hidden"]).run()
    wanted = [
        line.title
        for line in lines
        if not line.fixed and any("hidden" in w for w in known[line.key].counts)
    ]
    assert sorted(methods(fine(app))) == sorted(wanted)
    stands = [shown[key]["text"] for key in (row["key"] for row in whole if not row["fixed"])]
    texts = [GONE_IN_WORDS[word] for word in BEST_FIRST]
    worst = [max(texts.index(word) for word in text.split(" / ")) for text in stands]
    assert worst == sorted(worst), "the best verdict stands first"
    assert judge_more(study, lines, 0.0)  # nothing is left to do


@pytest.mark.slow
def test_ticked_methods_open_beside_the_references(visit):
    study = open_study(Store(shipped_root()), "digits")
    keys = [line.key for line in board_of(study).lines if line.method in ("opc", "delete")]
    app = visit("scoreboard", ticks=",".join(keys))
    assert [row["key"] for row in sent(app)["rows"] if row["ticked"]] == sorted(keys)
    button = app.button(key="board.collected")
    assert "2 methods" in button.label
    button.click().run()
    shown = fine(app).query_params["models"].split(",")
    assert [key.split("-")[0] for key in shown] == ["original", "retrain", "delete", "opc"]


def test_an_empty_store_says_how_to_fill_it(visit, monkeypatch, tmp_path):
    monkeypatch.setattr(library, "shipped_root", lambda: tmp_path / "nothing")
    app = visit("scoreboard")
    assert any("python -m opcviz run" in note for note in infos(app))


@pytest.mark.slow
def test_a_model_that_diverged_has_dashes_with_the_reason(visit, burst):
    app = visit("scoreboard", study=burst)
    row = next(row for row in sent(app)["rows"] if row["cells"][0]["text"] == "Gradient ascent")
    number = row["cells"][2]
    assert number["text"] == "–"
    assert "heat" not in number
    assert "diverged" in number["help"]
    assert any(
        "want of a number" in text or "It takes" in text or "No method" in text
        for text in captions(app)
    )


@pytest.mark.slow
def test_two_seeds_and_few_measures(visit, made):
    app = visit("scoreboard", study=made.place)
    assert methods(app)
    assert all(cell["text"] for row in sent(app)["rows"] for cell in row["cells"][2:])


def test_generators_have_a_board_of_their_own(visit):
    study = open_study(Store(shipped_root()), "digits-generator")
    app = visit("scoreboard", study=study.place)
    table = sent(app)
    told = {row["cells"][0]["text"]: [c["text"] for c in row["cells"][1:]] for row in table["rows"]}
    keys = [head["key"] for head in table["heads"]]
    assert keys[:2] == ["verdict", "asked"]
    pair = [app.selectbox(key=f"board.{name}").value for name in "xy"]
    assert pair == ["address-genuine", "fd"], "what the hardest attack finds, and what it cost"
    assert told["Retrained"][0] == "Never saw it"
    assert told["OPC under any address (generator)"][0] == "Left in the weights"
    at = keys.index("dimra-then-address-genuine")
    most = float(told["OPC under any address (generator)"][at])
    assert most > float(told["Retrained"][at])


def test_models_of_records_have_their_board_and_less_error_than_retrained_is_memory(visit):
    study = open_study(Store(shipped_root()), "earthquakes")
    app = visit("scoreboard", study=study.place)
    table = sent(app)
    rows = {row["cells"][0]["text"]: row["cells"][1:] for row in table["rows"]}
    keys = [head["key"] for head in table["heads"]]
    told = {name: cells[0]["text"] for name, cells in rows.items()}
    assert (told["DiMUM (records)"], told["Fine-tuning"]) == ("Returns", "Knows")
    for key in ("f-of-s", "s-error-forgotten"):
        at = keys.index(key)
        assert rows["Fine-tuning"][at]["heat"] > 0 > rows["OPC on the output (records)"][at]["heat"]
    pair = [app.selectbox(key=f"board.{name}").value for name in "xy"]
    assert pair == ["least-f-under-dimra", "s-error-kept"]
