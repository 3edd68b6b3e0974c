"""A user's own files are read by a process of their own, and known here by what they declare."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from opcviz.artefacts import Evidence, ModelResults, get_kind, kinds
from opcviz.common.config import ConfigError
from opcviz.common.plugins import PATH_VARIABLE, loader
from opcviz.common.registry import Registry
from opcviz.data import DataError, DataSpec, list_datasets, load
from opcviz.methods import known_methods, settings_class
from opcviz.methods.declaration import METHODS
from opcviz.results import TrainingResult
from opcviz.study import Plan, own

METHOD = '''
import os
from dataclasses import dataclass
from pathlib import Path
from opcviz.common.config import setting
from opcviz.methods import Iterative, register

Path({who!r}).write_text(str(os.getpid()))
print("a file may print")

@register("warm", title="Warm", paper="none", family="own", needs="retain original", summary="CE")
@dataclass(frozen=True)
class Warm(Iterative):
    """Cross-entropy, sharpened."""
    epochs: int = 3
    heat: float = setting(2.0, "factor on the loss", low=0, high=10)
    steps: tuple[int, ...] | None = setting(None, "where to stop", low=1)
    parts = "retain"

    def objective(self, request, model):
        return lambda model, batch: self.heat * request.task.loss(model, batch)
'''
KIND = """
from dataclasses import dataclass
from opcviz.artefacts import Column, Kind, number, register_kind
from opcviz.common.config import Config, setting

@dataclass(frozen=True)
class MarginSettings(Config):
    least: float = setting(0.5, "margins below this are small", low=0, high=1)

@register_kind("margin", title="Margin", stage="measuring margins of", summary="margins")
class Margins(Kind):
    settings = {"margin": MarginSettings}
    fields = {"margin.mean": "mean margin"}
    columns = (Column("margin", number("margin", "mean"), ".2f", help="in logits"),)

    def measure(self, context):
        return {"mean": 1.0}
"""


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv(PATH_VARIABLE, str(folder))
    monkeypatch.delenv("OPCVIZ_METHODS", raising=False)
    yield folder
    own._declare({})
    own._known = ((), [])


DATASET = """
from opcviz.data import register_dataset

@register_dataset("waves", "noisy waves")
def read(spec, folder, download):
    raise SystemExit("read here")
"""


@pytest.mark.slow
def test_what_files_declare_is_known_as_if_they_were_loaded_and_they_ran_elsewhere(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One program reads all three files: it takes the time of importing torch."""
    who, loaded = files / "who.txt", set(sys.modules)
    (files / "warm.py").write_text(METHOD.format(who=str(who)))
    (files / "margin.py").write_text(KIND)
    (files / "waves.py").write_text(DATASET)
    assert own.declare_own() == []
    assert int(who.read_text()) != os.getpid()
    assert not [name for name in sys.modules.keys() - loaded if name.startswith("opcviz_user_")]
    data_set_can_be_chosen_but_is_read_elsewhere()
    kind_is_known_with_its_settings_columns_and_documentation()
    monkeypatch.setenv(PATH_VARIABLE, str(files / "warm.py"))
    method_is_known_as_it_would_be_loaded()


def data_set_can_be_chosen_but_is_read_elsewhere() -> None:
    spec = DataSpec("waves")
    assert "noisy waves" in [info.description for info in list_datasets()]
    with pytest.raises(DataError, match="the data set 'waves' is not loaded here"):
        load(spec)


def kind_is_known_with_its_settings_columns_and_documentation() -> None:
    kind = get_kind("margin")
    assert (kind.title, kind.stage, kind.own) == ("Margin", "measuring margins of", True)
    assert kind.fields == {"margin.mean": "mean margin"}
    (column,) = kind.columns
    known = ModelResults(TrainingResult("finished"), {"margin": kind.read({"mean": 2.5})})
    assert column.value(known) == 2.5
    asked = Evidence.from_dict({"instruments": ["margin"], "margin": {"least": 0.25}})
    assert kind.question(asked) == {"margin": {"least": 0.25}, "version": 1}
    assert kind.show({"mean": 1.0}, "") == {"margin": {"mean": 1.0}}
    with pytest.raises(ConfigError, match=r"MarginSettings\.least"):
        Evidence.from_dict({"margin": {"least": 2.0}})


def method_is_known_as_it_would_be_loaded() -> None:
    warm = settings_class("warm")
    assert warm in known_methods()
    assert (warm().epochs, warm().heat, warm(steps=[3]).steps) == (3, 2.0, (3,))
    with pytest.raises(ConfigError, match=r"Warm\.heat: 11\.0 is above the greatest allowed, 10"):
        warm(heat=11)
    plan = Plan.from_dict({"methods": ["original", {"method": "warm", "heat": 3.0}]})
    before = METHODS.snapshot()
    try:
        assert loader.load() == []
        real = METHODS.snapshot()["warm"]
        loaded = Plan.from_dict({"methods": ["original", {"method": "warm", "heat": 3.0}]})
        assert settings_class("warm") is real
        assert type(loaded.methods[1]) is real
        assert loaded.to_dict() == plan.to_dict()
    finally:
        METHODS.restore(before)
        loader._files.clear()


@pytest.mark.slow  # four programs, each of which imports torch
def test_a_broken_file_is_refused_with_its_line_and_an_endless_one_after_a_while(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files / "margin.py").write_text(KIND)
    (files / "broken.py").write_text("x = 1\ndef broken(:\n")
    (refused,) = own.declare_own()
    assert (refused.source, refused.line) == (str(files / "broken.py"), 2)
    assert own.declare_own() == [refused]
    asked: list[list[str]] = []
    alone: list[object] = []  # what margin.py by itself declares: read once

    def read(command: list[str], **options: object) -> object:
        asked.append(command[4:])
        if command[4:] != [str(files / "margin.py")]:
            return run(command, **options)
        if not alone:
            alone.append(run(command, **options))
        return alone[0]

    run = own.subprocess.run
    monkeypatch.setattr(own.subprocess, "run", read)
    assert own.declare_own() == [refused]
    assert not asked  # nothing changed: nothing is read again
    (files / "broken.py").write_text("import os\nos._exit(3)\n")
    (refused,) = own.declare_own()
    assert refused.source == str(files / "broken.py")
    assert "ended the program that read it" in refused.reason
    assert get_kind("margin").title == "Margin"  # the other file is not to blame

    def late(command: list[str], **options: object) -> object:
        if any(part.endswith("broken.py") for part in command):
            raise own.subprocess.TimeoutExpired(command, own.SECONDS)
        return read(command, **options)

    monkeypatch.setattr(own.subprocess, "run", late)
    (files / "broken.py").write_text("while True: pass\n")
    (refused,) = own.declare_own()
    assert refused.source == str(files / "broken.py")
    assert "was not read within 60 s" in refused.reason
    assert get_kind("margin").title == "Margin"
    for file in files.iterdir():
        file.unlink()
    assert own.declare_own() == []
    assert "margin" not in [kind.name for kind in kinds()]


def test_an_entry_takes_the_place_of_its_stand_in_and_gives_it_back() -> None:
    registry: Registry[str] = Registry("thing")
    registry.stand_in("file", {"a": "declared a", "b": "declared b"})
    registry.add("b", "real b")
    registry.add("c", "real c")
    assert registry.values() == ["declared a", "real b", "real c"]
    assert registry.get("b") == "real b"
    registry.discard("b")
    assert registry.get("b") == "declared b"
    registry.stand_in("file", {})
    with pytest.raises(ConfigError, match="no thing is called 'a'; there are: c"):
        registry.get("a")
