"""What the page asks of the engine: the first look at files of visitors, and the audit's report."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from opcviz.audit import page_look, page_run
from opcviz.audit.comparison import compare
from opcviz.audit.page_job import FirstLook, Given, PageJob
from opcviz.audit.verifying import changes_in, read_report, spec_of
from opcviz.common.config import ConfigError
from opcviz.common.progress import Progress
from opcviz.models.checkpoint import read_tensors
from opcviz.study import Store, open_study, shipped_root


@pytest.fixture(scope="module")
def weights() -> dict[str, Path]:
    """Where the shipped weights of seed 0 lie, by method."""
    study = open_study(Store(shipped_root()), "digits")
    return {
        model.method.info.name: model.artefact("model").path("weights.safetensors")
        for model in study.models
        if model.seed == 0 and model.method.info.name in ("original", "delete", "retrain")
    }


@pytest.fixture
def job(weights, tmp_path) -> PageJob:
    """As if a visitor had uploaded an original and an unlearned model."""
    given = {}
    for role, method in (("original", "original"), ("unlearned", "delete")):
        path = tmp_path / f"{role[:3]}0f3a.safetensors"  # a name of the server's own
        path.write_bytes(weights[method].read_bytes())
        given[role] = Given(f"my {role}.safetensors", str(path), held=True)
    return PageJob(**given, data={"name": "digits"}, forget="classes:0,1,2")


def look(job: PageJob, store: Path) -> FirstLook:
    return FirstLook.from_dict(page_look.check(job.to_dict(), store, Progress()))


def test_a_job_says_what_is_missing_and_survives_json(job):
    assert PageJob.from_dict(json.loads(json.dumps(job.to_dict()))) == job
    assert not job.problems()
    assert len(PageJob().problems()) == 3
    with pytest.raises(ConfigError, match="no audit that can be run"):
        PageJob.from_dict({"unlearned": "a path"})


@pytest.mark.slow
def test_a_first_look_recognises_what_was_given(job, tmp_path):
    found = look(job, tmp_path / "store")
    assert not found.problems
    assert [each.fault for each in found.files] == ["", ""]
    assert found.choices[0].name == "resnet8"
    assert found.classes == tuple("0123456789")
    assert found.forget.startswith("Forgets 430 of 1,437 training pictures")
    assert found.accuracy > 95
    assert not found.warnings
    assert not (tmp_path / "store" / "studies").exists(), "a look keeps nothing"


def test_a_file_alone_is_looked_at_too(job, tmp_path):
    found = look(PageJob(original=job.original), tmp_path)
    assert (found.file("original").tensors, found.data) == (58, "")


def test_a_wrong_file_is_named_as_its_visitor_names_it(job, tmp_path):
    Path(job.unlearned.path).write_bytes(b"no weights at all")
    found = look(job, tmp_path)
    fault = found.file("unlearned").fault
    assert fault
    assert Path(job.unlearned.path).name not in json.dumps(found.to_dict())
    assert not found.file("original").fault


def test_keys_that_do_not_fit_are_listed(job, tmp_path):
    tensors, _ = read_tensors(Path(job.unlearned.path))
    tensors["net.stage9.0.weight"] = torch.ones(3)
    del tensors["net.stage2.0.conv1.weight"]
    save_file(tensors, job.unlearned.path)
    about = look(job, tmp_path).file("unlearned")
    assert about.fault
    assert any("stage9" in key for key in about.unexpected)
    assert any("stage2.0.conv1" in key for key in about.missing)


def test_what_cannot_be_forgotten_is_a_problem_of_step_two(job, tmp_path):
    (problem,) = look(replace(job, forget="classes:11"), tmp_path).problems
    assert problem.step == 2
    assert "11" in problem.says


@pytest.mark.slow
def test_a_wrong_normalisation_is_warned_of_with_a_better_one(job, tmp_path):
    found = look(replace(job, mean=(40.0,), std=(0.01,)), tmp_path)
    assert found.accuracy < 50
    assert found.warnings
    assert found.better_mean


@pytest.mark.slow  # a quick audit of two models
@pytest.mark.usefixtures("brief_attacks")
def test_the_report_names_files_as_their_visitor_does(job, tmp_path):
    store = tmp_path / "store"
    done = page_run.execute(job.to_dict(), store, Progress())
    folder = store / "studies" / done["study"] / done["report"]
    report = json.loads((folder / "report.json").read_text())
    names = {each["role"]: each["name"] for each in report["inputs"]}
    assert names["original"] == "my original.safetensors"
    assert names["unlearned"] == "my unlearned.safetensors"
    assert "my unlearned.safetensors" in report["command"]
    written = hashlib.sha256((folder / "report.json").read_bytes()).hexdigest()
    assert written in (folder / "report.html").read_text(), "the two files belong together"
    told = read_report(folder / "report.json")
    assert compare(told.content, told.report).differences == (), "the command is that of the spec"
    spec = spec_of(told.report, changes_in(told.report, tmp_path))
    assert (spec.original, spec.unlearned) == (job.original.path, job.unlearned.path)
    assert spec.names[:2] == ("my original.safetensors", "my unlearned.safetensors")
    for name in ("report.json", "report.html", "samples.csv"):
        text = (folder / name).read_text()
        assert text
        assert "0f3a" not in text, f"{name} names a path of the server"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "original_mod.pth: its tensors lie in 'net'",
            "original_mod.pth: its tensors lie in 'net'.",
        ),
        ("no list is given.", "No list is given."),
        ("the files a.pt and b.pt are one", "The files a.pt and b.pt are one."),
    ],
)
def test_a_sentence_begins_large_and_the_name_of_a_file_as_it_is(said, shown):
    assert page_look._sentence(said) == shown
