"""What the lab says of studies that are too long for its queue."""

from __future__ import annotations

from opcviz.study import about_preset
from opcviz.ui.lab.presets import said


def test_a_long_study_is_told_with_its_command_cost_and_missing_data(tmp_path) -> None:
    about = about_preset("svhn-class30", tmp_path)
    text = said(about)
    assert "`opcviz run svhn-class30`" in text
    assert about.cost in text
    assert f"{about.models} models" in text
    assert "SVHN is not on this machine: run with --download to fetch it" in text
    assert str(tmp_path) in text
    assert str(tmp_path) not in said(about, places=False)
    assert "not on this machine" in said(about, places=False)


def test_nothing_is_missing_where_the_data_lie(tmp_path) -> None:
    (tmp_path / "SVHN").mkdir()
    (tmp_path / "SVHN" / "train_32x32.mat").touch()
    about = about_preset("svhn-class30", tmp_path)
    assert not about.missing
    assert "not on this machine" not in said(about)
