"""Quick and full attacks in the lab, and what is said beside Start and the runs."""

import pytest
from reading import captions, fine, infos

from opcviz.study import Plan, open_study
from opcviz.ui.lab import own as own_files
from opcviz.ui.reading import store_reader as library

METHOD = "lab.opc.tuned for digits"


@pytest.fixture
def lab(visit):
    return visit("lab")


def press(app, key: str):
    app.button(key=key).click().run()
    return fine(app)


def asked(engine) -> list[Plan]:
    return [Plan.from_dict(run.job["plan"]) for run in engine.list()]


def why_not(app) -> list[str]:
    return [text for text in captions(app) if text.startswith("**Cannot start**: ")]


def attacks(app):
    return next(box for box in app.multiselect if (box.key or "").startswith("lab.attacks."))


@pytest.mark.slow
def test_attacks_are_quick_unless_all_are_asked_for(lab, engine):
    assert any("then quick attacks" in text for text in captions(lab))
    offered = set(attacks(lab).options)
    press(lab, "lab.start")
    lab.toggle(key="lab.full").set_value(True).run()
    assert any("then full attacks" in text for text in captions(fine(lab)))
    assert set(attacks(lab).options) > offered
    press(lab, "lab.start")
    plans = {plan.study.evidence.suite: plan for plan in asked(engine)}
    assert set(plans) == {"quick", "full"}
    study = open_study(library.store(), lab.query_params["study"]).study
    for suite, plan in plans.items():
        assert plan.study == study.replace(evidence=study.evidence.in_suite(suite))
    labels = sorted(run.label for run in engine.list())
    assert [label.count("full attacks") for label in labels] == [1, 0]


@pytest.mark.slow
def test_leaving_a_quick_attack_out_keeps_the_studys_full_ones(lab, engine):
    box = attacks(lab)
    kept = box.value[1:]
    box.set_value(kept).run()
    press(lab, "lab.start")
    (plan,) = asked(engine)
    assert plan.study.evidence.chosen == tuple(kept)
    study = open_study(library.store(), lab.query_params["study"]).study
    left_out = set(study.evidence.chosen) - set(study.evidence.in_suite("quick").chosen)
    assert left_out <= set(plan.study.evidence.in_suite("full").chosen)


@pytest.mark.slow
def test_the_first_quick_run_in_a_study_says_what_else_it_attacks(visit, burst):
    lab = visit("lab", study=burst)
    (first,) = (text for text in captions(lab) if "The first time" in text)
    study = open_study(library.store(), lab.query_params["study"])
    count = 1 + sum(m.method.info.name == "retrain" for m in study.models)
    assert f"{count} reference models of this study" in first
    lab.toggle(key="lab.full").set_value(True).run()
    assert not [text for text in captions(fine(lab)) if "The first time" in text]


def test_references_that_have_quick_answers_are_not_attacked_again(lab):
    """As of the shipped studies, which bring them."""
    assert any("then quick attacks" in text for text in captions(lab))
    assert not [text for text in captions(lab) if "The first time" in text]


@pytest.mark.slow
def test_beside_start_stands_why_it_waits(lab):
    place = lab.query_params["study"]
    assert not why_not(lab)
    field = lab.text_input(key=f"lab.study.{place}.forget")
    sound = field.value
    field.set_value("classes:0,77").run()
    assert lab.button(key="lab.start").disabled
    (why,) = why_not(fine(lab))
    assert "this cannot be forgotten: digits has no class '77'" in why
    lab.text_input(key=f"lab.study.{place}.forget").set_value("nonsense").run()
    (why,) = why_not(fine(lab))
    assert "this study cannot be used: " in why
    lab.text_input(key=f"lab.study.{place}.forget").set_value(sound).run()
    assert not why_not(fine(lab))
    assert not lab.button(key="lab.start").disabled


@pytest.mark.slow
def test_two_runs_of_one_method_are_told_apart_by_their_settings(lab, engine):
    press(lab, "lab.start")
    assert not [text for text in lab.markdown if " · epochs " in text.value]
    before = lab.number_input(key=f"{METHOD}.epochs").value
    lab.number_input(key=f"{METHOD}.epochs").set_value(before + 2).run()
    press(lab, "lab.start")
    listed = [text.value for text in lab.markdown if ":material/hourglass_empty:" in text.value]
    assert sorted(text.split(" · ")[-2] for text in listed) == sorted(
        [f"epochs {before}", f"epochs {before + 2}"]
    )


@pytest.mark.slow
def test_a_mistyped_file_is_the_matter_of_who_typed_it(lab, visit, tmp_path, monkeypatch):
    monkeypatch.setenv("OPCVIZ_PLUGINS", "")
    lab.text_input(key="lab.own").set_value("/no/such/attack.py").run()
    press(lab, "lab.own.load")
    (said,) = lab.warning
    assert "A file was refused. /no/such/attack.py: there is no such file or folder" in said.value
    assert not visit("lab").warning
    press(lab, "lab.own.dismiss.0")
    assert not lab.warning
    assert not fine(lab.run()).warning


@pytest.mark.slow
def test_a_file_that_everybody_loads_is_dismissed_by_each_for_himself(visit, monkeypatch):
    monkeypatch.setattr(own_files, "declare_own", lambda: ["broken.py, line 3: TypeError: no"])
    one, other = visit("lab"), visit("lab")
    press(one, "lab.own.dismiss.0")
    assert not one.warning
    assert "broken.py, line 3" in fine(other.run()).warning[0].value


def test_a_page_without_quick_models_says_nothing_of_them(visit):
    assert not [text for text in infos(visit("side_by_side")) if "Quick attacks" in text]
