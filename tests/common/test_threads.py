"""Waiting threads sleep, unless somebody decided otherwise; work is shared in order."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator

import pytest
import torch

from opcviz.common.threads import patient_threads, side_by_side

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


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_each_piece_of_work_has_one_thread_and_they_come_in_order(threads: int) -> None:
    met = threading.Barrier(threads, timeout=60)  # passed only where so many work at once

    def work(item: int) -> tuple[int, int, bool]:
        met.wait()
        return item, torch.get_num_threads(), torch.is_grad_enabled()

    with torch.no_grad():
        assert side_by_side(work, range(4)) == [(item, 1, False) for item in range(4)]
        alone = side_by_side(lambda _: torch.get_num_threads(), range(1))
    assert alone == [threads], "a single piece of work has all of them"
    assert torch.get_num_threads() == threads


def test_a_warning_that_each_ignores_is_ignored_in_all(threads: int) -> None:
    met = threading.Barrier(threads, timeout=60)

    def work(item: int) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "of no use")
            if item % 2:
                met.wait()  # the other one has begun
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "of no use")
            if not item % 2:
                met.wait()
            warnings.warn("of no use", UserWarning, stacklevel=1)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        side_by_side(work, range(4), ["of no use"])


def test_an_error_in_one_of_them_is_told_and_what_waits_is_not_begun(threads: int) -> None:
    begun = []

    def work(item: int) -> None:
        begun.append(item)
        raise ValueError(f"item {item}")

    with pytest.raises(ValueError, match="item 0"):
        side_by_side(work, range(1000))
    assert len(begun) < 1000
    assert torch.get_num_threads() == threads
