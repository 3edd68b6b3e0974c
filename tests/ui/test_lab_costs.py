"""What a run will cost and what it is read beside, on studies made up here."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from known_results import shipped_study

from opcviz.study.bench_job import BenchJob, Search
from opcviz.ui.lab.costs import attack_seconds, not_yet_quick
from opcviz.ui.reading import membership
from opcviz.ui.reading.bench import seconds_needed

SECONDS = {"quick": 1.0, "full": 100.0}


def timed(folder: Path, factor: float, without: str = "") -> Any:
    """A model whose attacks of a suite took as long as each other, times a factor."""

    def in_suite(suite: str) -> Any:
        def artefact(kind: str) -> Any:
            told = {"seconds": SECONDS[suite] * factor}
            made = SimpleNamespace(folder=folder / suite / kind, json=lambda: told)
            return None if kind == without else made

        return SimpleNamespace(artefact=artefact)

    return SimpleNamespace(has_model=True, in_suite=in_suite)


def test_attacks_cost_what_those_of_their_suite_took(tmp_path):
    """The median of three models for each kind of attack; a fourth is not asked."""
    asked = shipped_study().study
    models = [timed(tmp_path / str(factor), factor) for factor in (1.0, 4.0, 2.0, 50.0)]
    study: Any = SimpleNamespace(models=models)
    costs = {
        suite: attack_seconds(study, asked.replace(evidence=asked.evidence.in_suite(suite)))
        for suite in SECONDS
    }
    assert costs["quick"] % 2 == costs["full"] % 200 == 0  # kinds of attack times the median
    assert 0 < 100 * costs["quick"] <= costs["full"]


def test_an_attack_that_was_never_made_makes_the_cost_unknown(tmp_path):
    asked = shipped_study().study
    lacking: Any = SimpleNamespace(models=[timed(tmp_path, 3.0, without="maps")])
    assert attack_seconds(lacking, asked) is None
    both = [*lacking.models, timed(tmp_path / "more", 5.0)]
    assert attack_seconds(SimpleNamespace(models=both), asked) is not None


def reference(name: str, seed: int, *suites: str) -> Any:
    return SimpleNamespace(
        method=SimpleNamespace(info=SimpleNamespace(name=name)),
        seed=seed,
        has_suite=lambda suite: suite in suites,
    )


def test_references_that_lack_quick_attacks_are_attacked_first():
    """All retrained models, of which the band is, and the original of the run's own seed."""
    models = [
        reference("original", 0, "full"),
        reference("original", 1, "full"),
        reference("retrain", 0, "full", "quick"),
        reference("retrain", 1, "full"),
        reference("retrain", 2),
        reference("opc", 1, "full"),
    ]
    study: Any = SimpleNamespace(place="here", models=models)

    def lacking(suite: str = "quick", place: str = "here") -> list[tuple[str, int]]:
        evidence = SimpleNamespace(suite=suite)
        plan: Any = SimpleNamespace(
            study=SimpleNamespace(evidence=evidence, place=place), seeds=(1,)
        )
        return [(m.method.info.name, m.seed) for m in not_yet_quick(study, plan)]

    assert lacking() == [("original", 1), ("retrain", 1), ("retrain", 2)]
    assert lacking(suite="full") == lacking(place="elsewhere") == []


def test_the_membership_test_shown_was_made_of_every_retrained_model(monkeypatch):
    """The strongest one was made of one of two of them alone."""
    monkeypatch.setattr(membership, "_signs", lambda model: model)
    model: Any = {"shadow": 0.9, "lira": 0.8, "loss": 0.6}
    retrained: Any = [{"shadow": 0.5, "lira": 0.51}, {"lira": 0.52, "loss": 0.5}]
    assert membership.membership_of(model, retrained) == [0.8, 0.51, 0.52]
    assert membership.membership_of(model, retrained[:1]) == [0.9, 0.5]
    assert membership.membership_of(model, []) == []
    assert membership.membership_of({}, retrained) == []


@pytest.fixture
def searched() -> Any:
    """A study with past searches: seconds a step of gradients 1, 2 and 9, of a block 50."""

    def answer(pace: float, block: str = "", reason: tuple[str | None, ...] = (None,)) -> Any:
        record = SimpleNamespace(picture_steps=10, seconds=10 * pace, reason=reason)
        return SimpleNamespace(question={"block": block}, record=lambda _: record)

    kept = {
        "s/bench/a": [answer(9.0), answer(1.0), answer(50.0, "stem")],
        # nothing was searched for there, in no time
        "s/bench/b": [answer(2.0), answer(0.0, reason=("no gradient reaches the body",))],
    }
    store = SimpleNamespace(
        places=lambda _: [place.rpartition("/")[2] for place in kept],
        answers=lambda place, _: kept[place],
    )
    return SimpleNamespace(place="s", store=store)


def test_a_search_takes_as_long_as_past_ones_a_step(searched):
    search = Search(steps=100, restarts=2)
    job = BenchJob("s", ("m",), (1, 2, 3), search)
    steps = search.most_steps * 3
    assert seconds_needed(searched, job, missing=1) == 2.0 * steps
    assert seconds_needed(searched, job, missing=4) == 4 * 2.0 * steps
    block = BenchJob("s", ("m",), (1,), Search(steps=100, block="stage1"))
    assert seconds_needed(searched, block, missing=1) == 50.0 * block.search.most_steps
    nothing = SimpleNamespace(place="s", store=SimpleNamespace(places=lambda _: []))
    assert seconds_needed(nothing, job, missing=1) is None
