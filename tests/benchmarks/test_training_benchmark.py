"""The benchmark of training counts what passes the network, and both ways do the same work."""

from __future__ import annotations

import pytest

from benchmarks import training
from opcviz.training import Outcome


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """What our loop came to, each time it is run."""
    from opcviz.methods import request

    seen: list[Outcome] = []
    real = request.train

    def train(*args: object, **settings: object) -> Outcome:
        seen.append(real(*args, **settings))
        return seen[-1]

    monkeypatch.setattr(request, "train", train)
    return seen


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("work", training.WORKS)
def test_pictures_are_counted_as_the_loop_counts_them(work: str, outcomes: list[Outcome]) -> None:
    seconds = training.ours("resnet8", work, 200, workers=0)
    assert len(seconds) == training.EPOCHS
    assert outcomes[0].gradients == training.EPOCHS * training.passed(work, 200)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("work", training.WORKS)
def test_the_usual_recipe_runs(work: str) -> None:
    assert len(training.usual("resnet8", work, 200, workers=0)) == training.EPOCHS
