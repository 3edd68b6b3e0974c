"""What does not fit in a plan's file is told when it is read: file, key, what is allowed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from opcviz.cli import commands as cli
from opcviz.common.config import ConfigError
from opcviz.study import Plan, Study
from opcviz.study.spec import load_plans

MISFITS = {
    "vary = 3": "vary: wants a table of settings, each a list of values, got 3",
    "vary = []": "vary: wants a table of settings",
    "[vary]\n'training.lr' = 3": "vary.training.lr: wants a list of values, got 3",
    "[vary]\nseeds = [[0], [-1]]": "seeds: wants a list of whole numbers from 0 to 2147483647",
    "seeds = [2147483648]": "seeds: wants a list of whole numbers from 0 to 2147483647, got 2147",
    "seeds = [" + "9" * 400 + "]": "seeds: wants a list of whole numbers from 0 to 2147483647, got",
    "seeds = [true]": "seeds: wants a list of whole numbers from 0 to 2147483647, got True",
    "seeds = [" + "9" * 5000 + "]": "not TOML (Exceeds the limit",
    "x = " + "[" * 5000: "not TOML (maximum recursion depth exceeded",
    "[evidence.reference]\nseeds = [99999999999]": "ReferenceAttack.seeds: 99999999999 is above",
    "name = 3": "Study.name: wants str, got 3",
    "title = 3\n[vary]\n'training.lr' = [0.1]": "Study.title: wants str, got 3",
    "task = 3": "Study.task: wants str, got 3",
    "task = 'poetry'": "Study.task: no task is called 'poetry'; there are: classification",
    "[architecture]\nname = 'vgg0'": "Architecture.name: there is no 'vgg0'; `opcviz list arch",
}


@pytest.mark.parametrize(("text", "said"), MISFITS.items(), ids=[t[:30] for t in MISFITS])
def test_it_is_told_before_anything_begins(
    text: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, store = tmp_path / "plan.toml", tmp_path / "store"
    file.write_text(text)
    monkeypatch.setattr(sys, "argv", ["opcviz", "run", str(file), "--store", str(store)])
    monkeypatch.setattr(cli.err, "width", 6000)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    err = capsys.readouterr().err
    assert stopped.value.code == 2
    assert err.startswith(f"opcviz: {file}: {said}")
    assert "Traceback" not in err
    assert not store.exists()


@pytest.mark.parametrize("seeds", ["2147483648", "9" * 5000, "0,00" + "9" * 30])
def test_seeds_of_the_command_line_have_the_same_limits(
    seeds: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["opcviz", "run", "digits", "--seeds", seeds])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("opcviz: --seeds: wants a list of whole numbers from 0 to 2147483647")


def test_the_greatest_seed_and_several_values_are_read(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text("name = 'a'\nseeds = [0, 2147483647]\n[vary]\n'training.lr' = [0.1, 0.2]\n")
    plans = load_plans(file)
    assert [plan.study.name for plan in plans] == ["a-0_1", "a-0_2"]
    assert plans[0].seeds == (0, 2147483647)


def test_the_place_of_a_study_is_no_look_at_a_file(tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("3\n5\n")
    study = Plan.from_dict({"forget": f"indices:{ids}"}).study
    with pytest.raises(ConfigError, match=r"ids\.txt: the ids were not read yet"):
        _ = study.place
    pinned = study.pinned()
    place = pinned.place
    ids.unlink()
    assert pinned.place == place == Study.from_dict(pinned.to_dict()).place
