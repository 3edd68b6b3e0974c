"""A user's attack in the lab and on the pages, and answers to other settings than the study's."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import tiny_study
import torch
from engines import Here
from reading import captions, fine

from opcviz.artefacts import kinds
from opcviz.cli import commands as cli
from opcviz.study import Plan, Store, StudyRunner, open_study, run
from opcviz.ui.reading import store_reader as library

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PLAN = {
    **tiny_study.PLAN,
    "evidence": {**tiny_study.PLAN["evidence"], "recovery": {"ridges": [0.0, 1.0]}},
}


def example() -> str:
    (code,) = [c for c in re.findall(r"```python\n(.*?)```", README, re.S) if "(Kind)" in c]
    return code


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A store with the plan as it is."""
    root = tmp_path_factory.mktemp("plain")
    made(root)
    return root


@pytest.fixture
def place(store, plain) -> str:
    """The place of that study, in the test's own store."""
    shutil.copytree(plain / "studies", store / "studies")
    return Plan.from_dict(PLAN).study.place


def made(store: Path, **evidence: object) -> None:
    """Run the plan with other settings of the evidence; what is stored already stays."""
    plan = Plan.from_dict({**PLAN, "evidence": {**PLAN["evidence"], **evidence}})
    run(plan, StudyRunner(plan.study, Store(store), torch.device("cpu"), seeds=plan.seeds))


def forget_files(plugins, monkeypatch) -> None:
    """As in a process that never saw a file of a user's own."""
    monkeypatch.setenv("OPCVIZ_PLUGINS", "")
    for file in plugins._files.values():
        for index, name in file.names:
            plugins._registries[index][0].discard(name)
    plugins._files.clear()


def attacks(lab):
    (box,) = [m for m in lab.multiselect if (m.key or "").startswith("lab.attacks.")]
    return box


def tables(app) -> list[str]:
    return [text.value for text in app.markdown if text.value.startswith("|")]


@pytest.mark.slow
def test_an_attack_is_one_file_and_is_found_everywhere(
    visit, store, place, plugins, tmp_path, monkeypatch, capsys
):
    """Run it in the lab, and find it in the listing, `show --json`, a table and on the page."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "margin.py").write_text(example())
    monkeypatch.setenv("OPCVIZ_PLUGINS", str(folder))
    here = Here(store)
    monkeypatch.setattr(library, "engine", lambda: here)

    lab = visit("lab", study=place)
    assert "Margin" in attacks(lab).options
    assert attacks(lab).value == []
    lab = fine(attacks(lab).set_value(["margin"]).run())
    lab.number_input(key="lab.opc.tuned for digits.epochs").set_value(2)
    lab = fine(lab.button(key="lab.start").click().run())
    (job,) = [each.job for each in here.list()]
    assert here.list()[0].status == "finished", here.list()[0].cause
    assert job["plan"]["evidence"]["instruments"] == ["margin"]
    assert job["plugin_files"] == [str(folder)]

    forget_files(plugins, monkeypatch)
    shown = open_study(Store(store), place).to_dict()
    measured = {m["method"]: m["margin"] for m in shown["models"] if "mean" in m["margin"]}
    assert measured.keys() >= {"original", "opc"}

    page = visit("instruments", study=place)
    assert "Margin" in [title.value for title in page.header]
    assert not page.toast  # that its file is not there is no news
    table = next(t for t in tables(page) if t.startswith("| Model | margin |"))
    assert f"{measured['original']['mean']:.2f}" in table
    assert any("below 0: another class is answered" in c.replace("\\", "") for c in captions(page))

    for arguments, wanted in (
        (["list", "kinds", "--json"], '"margin"'),
        (["table", place, "--about", "margin"], "| method | margin |"),
        (["show", place, "--json"], f'"mean": {measured["opc"]["mean"]}'),
    ):
        monkeypatch.setenv("OPCVIZ_PLUGINS", str(folder))
        monkeypatch.setattr(sys, "argv", ["opcviz", *arguments])
        capsys.readouterr()
        cli.main()
        assert wanted in capsys.readouterr().out

    touched = [path.name for path in folder.iterdir() if path.is_file()]
    with capsys.disabled():
        print(f"\nan attack touches {len(touched)} file: {', '.join(touched)}")
    assert touched == ["margin.py"]


@pytest.mark.slow
def test_the_labs_attacks_are_the_registered_ones_and_start_as_the_studys(visit):
    lab = visit("lab")
    lab.toggle(key="lab.full").set_value(True).run()
    optional = [kind for kind in kinds("classification") if kind.optional]
    assert attacks(fine(lab)).options == [kind.title for kind in optional]
    chosen = open_study(library.store(), lab.query_params["study"]).study.evidence.chosen
    assert attacks(lab).value == list(chosen)
    lab.button(key="lab.start").click().run()
    (queued,) = library.engine().list()
    study = open_study(library.store(), lab.query_params["study"]).study
    assert queued.job["plan"]["evidence"] == json.loads(json.dumps(study.evidence.to_dict()))


@pytest.mark.slow
def test_a_choice_of_attacks_goes_into_the_plan(visit):
    lab = visit("lab")
    lab.toggle(key="lab.full").set_value(True).run()
    attacks(fine(lab)).set_value(["relearning"]).run()
    fine(lab).button(key="lab.start").click().run()
    (queued,) = library.engine().list()
    assert queued.job["plan"]["evidence"]["instruments"] == ["relearning"]


@pytest.mark.slow
def test_text_of_a_users_file_is_text(visit, store, place, plugins, tmp_path):
    file = tmp_path / "sly.py"
    file.write_text(
        example()
        .replace('title="Margin"', 'title=":red[**Ma|rgin**] <b>$x$"')
        .replace('Column("margin"', 'Column("mar|gin"')
    )
    assert plugins.load([file]) == []
    made(store, instruments=["margin"])
    page = visit("instruments", study=place)
    titles = [title.value for title in page.header]
    assert r"\:red\[\*\*Ma\|rgin\*\*\] \<b\>\$x\$" in titles
    table = next(t for t in tables(page) if t.startswith("| Model | mar"))
    assert all(line.replace(r"\|", "").count("|") == 3 for line in table.splitlines())


@pytest.mark.slow
def test_an_attack_without_columns_shows_its_result(visit, store, place, plugins, tmp_path):
    file = tmp_path / "bare.py"
    file.write_text(re.sub(r"    columns = .*\n", "", example()))
    assert plugins.load([file]) == []
    made(store, instruments=["margin"])
    page = visit("instruments", study=place)
    (shown,) = page.json
    assert {"mean", "seconds"} <= next(iter(json.loads(shown.value).values())).keys()


@pytest.fixture
def mixed(store, place) -> str:
    """A study whose record asks of all what only the original answered: other ridges."""
    again = {**PLAN["evidence"], "recovery": {"ridges": [0.0, 10.0]}}
    plan = Plan.from_dict({**PLAN, "evidence": again})
    runner = StudyRunner(plan.study, Store(store), torch.device("cpu"))
    runner.make("evidence", runner.original, 0)
    return place


@pytest.mark.slow
def test_the_json_says_which_answer_is_to_other_settings(mixed, store):
    original, ft = open_study(Store(store), mixed).to_dict()["models"]
    assert "outdated" not in original
    assert ft["outdated"] == {"evidence": "recovery.ridges [0.0, 1.0] instead of [0.0, 10.0]"}
    assert original["recovery"]["fm"]["all"]["sweep"]["ridge"] == [0.0, 10.0]
    assert ft["recovery"]["fm"]["all"]["sweep"]["ridge"] == [0.0, 1.0]


@pytest.mark.parametrize("page", ["side_by_side", "instruments"])
def test_the_pages_say_which_answer_is_to_other_settings(visit, mixed, page):
    (said,) = visit(page, study=mixed).warning
    (line,) = [each for each in said.value.splitlines() if each.startswith("- ")]
    assert line.replace("\\", "") == (
        "- Fine-tuning, evidence: recovery.ridges [0.0, 1.0] instead of [0.0, 10.0]"
    )


@pytest.mark.parametrize("page", ["side_by_side", "instruments"])
def test_where_all_are_measured_alike_nothing_is_said(visit, place, page):
    assert not visit(page, study=place).warning


@pytest.mark.slow  # two programs that import torch
def test_an_attack_chosen_whose_file_breaks_is_refused_and_the_form_goes_on(
    visit, plugins, tmp_path, monkeypatch
):
    file = tmp_path / "margin.py"
    file.write_text(example())
    monkeypatch.setenv("OPCVIZ_PLUGINS", str(file))
    lab = visit("lab")
    known = attacks(lab).value
    lab = fine(attacks(lab).set_value([*known, "margin"]).run())
    file.write_text(example() + "\n1 / 0\n")
    lab = fine(lab.run())
    (said,) = lab.warning
    assert said.value.startswith(f"A file was refused. {file}, line ")
    assert "ZeroDivisionError" in said.value
    assert "Margin" not in attacks(lab).options
    fine(lab.button(key="lab.start").click().run())
    (queued,) = library.engine().list()
    evidence = open_study(library.store(), lab.query_params["study"]).study.evidence
    assert queued.job["plan"]["evidence"]["instruments"] == list(evidence.chosen)
