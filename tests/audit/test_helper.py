"""A second process that takes items from the end of an audit's list."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from audited import apart, spec_of

from opcviz.audit import AuditSpec, audit
from opcviz.audit.helper import Helper, _claim, _worth_it
from opcviz.methods import create
from opcviz.study import Store
from opcviz.study.pipeline import Item

CPU = torch.device("cpu")


@pytest.fixture
def two_threads() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_an_item_is_claimed_once(tmp_path: Path) -> None:
    items = [Item("signs", create("original"), 0), Item("signs", create("retrain"), 0)]
    assert _claim(tmp_path, items[:1])
    assert not _claim(tmp_path, items)
    assert _claim(tmp_path, items[1:])
    assert not _claim(tmp_path / "gone", items)
    assert Helper(tmp_path).claim(items)  # nobody else is there


def test_it_helps_where_a_core_is_free_and_nothing_is_trained(two_threads: None) -> None:
    assert _worth_it(spec_of(), CPU)
    assert not _worth_it(spec_of(retrained=[], retrain=1), CPU)
    assert not _worth_it(spec_of(), torch.device("meta"))
    assert not _worth_it(AuditSpec(unlearned="nowhere.pt"), CPU)
    torch.set_num_threads(1)
    assert not _worth_it(spec_of(), CPU)


@pytest.mark.slow
def test_two_processes_find_what_one_finds(tmp_path: Path, two_threads: None) -> None:
    spec = spec_of(without=["maps", "inversion", "relearned", "samples", "strongest"])
    helped = audit(spec, Store(tmp_path / "helped"), CPU)
    torch.set_num_threads(1)
    alone = audit(spec, Store(tmp_path / "alone"), CPU)
    assert not list(apart(helped.report.profile, alone.report.profile))
    assert not list(tmp_path.rglob(".*"))
