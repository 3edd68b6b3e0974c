"""The bars below a film and the sentences beside it, each on its own model's numbers."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec, module_from_spec
from types import SimpleNamespace
from typing import Any

import known_results
import numpy as np
import pytest

from opcviz.common.records import Undefined
from opcviz.results import Attempt
from opcviz.ui.charts.bands import Band
from opcviz.ui.sections import first_sight
from opcviz.ui.sections.decisive import Decisive
from opcviz.ui.sections.films import EXPLAIN, Levels, _bars
from opcviz.ui.sections.films_rebuilt import FIRST_STEPS, NEXT_STEPS, WHY_CLOSER
from opcviz.verdict import Figures

LEVELS = Levels(Band(1.0, 2.0, 3), Band(30.0, 40.0, 3), Band(11.0, 14.0, 3))
NAMES = ("Answers right", "An attacker restores", "Pictures rebuilt")
ENDED = ({"forget_accuracy": 3.0, "fm_retain_accuracy": 43.0, "fm_accuracy": 73.0},) * 2
HISTORY = ({"forget_accuracy": 5.0, "fm_retain_accuracy": 45.0, "fm_accuracy": 75.0},) * 2


def column(history: Any = HISTORY, **answers: Any) -> Any:
    """A shipped model with another history, and other answers."""
    shipped = known_results.shipped("delete")
    results = replace(shipped.results, answers={**shipped.results.answers, **answers})
    training = SimpleNamespace(history=history)
    return SimpleNamespace(
        results=results, model=SimpleNamespace(training=training), arrays=lambda *_: {}
    )


def bars(explain: bool = False, kept: dict[str, np.ndarray] | None = None, **about: Any) -> dict:
    """By name."""
    trained = [SimpleNamespace(training=SimpleNamespace(history=ENDED))] * 3
    beside = replace(LEVELS, retrained=trained)
    return {bar.name: bar for bar in _bars(column(**about), beside, kept or {}, explain)}


def test_each_bar_has_its_own_band_in_figures_and_in_words():
    drawn = bars()
    assert tuple(drawn) == NAMES
    for name, band, says in zip(
        NAMES,
        (LEVELS.answers, LEVELS.restores, LEVELS.rebuilt),
        ("1 to 2 %", "30 to 40 %", "11 to 14 dB"),
        strict=True,
    ):
        assert drawn[name].band == band
        if name != NAMES[2]:  # a masked gradient is said in its place
            assert f"never saw them: {says}" in drawn[name].words, name


def test_the_price_stands_beside_the_answers():
    """What the model still answers of kept pictures, of its own stored evidence."""
    kept = known_results.record("evidence", "delete").accuracy.retain_test
    assert bars()[NAMES[0]].words.endswith(f"; kept ones: {kept:.1f} %")


def test_a_gradient_that_is_not_masked_stands_beside_the_retrained_models():
    plain = replace(known_results.record("inversion", "rl"), masked=False)
    assert "never saw them: 11 to 14 dB" in bars(inversion=plain)[NAMES[2]].words


def test_moving_figures_and_their_band_are_of_one_attacker():
    """Of whoever holds kept pictures alone, in the model as in the retrained ones."""
    own, restored, _ = bars().values()
    assert (own.values, restored.values) == ([5.0, 5.0], [45.0, 45.0])
    assert (own.band_now.low, own.band_now.high) == (3.0, 3.0)
    assert (restored.band_now.low, restored.band_now.high) == (43.0, 43.0)
    _, other, _ = bars(history=({"forget_accuracy": 5.0, "fm_accuracy": 75.0},) * 2).values()
    assert other.values == []  # of another attacker than the figure it ends with


def test_what_was_not_measured_says_why_below_its_own_bar():
    drawn = bars(evidence=Undefined("it diverged at step 3"), inversion=Undefined("not asked"))
    assert [bar.final for bar in drawn.values()] == [None, None, None]
    assert drawn[NAMES[0]].none == "it diverged at step 3"
    assert drawn[NAMES[2]].none == "not measured"


def test_each_bar_is_explained_by_its_own_sentence():
    plain = replace(known_results.record("inversion", "rl"), without_body_gradient=0)
    for name, bar in bars(explain=True, inversion=plain).items():
        assert bar.explain == EXPLAIN[name]
    assert not any(bar.explain for bar in bars(inversion=plain).values())


def test_the_short_search_is_counted_against_the_full_one_of_the_same_pictures():
    """Of pictures 7, 8 and 9 the short search came closer to the last alone."""
    full = known_results.record("inversion", "rl")
    full = replace(full, per_picture=replace(full.per_picture, psnr=(20.0, 10.0, 30.0)))
    kept = {
        "rebuilt_ids": np.array([9, 7, 8]),
        "rebuilt_psnr": np.array([[1.0, 2.0, 3.0], [11.0, 19.0, 29.0]]),
    }
    at = column(inversion=replace(full, masked=False))
    at.arrays = lambda *_: {"ids": np.array([7, 9, 8])}
    rebuilt = _bars(at, LEVELS, kept, explain=False)[-1]
    assert "closer to 1 of 3" in rebuilt.words
    assert rebuilt.values == pytest.approx([2.0, 59 / 3])


def test_the_steps_told_of_the_short_search_are_those_it_takes():
    found = find_spec("opcviz.attacks.inversion.live")
    fresh = module_from_spec(found)  # the one in use is made to search less while tests run
    found.loader.exec_module(fresh)
    assert (fresh.FIRST.iterations, fresh.NEXT.iterations) == (FIRST_STEPS, NEXT_STEPS)
    assert f"{FIRST_STEPS} steps" in WHY_CLOSER
    assert f"{NEXT_STEPS} more" in WHY_CLOSER


def sentence(gone: str | None, **verdict: Any) -> str:
    """What stands beside the films of a model with such a verdict."""
    shipped = known_results.shipped("delete")
    return first_sight._verdict(judged(gone, shipped.results, **verdict))


def judged(gone: str | None, results: Any, seeds: dict[str, int] | None = None, **told: Any) -> Any:
    """A shipped model with such a verdict, of which its seeds have such words."""
    plain = {
        "missing": (),
        "numbers": (),
        "furthest": None,
        "depth": None,
        "words": "none",
        "noticeable": None,
    }
    return SimpleNamespace(
        name="delete",
        verdict=SimpleNamespace(**{**plain, "gone": gone, **told}),
        results=results,
        model=known_results.shipped("delete"),
        consensus=SimpleNamespace(counts=seeds or {}, seeds=(0, 1, 2), together=None),
    )


def test_who_did_not_forget_is_told_with_the_figure_that_decided():
    numbers = [SimpleNamespace(says="71.0 % are named"), SimpleNamespace(says="2.0 % are lost")]
    said = sentence("no", numbers=numbers)
    assert "has not forgotten" in said
    assert "71.0 % are named" in said
    assert "2.0 %" not in said


def test_without_a_verdict_what_is_missing_first_is_told():
    said = sentence(None, missing=("no retrained model", "no maps"))
    assert "no verdict yet" in said
    assert "no retrained model" in said
    assert "only hides" not in said


def test_who_hides_is_told_by_the_attacker_who_comes_furthest():
    furthest = Attempt("relearning", "last 1", "whole", "shots", 1, 83.5, 107, 33.6)
    said = sentence("hidden", furthest=furthest)
    assert "only hides" in said
    assert ">whoever trains it further with 1 picture of each class</abbr>" in said
    assert 'title="relearning with the last block anew, from 1 picture of each class"' in said
    assert "83.5 %" in said


@pytest.mark.parametrize("gone", ["as in retrained models", "beyond"])
def test_who_gives_nothing_away_but_shows_is_said_to_show(gone):
    tells = "but one can tell it was made to forget"
    assert tells in sentence(gone, noticeable="yes")
    assert tells not in sentence(gone, noticeable="as in retrained models")


def test_two_of_whom_the_same_is_so_share_a_sentence_and_others_do_not():
    alike = "as in retrained models"
    first, second = (judged(alike, known_results.known(), noticeable="yes") for _ in range(2))
    (said,) = first_sight._verdicts([first, second])
    assert said.startswith("From <b>neither</b> does a declared attacker get clearly more")
    assert "but one can tell both were made to forget" in said
    other = judged(alike, known_results.known(), noticeable="no")
    hides = judged("hidden", known_results.known())
    for pair in ([first, other], [first, hides], [hides, hides], [first]):
        assert len(first_sight._verdicts(pair)) == len(pair)


@pytest.mark.parametrize(
    ("others", "says"),
    [
        ({"hidden, noticeable": 2}, "(seed 0; 2 of 3 seeds say less)"),
        ({"not gone": 1, "none": 1}, "(seed 0; 2 of 3 seeds say less)"),
        ({"gone beyond retraining": 1, "hidden": 1}, "(seed 0; 1 of 3 seeds says less)"),
        ({"gone beyond retraining": 2}, ""),
        ({"as in retrained models, noticeable": 2}, ""),
    ],
)
def test_seeds_that_say_less_are_counted_and_no_others(others, says):
    words = "as in retrained models"
    seeds = {words: 3 - sum(others.values()), **others}
    of = judged(words, known_results.known(), seeds, words=words)
    assert first_sight._other_seeds(of).strip() == says


def test_a_bar_ends_with_the_figure_of_the_attack_that_decided():
    """Beside the same attack on retrained models; on the way it is of the one that is followed."""
    made = Attempt("rbf", "stage2", "unpooled", "retain", 0, 61.0, 107, 33.6)
    figures = Figures(made.words, 61.0, 7.0, 9.0, 3, attempt=made, pixels=52.0)
    verdict = SimpleNamespace(gone="hidden", numbers=[SimpleNamespace(figures=figures)])
    decisive = Decisive.of(verdict)
    ladder = known_results.record("strongest", "delete")
    at = column(strongest=replace(ladder, rungs=(replace(ladder.rungs[0], attempt=made),)))
    _, restored, _ = _bars(at, LEVELS, {}, False, decisive)
    assert (restored.final, restored.band) == (61.0, Band(7.0, 9.0, 3))
    assert dict(restored.marks) == {"constant": 33.6, "pixels": 52.0}
    assert restored.words == f"{decisive.who}; never saw them: 7 to 9 %"
    assert restored.values == [45.0, 45.0]
    assert "linear map of the last layer" in restored.words_now
    for other in ("no", "as in retrained models", "beyond", None):
        assert Decisive.of(SimpleNamespace(gone=other, numbers=verdict.numbers)) is None
    _, plain, _ = _bars(at, LEVELS, {}, False, None)
    assert plain.final != 61.0


@pytest.mark.parametrize("seed", [0, 1])
def test_side_by_side_opens_with_the_references_of_the_seed_that_plays(seed):
    def model(name: str, at: int) -> Any:
        method = SimpleNamespace(info=SimpleNamespace(name=name))
        return SimpleNamespace(key=f"{name}-s{at}", seed=at, method=method)

    names = ("original", "retrain", "opc", "delete")
    models = {m.key: m for m in (model(name, at) for name in names for at in (0, 1))}
    study = SimpleNamespace(place="digits", models=list(models.values()), model=models.get)
    pair = SimpleNamespace(keys=(f"delete-s{seed}", f"opc-s{seed}"))
    asked = first_sight._beside(study, pair)
    keys = f"original-s{seed},retrain-s{seed},delete-s{seed},opc-s{seed}"
    assert asked == {"study": "digits", "models": keys}
