"""The shipped study is the answer to today's question; a changed setting must remake it."""

import pytest
import torch

from opcviz.study import Laboratory, Store, missing, preset, shipped_root

MEGABYTE = 1_000_000


@pytest.mark.parametrize("name", ["digits", "digits-all"])
def test_the_shipped_study_answers_its_presets(tmp_path, name):
    plan = preset(name)
    store = Store(tmp_path, (shipped_root(),))
    laboratory = Laboratory(plan.study, store, torch.device("cpu"))
    wanted = [f"{item.kind} of {item.method.info.name}" for item in missing(plan, laboratory)]
    assert not wanted, "`make study` is due"


def test_it_is_small_and_holds_nothing_but_the_study():
    files = [path for path in shipped_root().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 20 * MEGABYTE
    assert {path.relative_to(shipped_root()).parts[0] for path in files} == {"studies", "README.md"}


@pytest.mark.parametrize("suffix", [".pkl", ".pt", ".pth", ".pickle"])
def test_nothing_is_pickled(suffix):
    assert not list(shipped_root().rglob(f"*{suffix}"))
