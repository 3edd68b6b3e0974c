"""Which two models of a study tell its story, on verdicts and figures made up here."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import known_results
import pytest

from opcviz.ui.reading import contrast
from opcviz.ui.reading.contrast import pair_of


def model(
    key: str,
    gone: str | None = "hidden",
    *,
    restored: float = 50.0,
    answered: float = 0.0,
    family: str = "ascent",
    epochs: int = 5,
    seed: int = 0,
) -> Any:
    """A model that can be played, of which one in three comes back by one answer for all."""
    kept = known_results.record("evidence").recovery.fm["retain"]
    score = replace(kept.unseen, forget_accuracy=restored, constant_predictor=33.0)
    assert score.scored_on == "forget_test"
    fits = {"retain": replace(kept, unseen=score)}
    evidence = known_results.evidence(fits=fits, forget_test=answered)
    name = "retrain" if family == "reference" else key
    info = SimpleNamespace(family=family, name=name)
    return SimpleNamespace(
        key=key,
        title=key.upper(),
        gone=gone,
        seed=seed,
        method=SimpleNamespace(info=info),
        results=known_results.known(evidence=evidence),
        training=SimpleNamespace(history=[{}] * epochs),
    )


@pytest.fixture
def chosen(monkeypatch):
    """The pair of these models, with the sentences on it."""

    def choose(*models: Any, first: tuple[str, ...] = ()) -> contrast.Pair:
        monkeypatch.setattr(contrast, "playable", lambda study: list(models))
        judged = SimpleNamespace(
            verdict=lambda m: SimpleNamespace(gone=m.gone, depth=None, noticeable="no")
        )
        return pair_of(judged, first)

    return choose


def test_of_those_that_hide_most_is_restored_from_the_one_that_plays(chosen):
    models = (
        model("little", restored=40.0),
        model("most", restored=90.0),
        model("some", restored=60.0),
        model("opc", "beyond", family="contraction"),
    )
    found = chosen(*models)
    assert found.keys == ("most", "opc")
    assert found.why[0].startswith("MOST: of the methods that hide")


def test_who_still_names_them_or_has_no_film_worth_watching_is_not_it(chosen):
    """A constant answer names 33 % here: who names more does not hide, whatever is restored."""
    models = (
        model("loud", restored=99.0, answered=34.0),
        model("short", restored=98.0, epochs=2),
        model("open", "no", restored=97.0),
        model("quiet", restored=60.0, answered=33.0, epochs=3),
        model("opc", "beyond", family="contraction"),
    )
    assert chosen(*models).left == "quiet"


def test_what_side_by_side_shows_comes_first_where_it_hides(chosen):
    models = (
        model("shown", restored=40.0),
        model("most", restored=90.0),
        model("opc", "beyond", family="contraction"),
    )
    assert chosen(*models, first=("shown",)).left == "shown"
    opened = (model("shown", "no"), *models[1:])
    assert chosen(*opened, first=("shown",)).left == "most"


def test_where_none_hides_it_is_one_that_did_not_forget(chosen):
    models = (model("deep", "beyond"), model("open", "no"), model("opc", family="contraction"))
    found = chosen(*models)
    assert found.left == "open"
    assert "did not forget" in found.why[0]


def test_beside_it_plays_whoever_goes_deepest_and_of_the_same_seed(chosen):
    models = (
        model("hides"),
        model("shallow", "hidden", family="contraction"),
        model("deep", "as in retrained models", family="contraction"),
        model("unknown", None, family="contraction"),
        model("deeper", "beyond", family="contraction", seed=1),
    )
    assert chosen(*models).keys == ("hides", "deep")
    assert chosen(*models, first=("deeper",)).keys == ("deeper",)


def test_beside_one_method_alone_plays_the_retrained_model_of_its_seed(chosen):
    retrained = [model(f"retrain{s}", None, family="reference", seed=s) for s in (0, 1)]
    assert chosen(model("hides", seed=1), *retrained).keys == ("hides", "retrain1")
