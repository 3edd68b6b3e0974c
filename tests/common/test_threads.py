"""Waiting threads sleep, unless somebody decided otherwise."""

from __future__ import annotations

import pytest

from opcviz.common.threads import patient_threads

NAME = "OMP_WAIT_POLICY"


def test_a_process_to_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "active")
    environ: dict[str, str] = {}
    patient_threads(environ)
    assert environ == {NAME: "passive"}


@pytest.mark.parametrize(("given", "left"), [(None, "passive"), ("active", "active")])
def test_the_environment_has_the_last_word(
    monkeypatch: pytest.MonkeyPatch, given: str | None, left: str
) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if given:
        monkeypatch.setenv(NAME, given)
    patient_threads()
    import os

    assert os.environ[NAME] == left
    monkeypatch.setenv(NAME, left)  # so that it is taken back at the end
