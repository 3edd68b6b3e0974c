"""What the lab's form refuses or does once only."""

import pytest
import streamlit as st
from reading import captions, fine

START = "lab.start"


@pytest.fixture
def lab(visit):
    return visit("lab")


@pytest.mark.slow
def test_classes_that_the_data_do_not_have_are_refused_before_start(lab):
    place = lab.query_params["study"]
    for forget, says in (
        ("classes:0,77", "digits has no class '77'; it has 0 to 9"),
        ("classes:cat", "digits has no class 'cat'"),
        ("classes:0,1,2,3,4,5,6,7,8,9", "forgets all 10 classes of digits"),
    ):
        lab.text_input(key=f"lab.study.{place}.forget").set_value(forget).run()
        (said,) = fine(lab).error
        assert said.value.startswith("This cannot be forgotten. ")
        assert says in said.value
        assert lab.button(key=START).disabled


@pytest.mark.slow
def test_what_waits_already_is_not_queued_again(lab, visit, engine):
    lab.button(key=START).click().run()
    fine(lab).button(key=START).click().run()
    other = visit("lab")
    other.button(key=START).click().run()
    (run,) = engine.list()
    assert {fine(page).query_params["run"] for page in (lab, other)} == {run.id}


@pytest.mark.slow
def test_a_server_for_other_machines_loads_no_file_from_its_visitors(visit, monkeypatch):
    get = st.get_option
    option = {"server.address": "0.0.0.0"}
    monkeypatch.setattr(st, "get_option", lambda name: option.get(name) or get(name))
    lab = fine(visit("lab"))
    assert not [box for box in lab.text_input if box.key == "lab.own"]
    assert any("a file is a program" in text for text in captions(lab))
    option.clear()
    assert visit("lab").text_input(key="lab.own").value == ""
