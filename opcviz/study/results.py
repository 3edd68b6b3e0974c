"""Reads what a study has so far: no model is run, nothing is loaded that is not asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..artefacts import KindAbout
from ..artefacts.verdicts import Known, judge_models, judge_together, rank_models
from ..common.config import ConfigError
from ..common.json_types import Json
from ..methods import MethodSettings, settings_class
from ..methods.declaration import BROUGHT
from ..results import DataResult
from ..verdict import Check, Consensus, Ranked, Verdict, consensus
from .artefact import RECORD, REMEDY
from .model_result import ModelResult
from .spec import Study
from .store import Artefact, Store, StoreError

__all__ = ["StudyResult"]

REFERENCES = {"original": 0, "retrain": 1}  # in the order in which they are shown

FEWEST_OTHERS = 2  # retrained models beside which another one is judged without being among them


@dataclass(frozen=True)
class StudyResult:
    """A stored study.

    Attributes:
        store: where it lies.
        place: its folder.
        study: the question.
        quick: show models by their answers of the quick suite, where they have some; otherwise only
            those that have no others.
    """

    store: Store
    place: str
    study: Study
    quick: bool = False

    @cached_property
    def models(self) -> list[ModelResult]:
        """Every model with a stored answer: references first, then by seed and method.

        Models of the reference seeds serve the likelihood ratios; without evidence of their own
        they are not among them.
        """
        found = []
        for name in self.store.places(f"{self.place}/models"):
            place = f"{self.place}/models/{name}"
            artefact = self.store.latest(place, "model")
            if artefact is None:
                continue
            try:
                method, seed = _who(artefact)
            except (ConfigError, StoreError) as error:
                self.store.warn(f"{artefact.folder}: {error}; the model is left out")
                continue
            serves = method.info.name in REFERENCES and seed in self.study.evidence.reference_seeds
            if not serves or self.store.latest(place, "evidence"):
                model = ModelResult(self.store, place, method, seed, self.study)
                found.append(self._in_its_suite(model.in_suite("full")))
        return sorted(found, key=_order)

    def _in_its_suite(self, model: ModelResult) -> ModelResult:
        if model.has_suite("quick") and (self.quick or not model.has_suite("full")):
            return model.in_suite("quick")
        return model

    def beside(self, keys: Collection[str]) -> StudyResult:
        """The study as these models can be compared in it: by the quick suite, if one of them has
        nothing else."""
        alone = (model.suite == "quick" for model in self.models if model.key in keys)
        return self._by_quick if not self.quick and any(alone) else self

    @cached_property
    def _by_quick(self) -> StudyResult:
        return replace(self, quick=True)

    def model(self, key: str) -> ModelResult | None:
        """The model with this name inside the study, or None."""
        return next((model for model in self.models if model.key == key), None)

    def probe_artefact(self) -> Artefact | None:
        """The probe set of the size that the study asks for; the newest where it has none such."""
        answers = self.store.answers(self.place, "probe")
        size = self.study.evidence.probe
        return next(
            (a for a in answers if a.question.get("probe") == size), next(iter(answers), None)
        )

    def probe(self) -> tuple[dict[str, np.ndarray], DataResult]:
        """The probe set's arrays (ids, pictures, labels, forget) and what is said of the data.

        Raises:
            StoreError: when no model was made yet.
        """
        artefact = self.probe_artefact()
        if artefact is None:
            raise StoreError(f"study '{self.place}' has no probe set yet: run it first")
        return artefact.arrays("probe.npz"), DataResult.from_dict(artefact.json())

    def _numbers(self, model: ModelResult) -> Json:
        """The documented form of one model, with the verdict on it beside both references."""
        return {
            **self._plain(model),
            "verdict": self.verdict(model).to_dict(),
            "consensus": self.consensus(model).to_dict(),
        }

    def to_dict(self, keys: Collection[str] | None = None) -> Json:
        """The documented form of `show --json`.

        Args:
            keys: names of the models that are asked for; None for all.
        """
        wanted = [each for each in self.models if keys is None or each.key in keys]
        own = {name: about.to_dict() for name, about in self.own_kinds.items()}
        return {
            "study": {"place": self.place, **self.study.to_dict()},
            **({"own": own} if own else {}),
            "models": [self._numbers(model) for model in wanted],
        }

    @cached_property
    def own_kinds(self) -> dict[str, KindAbout]:
        """What users' own kinds of artefact say of themselves, by name: see `Kind.about`.

        As their newest answers say it, so that their files need not be loaded.
        """
        answers = [answer for model in self.models for answer in model.own.items()]
        answers.sort(key=lambda answer: (answer[0], answer[1].created))
        return {name: a.about or KindAbout(name, "", {}, ()) for name, a in answers}

    def _plain(self, model: ModelResult) -> Json:
        """A model's numbers, and which of the users' own kinds it lacks."""
        lacking = (name for name in self.own_kinds if name not in model.own)
        reasons = {name: {"reason": f"{name} was not computed yet"} for name in lacking}
        return {**model.to_dict(), **reasons}

    def verdict(self, model: ModelResult) -> Verdict:
        """What the evidence adds up to, against the original of its seed and all retrained models.

        A retrained model is held against the others, where there are at least two.
        """
        if model.key not in self._verdicts:
            self._verdicts[model.key] = self._judged(model)
        return self._verdicts[model.key]

    def consensus(self, model: ModelResult) -> Consensus:
        """The verdicts on one method and setting over all seeds, and on the seeds together."""
        row = _row(model)
        if row not in self._agreed:
            same = [each for each in self.models if _row(each) == row]
            found = consensus([self.verdict(each) for each in same], self._together(same))
            self._agreed[row] = replace(found, seeds=tuple(each.seed for each in same))
        return self._agreed[row]

    def judged(self, model: ModelResult) -> Consensus | None:
        """What `consensus` has found already; None where nobody asked yet, which takes time."""
        return self._agreed.get(_row(model))

    def _together(self, same: list[ModelResult]) -> Check | None:
        """What an attacker gets from all seeds of a method that none of them shows alone."""
        if len(same) < 2 or same[0].method.info.name in REFERENCES:
            return None
        return judge_together(
            self.study.task,
            [each.known for each in same],
            [each.known for each in self._retrained(same[0].suite)],
            sizes=self._sizes,
        )

    @cached_property
    def _verdicts(self) -> dict[str, Verdict]:
        return {}

    @cached_property
    def _agreed(self) -> dict[tuple[MethodSettings, str], Consensus]:
        return {}

    def _said_of_data(self, probe: Artefact) -> Json:
        try:
            return probe.json()
        except StoreError as error:
            self.store.warn(str(error))
            return {}

    def ranked(self, model: ModelResult) -> tuple[Ranked, ...]:
        """Every attacker and judge of a model beside those that `verdict` holds it against, by the
        same rule, the furthest beyond its line first."""
        who, original, band = self._beside(model)
        return rank_models(self.study.task, who, original, band, sizes=self._sizes)

    def _judged(self, model: ModelResult) -> Verdict:
        who, original, band = self._beside(model)
        return judge_models(self.study.task, who, original, band, sizes=self._sizes)

    def _beside(self, model: ModelResult) -> tuple[Known, Known | None, list[Known]]:
        """A model, the original and the retrained ones that it is judged beside."""
        originals = [m for m in self.models if m.method.info.name == "original"]
        original = next((m for m in originals if m.seed == model.seed), None)
        if original is None and self._brought:  # then there is one original for all seeds
            original = next(iter(originals), None)
        retrained = self._retrained(model.suite)
        others = [m for m in retrained if m.key != model.key]
        band = others if len(others) >= FEWEST_OTHERS else retrained
        return (
            model.known,
            original.in_suite(model.suite).known if original else None,
            [each.known for each in band],
        )

    @cached_property
    def _brought(self) -> bool:
        """Whether this is an audit: its models were brought."""
        return any(m.method.info.family == BROUGHT for m in self.models)

    def _retrained(self, suite: str) -> list[ModelResult]:
        """All retrained models by their answers of a suite."""
        named = [m for m in self.models if m.method.info.name == "retrain"]
        found = [each.in_suite(suite) for each in named]
        if suite == "quick":  # of some only the full suite may have been run
            return [m for m in found if m.has_suite("quick")] or found
        return found

    @cached_property
    def _sizes(self) -> Mapping[str, int]:
        """Samples by part of the data, as far as known."""
        probe = self.probe_artefact()
        about = DataResult.from_dict(self._said_of_data(probe)) if probe else DataResult()
        return about.sizes or {}


def _who(artefact: Artefact) -> tuple[MethodSettings, int]:
    """The method with its settings, and the seed, that a stored model's question names.

    Raises:
        ConfigError: for a method or a setting that is not known here.
        StoreError: when the question is no model's.
    """
    asked = artefact.question
    seed = asked.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise StoreError(f"{RECORD}: question.seed is {seed!r} and not a whole number; {REMEDY}")
    return settings_class(asked.get("method", "")).from_dict(asked.get("settings", {})), seed


def _row(model: ModelResult) -> tuple[MethodSettings, str]:
    """What models that differ by their seed alone share."""
    return model.method, model.suite


def _order(model: ModelResult) -> tuple[int, int, str]:
    shallow_first = 3 if model.method.info.family == "contraction" else 2
    return (REFERENCES.get(model.method.info.name, shallow_first), model.seed, model.key)
