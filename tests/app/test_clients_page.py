"""Clients that leave: figures stand with the model and the round that they are of."""

from __future__ import annotations

import csv
import io

import pytest
from abbreviations import unexplained, words
from reading import captions, charts, fine, infos, maps, sent

from opcviz.common.text import percent
from opcviz.results import ClientsResult, GroundTruth
from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.sections.clients.work import rounds_csv

STUDY = open_study(Store(shipped_root()), "digits-clients")


@pytest.fixture
def page(visit, opened):
    """The page as it opens, drawn once for all tests that only read it."""
    if "clients" not in opened:
        opened["clients"] = visit("clients", study=STUDY.place)
    return opened["clients"]


def shown(page) -> list:
    """The models of the page's columns."""
    return [STUDY.model(key) for key in page.query_params["models"].split(",")]


def test_it_opens_on_the_references_and_three_ways_of_leaving(page):
    assert page.title[0].value == "Clients that leave"
    names = [model.method.info.name for model in shown(page)]
    assert names == ["original", "retrain", "fed_go_on", "fed_pga", "fed_leaver"]
    assert not page.error
    assert not page.toast
    assert not unexplained(words(page))


def test_every_client_has_its_panel_and_the_leaver_is_marked(page):
    (chart,) = charts(page, "clients.shares")
    found = STUDY.models[0].results.get(ClientsResult)
    assert [list(trace["y"]) for trace in chart["data"]] == [list(c.classes) for c in found.clients]
    colours = [trace["marker"]["color"] for trace in chart["data"]]
    assert colours.count(colours[0]) == 1 == sum(client.leaves for client in found.clients)
    assert any(f"on {found.clients[0].poisoned} of its 175 pictures" in c for c in captions(page))


@pytest.mark.parametrize(("name", "later"), [("backdoor", "backdoor"), ("test_accuracy", "test")])
def test_curves_are_the_rounds_and_what_came_after_them(page, name, later):
    (chart,) = charts(page, f"clients.{name}")
    lines = {trace["name"]: trace for trace in chart["data"]}
    for model in shown(page)[2:]:
        title = model.method.info.title
        after = getattr(model.results.get(ClientsResult), later)[1:]
        wanted = [row[name] for row in model.training.history] + list(after)
        line = next(trace for label, trace in lines.items() if label and label.startswith(title))
        assert list(line["y"]) == pytest.approx(wanted)
        sizes = line["marker"]["size"]
        assert sizes.count(0) == len(after)  # of further rounds there are no marks


def test_the_slider_moves_the_maps_and_the_figures_below_them(visit):
    page = visit("clients", study=STUDY.place)
    last = maps(page, f"clients.maps.{STUDY.place}")
    model = shown(page)[3]
    fine(page.slider(key="clients.round").set_value(1).run())
    assert page.query_params["round"] == "1"
    row = model.training.history[1]
    assert any(c.startswith(f"Test {row['test_accuracy']:.1f} %") for c in captions(page))
    first = maps(page, f"clients.maps.{STUDY.place}")
    moved = [a != b for a, b in zip(first["panels"], last["panels"], strict=True)]
    assert moved == [False, False, True, True, True]  # references stay as they are at their end


def test_the_table_and_its_file_have_the_stored_figures(page):
    table = sent(page, f"clients.work.{STUDY.place}")
    rows = {row["key"]: row for row in table["rows"]}
    for model in shown(page):
        texts = [cell["text"] for cell in rows[model.key]["cells"]][1:]  # behind its name
        truth = model.results.get(GroundTruth).trigger
        assert texts[:2] == [
            str(sum(each.leaver for each in model.training.exchanges)),
            str(sum(each.others > 0 for each in model.training.exchanges)),
        ]
        assert texts[4:6] == [percent(truth.clean), percent(truth.turned)]


def test_the_file_has_a_line_a_round():
    class Shown:
        def __init__(self, model) -> None:
            self.model, self.label = model, model.method.info.title

    models = [model for model in STUDY.models if model.method.info.name == "fed_pga"]
    lines = list(csv.DictReader(io.StringIO(rounds_csv([Shown(each) for each in models]))))
    history, sent_ = models[0].training.history, models[0].training.exchanges
    assert [line["round"] for line in lines] == ["0", "1", "2", "3"]
    assert [float(line["backdoor"]) for line in lines] == [row["backdoor"] for row in history]
    assert [line["leaver"] for line in lines] == ["", "True", "False", "False"]
    assert sum(float(line["megabytes"] or 0) for line in lines) == pytest.approx(
        sum(each.megabytes for each in sent_)
    )


def test_a_link_to_a_study_without_clients_opens_one_that_has_them_and_says_so(visit):
    page = visit("clients", study=open_study(Store(shipped_root()), "digits").place)
    assert any("the page Side by side shows" in told for told in infos(page))
    assert page.query_params["study"] == STUDY.place
    assert page.slider(key="clients.round")
