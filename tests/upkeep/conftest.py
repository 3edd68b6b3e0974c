"""A store with one small study: a model of the shipped ones, with all that is known of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from one_study import PLACE

from opcviz.resources import shipped_root
from opcviz.study import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    shipped = shipped_root() / "studies" / PLACE
    model = next(p for p in sorted((shipped / "models").glob("ft-*-s0")))
    place = tmp_path / "store" / "studies" / PLACE
    place.mkdir(parents=True)
    shutil.copy(shipped / "study.json", place)
    shutil.copytree(model, place / "models" / model.name)
    return Store(tmp_path / "store")
