"""A user's own file may bring a task and its data; a broken one leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opcviz.common.plugins import loader
from opcviz.data import DataSpec, list_datasets, load, sources
from opcviz.tasks import base, get_task, list_tasks

OWN = """
import torch
from opcviz.data import Tensors, register_dataset
from opcviz.tasks import Task, register_task

@register_task("halves")
class Halves(Task):
    def build(self, architecture, data, seed):
        return torch.nn.Linear(3, 1)

    def losses(self, model, x, y):
        return (model(x).squeeze(1) - y).square()

    def observe(self, model, data, *, progress=None):
        return None

@register_dataset("halves", "half of the first number")
def read(spec, folder, download):
    x = torch.arange(12.0).view(4, 3)
    return Tensors("halves", x, x[:, 0] / 2, x, x[:, 0] / 2)
"""


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = base._TASKS.snapshot(), sources.DATASETS.snapshot()
    for variable in ("OPCVIZ_METHODS", "OPCVIZ_PLUGINS"):
        monkeypatch.delenv(variable, raising=False)
    yield
    base._TASKS.restore(before[0])
    sources.DATASETS.restore(before[1])
    loader._files.clear()


def test_a_task_and_its_data_join_by_one_file(tmp_path: Path) -> None:
    file = tmp_path / "halves.py"
    file.write_text(OWN)
    assert loader.load([file]) == []
    assert get_task("halves").name == "halves"
    assert load(DataSpec("halves")).y_train.tolist() == [0, 1.5, 3, 4.5]


def test_what_a_broken_file_registered_is_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "halves.py"
    file.write_text(OWN + "\n1 / 0\n")
    known = list_tasks(), [info.name for info in list_datasets()]
    (refused,) = loader.load([file])
    assert "ZeroDivisionError" in refused.reason
    assert refused.line == len(OWN.splitlines()) + 2
    assert (list_tasks(), [info.name for info in list_datasets()]) == known


def test_a_task_that_cannot_build_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "halves.py"
    file.write_text(OWN.replace("def build(", "def make("))
    (refused,) = loader.load([file])
    assert "abstract" in refused.reason
    assert "build" in refused.reason
