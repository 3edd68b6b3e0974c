"""A damaged run's folder is named to those who may name paths of the server, and to no others."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from opcviz.engine import Runs
from opcviz.ui.reading import store_reader as library


def damaged() -> None:
    from opcviz.ui.lab import unreadable
    from opcviz.ui.reading import store_reader as library

    (run,) = library.engine().runs.list()
    unreadable.say(run)


@pytest.mark.parametrize(
    ("shared", "places", "named"), [("0", "", True), ("1", "", False), ("1", "/srv/data", True)]
)
def test_its_folder_is_told_where_paths_may_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str, places: str, named: bool
) -> None:
    engine = SimpleNamespace(runs=Runs(tmp_path))
    id = engine.runs.submit({})
    engine.runs.path(id, "run.json").write_text("spoilt")
    monkeypatch.setattr(library, "engine", lambda: engine)
    monkeypatch.setenv("OPCVIZ_SHARED", shared)
    monkeypatch.setenv("OPCVIZ_SHARED_PATHS", places)
    app = AppTest.from_function(damaged, default_timeout=30).run()
    assert not app.exception
    (told,) = [each.value for each in app.error]
    assert told.startswith(f"Run {id} cannot be shown: its record run.json cannot be read")
    folder = engine.runs.path(id)
    assert told.endswith(f" Remove its folder `{folder}` to be rid of it.") is named
    assert (str(tmp_path) in told) is named
