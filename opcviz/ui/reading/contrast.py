"""Which two models of a study tell the story: one that hides, and the deepest of OPC's family.

Chosen by verdict, not by name, so that the first page says of every study what holds there.
Judging takes time: only models that can be chosen are judged, and none twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...common.records import defined
from ...results import PIXELS, EvidenceResult, StrongestResult
from ...study import ModelResult, Store, StudyResult, shipped_root
from . import store_reader as library
from .scores import answers, score_of

__all__ = ["Pair", "has_film", "pair_of", "playable"]

FIT = "retain"  # the attacker who holds no forgotten picture
HIDDEN = "hidden"
DEEPEST = ("beyond", "as in retrained models", HIDDEN, None, "no")
"""Answers to "gone?", the one that speaks most for forgetting first."""
SOME_EPOCHS = 3  # from which on there is something to watch


@dataclass(frozen=True)
class Pair:
    """Two models to be shown beside each other.

    Attributes:
        left: key of one that hides; None where the study has no such pair.
        right: key of the one that goes deepest.
        why: by which rule, a sentence each.
    """

    left: str | None
    right: str | None
    why: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Of those there are, from left to right."""
        return tuple(key for key in (self.left, self.right) if key)


def has_film(model: ModelResult) -> bool:
    """Whether epochs of it were kept that can be played."""
    artefact = model.artefact("model")
    kept = artefact is not None and artefact.path("trajectory.npz").is_file()
    return kept and model.training.status == "finished" and len(model.training.history) > 1


def playable(study: StudyResult) -> list[ModelResult]:
    """The models with a film; of a shipped study the shipped ones, whatever visitors trained."""
    ours = Store(shipped_root()).places(f"{study.place}/models")
    shipped = [model for model in study.models if model.key in ours]
    return [model for model in shipped or study.models if has_film(model)]


def pair_of(study: StudyResult, first: Sequence[str]) -> Pair:
    """The pair of a study.

    Args:
        study: what is stored.
        first: keys of the models that Side by side opens with.
    """
    models = playable(study)
    methods = [m for m in models if m.method.info.family != "reference"]
    if not methods:
        return Pair(None, None)
    seed = next((m.seed for m in methods if m.key in first), methods[0].seed)
    mine = [m for m in methods if m.seed == seed]
    contracting = [m for m in mine if m.method.info.family == "contraction"]
    others = [m for m in mine if m not in contracting]
    left, why_left = _hiding(study, [m for m in others if m.key in first], others)
    rest = contracting or [m for m in others if m is not left]
    if not rest:  # one method alone: beside it what forgetting comes to
        rest = [m for m in models if m.method.info.name == "retrain" and m.seed == seed]
    right = min(rest, key=lambda m: _depth(study, m), default=None)
    why_right = ""
    if right is not None and contracting:
        why_right = f"{right.title}: of OPC and its kin the furthest-reaching verdict."
    return Pair(
        left.key if left else None,
        right.key if right else None,
        tuple(filter(None, (why_left, why_right))),
    )


def _hiding(
    study: StudyResult, first: list[ModelResult], others: list[ModelResult]
) -> tuple[ModelResult | None, str]:
    """One that hides: what Side by side shows, else the one of which most is restored."""
    for model in first:
        if study.verdict(model).gone == HIDDEN:
            return model, f"{model.title}: the method that Side by side opens with; it hides."
    silent = [m for m in others if _is_silent(m) and len(m.training.history) >= SOME_EPOCHS]
    for model in sorted(silent, key=lambda m: -(_restored(m) or 0.0)):
        if study.verdict(model).gone == HIDDEN:
            return model, f"{model.title}: of the methods that hide, most is restored from it."
    for model in others:
        if study.verdict(model).gone == "no":
            return model, f"{model.title}: no method of this study hides; this one did not forget."
    left = next(iter(first or others), None)
    return left, f"{left.title}: no method of this study is known to hide." if left else ""


def _restored(model: ModelResult) -> float | None:
    return score_of(library.fit_of(model.results, "fm", FIT), FIT).value


def _is_silent(model: ModelResult) -> bool:
    """Whether it answers no more of the forgotten pictures than one constant answer would."""
    after = score_of(library.fit_of(model.results, "fm", FIT), FIT)
    evidence = model.results.get(EvidenceResult)
    said = answers(evidence, after).value if defined(evidence) else None
    return said is not None and after.constant is not None and said <= after.constant


def _depth(study: StudyResult, model: ModelResult) -> tuple[int, int, int]:
    """How far its verdict reaches: what is gone, from which block on, and whether it shows."""
    verdict, ladder = study.verdict(model), model.results.get(StrongestResult)
    places = [p for p in ladder.places() if p != PIXELS] if defined(ladder) else []
    at = places.index(verdict.depth) if verdict.depth in places else len(places)
    return DEEPEST.index(verdict.gone), at, int(verdict.noticeable in ("yes", None))
