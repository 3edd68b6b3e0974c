"""The shipped studies answer today's questions; a changed setting must remake them."""

import pytest
import torch

from opcviz.study import (
    Plan,
    Store,
    StudyRunner,
    list_studies,
    missing,
    open_study,
    preset,
    shipped_root,
)

MEGABYTE = 1_000_000


@pytest.mark.parametrize("name", ["digits", "digits-all", "digits-one", "digits-random"])
def test_the_shipped_studies_answer_their_presets(tmp_path, name):
    plan = preset(name)
    store = Store(tmp_path, (shipped_root(),))
    runner = StudyRunner(plan.study, store, torch.device("cpu"), seeds=plan.seeds)
    wanted = [f"{item.kind} of {item.method.info.name}" for item in missing(plan, runner)]
    assert not wanted, "`make study` is due"


def test_what_joins_them_in_the_lab_is_asked_the_same(tmp_path):
    store = Store(tmp_path, (shipped_root(),))
    for place in list_studies(store):
        result = open_study(store, place)
        known = [model.method for model in result.models]
        plan = Plan(result.study, tuple(known), seeds=(0,))
        runner = StudyRunner(plan.study, store, torch.device("cpu"), seeds=plan.seeds)
        assert not missing(plan, runner), f"the record of {place} is older than its answers"


def test_they_are_small_and_nothing_lies_beside_them():
    files = [path for path in shipped_root().rglob("*") if path.is_file()]
    for study in (shipped_root() / "studies").iterdir():
        sizes = [path.stat().st_size for path in files if path.is_relative_to(study)]
        assert sum(sizes) <= 20 * MEGABYTE, study.name
    assert {path.relative_to(shipped_root()).parts[0] for path in files} == {"studies", "README.md"}


@pytest.mark.parametrize("suffix", [".pkl", ".pt", ".pth", ".pickle"])
def test_nothing_is_pickled(suffix):
    assert not list(shipped_root().rglob(f"*{suffix}"))
