"""The shipped studies answer today's questions; a changed setting must remake them."""

import pytest
import torch

from opcviz.attacks.membership import ReferenceAttack
from opcviz.methods import method_settings
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


@pytest.mark.parametrize(
    "name",
    ["digits", "digits-all", "digits-one", "digits-random", "digits-generator", "earthquakes"],
)
def test_the_shipped_studies_answer_their_presets(tmp_path, name):
    plan = preset(name)
    store = Store(tmp_path, (shipped_root(),))
    runner = StudyRunner(plan.study, store, torch.device("cpu"), seeds=plan.seeds)
    wanted = [f"{item.kind} of {item.method.info.name}" for item in missing(plan, runner)]
    assert not wanted, "`make study` is due"


@pytest.mark.parametrize("suite", ["full", "quick"])
def test_of_a_random_tenth_every_retrained_model_there_is_stands_in_the_band(tmp_path, suite):
    """References of the membership attack that were left out of it would let the band be chosen."""
    store = Store(tmp_path, (shipped_root(),))
    study = preset("digits-random").study
    study = study.replace(evidence=study.evidence.in_suite(suite))
    seeds = tuple(sorted({0, *study.evidence.settings(ReferenceAttack).seeds}))
    plan = Plan(study, (method_settings("original"), method_settings("retrain")), seeds=seeds)
    runner = StudyRunner(study, store, torch.device("cpu"), seeds=seeds)
    assert not missing(plan, runner), "`make study` is due"
    models = [m for m in open_study(store, study.name).models if m.method == plan.methods[1]]
    assert tuple(m.seed for m in models) == seeds == (0, 1, 2, 3, 4)


@pytest.mark.slow
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
    assert sum(path.stat().st_size for path in files) <= 95 * MEGABYTE
    assert {path.relative_to(shipped_root()).parts[0] for path in files} == {"studies", "README.md"}


@pytest.mark.parametrize("suffix", [".pkl", ".pt", ".pth", ".pickle"])
def test_nothing_is_pickled(suffix):
    assert not list(shipped_root().rglob(f"*{suffix}"))
