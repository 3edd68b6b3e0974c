"""What lies in a store may be replaced, or go away, while a page is open."""

from __future__ import annotations

import os

import numpy as np
import pytest
import streamlit as st

from opcviz.engine import UnknownRun
from opcviz.ui.lab import live, race
from opcviz.ui.reading import array_files, store_reader
from opcviz.ui.sections.audit import following, look


def test_an_array_file_that_was_replaced_is_read_again(tmp_path):
    path = tmp_path / "points.npz"
    np.savez(path, at=np.zeros(3))
    first = array_files._arrays(str(path), array_files._state(str(path)))
    assert first is array_files._arrays(str(path), array_files._state(str(path)))
    other = tmp_path / "other.npz"
    np.savez(other, at=np.ones(3))
    os.replace(other, path)
    assert array_files._arrays(str(path), array_files._state(str(path)))["at"].all()
    path.unlink()
    assert array_files._state(str(path)) == ()


class Rerun(Exception):
    """The whole page is to run again."""


class Emptied:
    """An engine whose store was deleted."""

    def status(self, id):
        raise UnknownRun(id)

    def wait_for(self, id, who):
        raise UnknownRun(id)


@pytest.mark.parametrize(
    "follow",
    [
        lambda: live._follow("gone"),
        lambda: race._follow("gone", None, None, None, ""),
        lambda: following._follow("gone"),
        lambda: look._wait("gone"),
    ],
    ids=["lab", "race", "audit", "look"],
)
def test_a_run_that_went_with_its_store_ends_the_view_and_shows_no_traceback(follow, monkeypatch):
    def rerun():
        raise Rerun

    monkeypatch.setattr(store_reader, "engine", Emptied)
    monkeypatch.setattr(st, "rerun", rerun)
    with pytest.raises(Rerun):
        follow()
