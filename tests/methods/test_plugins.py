"""A user's method joins by one file; a broken one is refused and harms nothing else."""

import os

import pytest

from opcviz.common.plugins import loader
from opcviz.methods import base, get_method, list_methods

GOOD = '''
from dataclasses import dataclass
from opcviz.common.config import setting
from opcviz.methods import Iterative, register

@register("{name}", title="Mine", paper="none", family="own", needs="retain original", summary="CE")
@dataclass(frozen=True)
class Mine(Iterative):
    """Cross-entropy, sharpened."""
    heat: float = setting(2.0, "factor on the loss", low=0, high=10)
    parts = "retain"

    def objective(self, request, model):
        return lambda model, batch: self.heat * request.task.loss(model, batch)
'''


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    before = base.METHODS.snapshot()
    for variable in ("OPCVIZ_METHODS", "OPCVIZ_PLUGINS"):
        monkeypatch.delenv(variable, raising=False)
    yield
    base.METHODS.restore(before)
    loader._files.clear()


def test_a_file_joins_by_path_and_its_settings_are_checked(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(GOOD.format(name="mine"))
    assert loader.load([file]) == []
    method = get_method("mine")
    assert method(heat=3).heat == 3.0
    with pytest.raises(ValueError, match=r"Mine\.heat"):
        method(heat=11)


def test_files_are_found_through_the_environment_and_in_folders(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text(GOOD.format(name="mine_a"))
    (tmp_path / "b.py").write_text(GOOD.format(name="mine_b"))
    monkeypatch.setenv("OPCVIZ_METHODS", str(tmp_path))
    assert loader.load() == []
    assert {"mine_a", "mine_b"} <= {cls.info.name for cls in list_methods()}


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("x = 1\ndef broken(:\n", 2, "SyntaxError"),
        ("import os\n\n1 / 0\n", 3, "ZeroDivisionError"),
        ("x = 1\n", None, "nothing is registered"),
        (GOOD.format(name="opc"), 6, "exists already"),
        (GOOD.format(name="late") + "\nraise RuntimeError('late')\n", 16, "late"),
    ],
)
def test_a_broken_file_is_refused_with_line_and_reason(tmp_path, text, line, word):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(GOOD.format(name="mine"))
    bad.write_text(text)
    before = {cls.info.name: cls for cls in list_methods()}
    (refused,) = loader.load([bad, good])
    assert refused.source == str(bad)
    assert refused.line == line
    assert word in refused.reason
    after = {cls.info.name: cls for cls in list_methods()}
    assert {**before, "mine": after["mine"]} == after


def test_a_missing_file_is_named(tmp_path):
    (refused,) = loader.load([tmp_path / "nothing.py"])
    assert "cannot be read" in str(refused)


def test_a_changed_file_is_loaded_anew(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(GOOD.format(name="mine"))
    loader.load([file])
    file.write_text(GOOD.format(name="mine").replace("2.0", "5.0"))
    os.utime(file, ns=(1, 1))
    assert loader.load([file]) == []
    assert get_method("mine")().heat == 5.0
