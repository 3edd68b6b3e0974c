"""Generators: each figure and each picture stands with the model that it is of."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from abbreviations import unexplained, words
from drawn import cells, lines, near, percent, plain
from drawn_study import NAMES
from reading import captions, charts, fine, infos, maps, sent

from opcviz.artefacts.kind import get_kind
from opcviz.methods import method_settings, settings_class
from opcviz.results import RegenerationResult, Regrowth
from opcviz.study import Store, open_study
from opcviz.study.spec import model_place
from opcviz.ui.sections.generators.places import SAID
from opcviz.ui.sections.presentation import fitting
from opcviz.ui.sections.tour.facts import Facts

REGROWN = RegenerationResult((Regrowth(0, 0.0, 0.0), Regrowth(25, 90.0, 80.0)), 100)
TITLES = [settings_class(name).info.title for name in NAMES]


@pytest.fixture
def page(visit, drawn, opened):
    """The page as it opens, drawn once for all tests that only read it."""
    if "page" not in opened:
        opened["page"] = visit("generators", study=drawn.place)
    return opened["page"]


def found(drawn, kind):
    return [drawn.records[name, kind] for name in NAMES if (name, kind) in drawn.records]


def test_it_opens_on_the_references_and_three_ways_to_forget(page, drawn):
    assert page.title[0].value == "Generators"
    assert page.query_params["models"] == ",".join(drawn.keys[name] for name in NAMES)
    assert not page.error
    assert not page.toast
    assert not unexplained(words(page))


@pytest.mark.parametrize(("key", "of"), [("asked", "asked"), ("null", "unconditional")])
def test_pictures_stand_below_their_model_with_its_figures(page, drawn, store, key, of):
    wall = sent(page, f"generators.{key}")
    assert [column["label"] for column in wall["columns"]] == TITLES
    for name, column, record in zip(
        NAMES, wall["columns"], found(drawn, "generation"), strict=True
    ):
        told = getattr(record, of)
        assert column["told"][0].startswith(
            f"{percent(told.judged)} judged 3, {percent(told.genuine)} genuine"
        )
        place = f"{drawn.place}/models/{drawn.keys[name]}"
        arrays = Store(store).latest(place, "generation").arrays("pictures.npz")
        wanted = arrays["path"] if of == "asked" else arrays[of][:16]
        assert base64.b64decode(column["frames"]) == wanted.tobytes()
        (marks,) = column["marks"]
        ours = arrays[f"{of}_judged"][:16] == 3
        assert marks == (ours * (1 + arrays[f"{of}_genuine"][:16])).tolist()
    if key == "asked":
        assert len(wall["steps"]) == wall["columns"][0]["length"] == 25
        assert "nothing taught it what this condition means" in wall["columns"][1]["told"][0]


@pytest.mark.parametrize(
    ("key", "kind", "course"),
    [
        ("regrown", "regeneration", lambda record: record.curve),
        ("inverted", "concept_inversion", lambda record: record.strong.course),
        ("relearned", "relearned_pictures", lambda record: record.shots[0].curve),
    ],
)
def test_curves_are_of_their_model_and_the_retrained_one_is_dotted(page, drawn, key, kind, course):
    for word in ("judged", "genuine"):
        (chart,) = charts(page, f"generators.{key}.{word}")
        drawn_lines = lines(chart)
        for title, record in zip(TITLES, found(drawn, kind), strict=True):
            values = [getattr(point, word) for point in course(record)]
            assert plain(drawn_lines[title]).tolist() == near(values)
        dotted = [t["name"] for t in chart["data"] if t.get("line", {}).get("dash") == "dot"]
        assert dotted == ["Retrained"]


def test_each_step_of_an_attack_has_its_pictures_and_its_line(page, drawn):
    for key, course in (
        ("regrown.wall", [record.curve for record in found(drawn, "regeneration")]),
        ("inverted.wall", [r.strong.course for r in found(drawn, "concept_inversion")]),
    ):
        wall = sent(page, f"generators.{key}")
        for column, curve in zip(wall["columns"], course, strict=True):
            assert column["length"] == len(curve) == len(wall["steps"]) == len(column["told"])
            for line, point in zip(column["told"], curve, strict=True):
                assert line.startswith(f"{percent(point.judged)} judged 3, ")


def test_attacks_in_a_row_are_chosen_beside_those_made_alone(visit, drawn):
    page = visit("generators", study=drawn.place)
    page.session_state["generators.inversion"] = "reopened"
    fine(page.run())
    wall = sent(page, "generators.inverted.wall")
    for column, record in zip(wall["columns"], found(drawn, "reopened_address"), strict=True):
        assert column["told"][-1].startswith(f"{percent(record.strong.judged)} judged 3, ")
        assert f"Loss {record.strong.loss:.3f}" in column["told"][-1]
    assert any("First 100 steps of training on with the other" in line for line in captions(page))


def test_a_search_that_found_less_than_asking_gives_is_called_that(page, drawn):
    told = [line for line in captions(page) if "found less than there is to find" in line]
    named = {line.partition(":")[0] for line in told}
    more = {
        title: record.asked.genuine - search.strong.genuine
        for title, record, search in zip(
            TITLES, found(drawn, "generation"), found(drawn, "concept_inversion"), strict=True
        )
    }
    assert {title for title, points in more.items() if points > 20} <= named
    assert named == {title for title in named if more[title] > 5} != set(TITLES)


def test_a_hall_keeps_the_original_which_alone_draws_the_class(drawn, store):
    study, keys = open_study(Store(store), drawn.place), list(drawn.keys.values())
    original, retrained, swap, labels, opc = keys
    assert fitting(study, keys) == ((original, retrained, labels), [TITLES[2], TITLES[4]])
    assert fitting(study, [opc, labels, original, swap])[0] == (opc, labels, original)


def test_the_dose_map_has_a_row_a_dose_and_one_where_it_first_looks_forgotten(page, drawn):
    maps = sent(page, "generators.doses")["maps"]
    records = found(drawn, "dose")
    assert [each["label"] for each in maps] == TITLES[2:], "references unlearn nothing"
    for each, record in zip(maps, records, strict=True):
        rows = [*record.rows, *([record.matched] if "first looks" in each["told"].lower() else [])]
        for row, stored in zip(each["rows"], rows, strict=True):
            assert row["judged"] == [point.judged for point in stored.curve]
            assert row["genuine"] == [point.genuine for point in stored.curve]
            assert row["count"] == 16
            assert len(row["marks"]) == len(each["steps"])
    assert maps[0]["told"] == "It never looks forgotten: it is one step."
    assert "Not drawn: Original, Retrained (dose was not computed yet)." in captions(page)


def test_the_summary_of_a_dose_map_is_of_the_attacks_worst_moment(page, drawn):
    maps, table = sent(page, "generators.doses")["maps"], cells(page)
    for name, each in zip(NAMES[3:], maps[1:], strict=True):
        curve = drawn.records[name, "dose"].matched.curve
        worst = max(curve, key=lambda point: point.judged)
        told = f"{percent(worst.judged)}, after {worst.steps:,} steps"
        assert f"at worst, {told} ({percent(worst.genuine)} genuine)" in each["told"]
        cell = f"{percent(worst.judged)}, genuine {percent(worst.genuine)}, after"
        assert table["stopped early, judged"][NAMES.index(name)].startswith(cell)


def test_the_tour_speaks_of_what_the_study_declares_not_of_a_visitors_quick_run(drawn, store):
    study = open_study(Store(store), drawn.place)
    theirs = replace(method_settings("rl_diffusion"), epochs=1)
    place = model_place(study.study, theirs, 0)
    question = {"method": "rl_diffusion", "seed": 0, "settings": theirs.to_dict()}
    trained = {"status": "finished", "history": [], "seconds": 1.0}
    quick = study.study.evidence.in_suite("quick")
    for kind, asked, told in (
        ("model", question, trained),
        ("regeneration", get_kind("regeneration").question(quick), REGROWN.to_dict()),
    ):
        with Store(store).writing(place, kind, asked) as folder:
            (folder / "result.json").write_text(json.dumps(told))
    study = open_study(Store(store), drawn.place)
    first, *others = (m for m in study.models if m.method.info.name == "rl_diffusion")
    assert others
    for models in ([first, *others], [*others, first]):
        known = replace(study)
        known.__dict__["models"] = models
        facts = Facts("digits-generator", known)
        assert facts.model("rl_diffusion").key == drawn.keys["rl_diffusion"]
        assert facts.regrown("rl_diffusion") == drawn.records["rl_diffusion", "regeneration"]


def test_the_table_has_every_measure_beside_the_retrained_model(page, drawn):
    table = cells(page)
    assert table["Measure"] == TITLES
    for record, genuine, right in zip(
        found(drawn, "generation"),
        table["asked, genuine"],
        table["asked for another class, right"],
        strict=True,
    ):
        assert genuine == percent(record.asked.genuine)
        assert right == percent(record.retained.accuracy)
    assert all(text and text != "not computed" for row in table.values() for text in row)


def test_the_map_of_the_trunk_is_of_each_models_last_epoch(page, drawn, store):
    panels = maps(page, f"generators.trunk.{drawn.place}")["panels"]
    assert [panel["title"] for panel in panels] == TITLES
    for name, panel in zip(NAMES, panels, strict=True):
        place = f"{drawn.place}/models/{drawn.keys[name]}"
        points = Store(store).latest(place, "model").arrays("trajectory.npz")["points"]
        drawn_at = np.frombuffer(base64.b64decode(panel["xy"]), np.float32)
        np.testing.assert_allclose(drawn_at, points[-1].ravel())


def test_the_list_of_all_models_says_where_each_forgot(visit, drawn):
    app = visit("generators", study=drawn.place)
    app.session_state["head.all"] = True
    (table,) = fine(app.run()).dataframe
    assert list(table.value["Model"]) == TITLES
    genuine = [percent(record.asked.genuine) for record in found(drawn, "generation")]
    assert list(table.value["Asked, genuine"]) == genuine
    assert table.value["Forgotten"][1] == "never saw it"
    assert set(table.value["Forgotten"]) <= {
        *("never saw it", "no verdict"),
        *(words + odd for words, *_ in SAID.values() for odd in ("", ", conspicuous")),
    }


def test_links_lead_to_the_page_that_shows_the_study(visit, drawn):
    app = fine(visit("generators", study="digits-86043b2a"))
    assert any("which the page Side by side shows and this one does not" in i for i in infos(app))
    app = fine(visit("side_by_side", study=drawn.place))
    assert any("which the page Generators shows and this one does not" in i for i in infos(app))


def test_a_model_without_answers_says_why(visit, drawn, store):
    place = f"{drawn.place}/models/{drawn.keys['rl_diffusion']}"
    for folder in (store / "studies" / place).iterdir():
        if not folder.name.startswith("model"):
            shutil.rmtree(folder)
    app = fine(visit("generators", study=drawn.place))
    column = sent(app, "generators.asked")["columns"][NAMES.index("rl_diffusion")]
    assert column["reason"].startswith("No pictures: ")
    assert "generation was not computed" in column["reason"]
