"""Reads what a study has so far: no model is run, nothing is loaded that is not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..artefacts import MODEL, KindAbout, ModelResults, kinds
from ..artefacts.verdicts import Known, judge_models
from ..common.config import ConfigError
from ..common.json_types import Json, Plain
from ..common.records import Record, Undefined
from ..methods import MethodSettings, settings_class
from ..results import DataResult, TrainingResult
from ..verdict import Consensus, Verdict, consensus
from .answers import Answers
from .artefact import RECORD, REMEDY
from .spec import Study
from .store import Artefact, Store, StoreError

__all__ = ["ModelResult", "StudyResult"]

REFERENCES = {"original": 0, "retrain": 1}  # in the order in which they are shown

FEWEST_OTHERS = 2  # retrained models beside which another one is judged without being among them


@dataclass(frozen=True)
class ModelResult:
    """One stored model and what is known of it.

    Attributes:
        store: where it lies.
        place: its folder, `<study>/models/<model>`.
        method: the method with its settings.
        seed: of its training.
        study: what it belongs to; its evidence settings say which answers count.
    """

    store: Store
    place: str
    method: MethodSettings
    seed: int
    study: Study

    @property
    def key(self) -> str:
        """Its name inside the study: `<method>-<hash>-s<seed>`."""
        return self.place.rpartition("/")[2]

    @property
    def title(self) -> str:
        """Its name on screen, without the seed."""
        return self.method.info.title

    def artefact(self, kind: str) -> Artefact | None:
        """Its answer to what the study asks; the newest of another question where there is none.

        `outdated` says when it is another question's.
        """
        answers = self.store.answers(self.place, kind)
        asked = self._asked(kind)
        fitting = (a for a in answers if asked.items() <= a.question.items())
        return next(fitting, None) or next(iter(answers), None)

    def _asked(self, kind: str) -> Mapping[str, Plain]:
        declared = {each.name: each for each in kinds()}
        return declared[kind].question(self.study.evidence) if kind in declared else {}

    def outdated(self, kind: str) -> str | None:
        """In which settings its answer differs from what the study asks now, or None."""
        return self._outdated(kind, self.artefact(kind))

    def _outdated(self, kind: str, artefact: Artefact | None) -> str | None:
        differing = _differences(self._asked(kind), artefact.question) if artefact else []
        return ", ".join(differing) or None

    @cached_property
    def own(self) -> dict[str, Artefact]:
        """Its answers of users' own kinds, by name, whether or not their files are loaded here."""
        ours = {MODEL, *(kind.name for kind in kinds() if not kind.own)}
        names = (name for name in self.store.kinds(self.place) if name not in ours)
        return {name: found for name in names if (found := self.artefact(name))}

    @cached_property
    def results(self) -> ModelResults:
        """All its results as records, each read when it is first asked for."""
        return ModelResults(self.training, Answers(self.store, self.place, self.artefact))

    def result(self, kind: str) -> Record | Undefined:
        """The record of a kind, or why there is none; `results.get` has it by its class."""
        return self.results.answer(kind)

    @cached_property
    def training(self) -> TrainingResult:
        """How its training ended."""
        artefact = self.artefact(MODEL)
        told = self._numbers(artefact) if artefact else {"reason": f"{MODEL} was not computed yet"}
        try:
            return TrainingResult.from_dict({"status": "missing", **told})
        except ValueError as error:
            return TrainingResult("missing", f"made by another version ({error}); run it again")

    def _numbers(self, artefact: Artefact) -> Json:
        """What it says; `{"reason": ...}` where its file is damaged, which is told to `warn`."""
        try:
            return artefact.json()
        except StoreError as error:
            self.store.warn(str(error))
            return {"reason": str(error)}

    def arrays(self, kind: str, name: str) -> dict[str, np.ndarray]:
        """The arrays of a kind, empty where there are none, or none that can be read."""
        artefact = self.artefact(kind)
        if artefact is None or not artefact.path(name).is_file():
            return {}
        try:
            return artefact.arrays(name)
        except StoreError as error:
            self.store.warn(str(error))
            return {}

    @cached_property
    def outdated_kinds(self) -> dict[str, str]:
        """By kind of artefact, in which settings its answer differs from what the study asks."""
        ours = [kind.name for kind in kinds(self.study.task) if not kind.own]
        kept = {name: self.artefact(name) for name in ours} | self.own
        return {name: said for name, a in kept.items() if (said := self._outdated(name, a))}

    @property
    def known(self) -> Known:
        """The model as a verdict is given it."""
        return Known(f"{self.title}, seed {self.seed}", self.results)

    def to_dict(self) -> Json:
        """The documented form of `show --json`; what was not computed is null with a reason.

        It holds what is stored, as it is stored, whatever version stored it.
        """
        artefact = self.artefact(MODEL)
        model = self._numbers(artefact) if artefact else {"reason": f"{MODEL} was not computed yet"}
        ours = [kind for kind in kinds(self.study.task) if not kind.own]
        found = {kind.name: (kind, self.artefact(kind.name)) for kind in ours}
        results = {name: self._numbers(kept) for name, (_, kept) in found.items() if kept}
        own = {name: self._numbers(artefact) for name, artefact in self.own.items()}
        shown: Json = {
            "method": self.method.info.name,
            "seed": self.seed,
            "key": self.key,
            "settings": self.method.to_dict(),
            "status": model.get("status"),
            "reason": model.get("reason"),
        }
        for name, (kind, _) in found.items():
            result = results.get(name)
            failure = result["reason"] if result and result.keys() == {"reason"} else None
            shown |= kind.show(None if failure else result, failure or kind.not_computed)
        # as they are stored, beside our own and never in place of it
        shown = own | shown
        if self.outdated_kinds:
            shown["outdated"] = self.outdated_kinds
        return {
            **shown,
            "seconds": model.get("seconds"),
            "gradients": model.get("gradients"),
            "peak_memory_mb": model.get("peak_memory_mb"),
            "stage_seconds": {
                MODEL: model.get("seconds"),
                **{name: (results.get(name) or {}).get("seconds") for name in found},
                **{name: result.get("seconds") for name, result in own.items()},
            },
        }


def _differences(asked: Any, answered: Any, path: str = "") -> list[str]:
    """Dotted names of the settings that differ, with both values."""
    if isinstance(asked, Mapping) and isinstance(answered, Mapping):
        return [
            line
            for name, value in asked.items()
            for line in _differences(value, answered.get(name), f"{path}.{name}".strip("."))
        ]
    return [] if asked == answered else [f"{path} {answered} instead of {asked}"]


@dataclass(frozen=True)
class StudyResult:
    """A stored study."""

    store: Store
    place: str
    study: Study

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
                found.append(ModelResult(self.store, place, method, seed, self.study))
        return sorted(found, key=_order)

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

    def to_dict(self) -> Json:
        """The documented form of `show --json`."""
        own = {name: about.to_dict() for name, about in self.own_kinds.items()}
        return {
            "study": {"place": self.place, **self.study.to_dict()},
            **({"own": own} if own else {}),
            "models": [self._numbers(model) for model in self.models],
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
        """The verdicts on one method and setting over all seeds."""
        same = [each for each in self.models if each.method == model.method]
        found = consensus([self.verdict(each) for each in same])
        return replace(found, seeds=tuple(each.seed for each in same))

    @cached_property
    def _verdicts(self) -> dict[str, Verdict]:
        return {}

    def _said_of_data(self, probe: Artefact) -> Json:
        try:
            return probe.json()
        except StoreError as error:
            self.store.warn(str(error))
            return {}

    def _judged(self, model: ModelResult) -> Verdict:
        originals = [m for m in self.models if m.method.info.name == "original"]
        original = next((m for m in originals if m.seed == model.seed), None)
        retrained = [m for m in self.models if m.method.info.name == "retrain"]
        others = [m for m in retrained if m.key != model.key]
        band = others if len(others) >= FEWEST_OTHERS else retrained
        probe = self.probe_artefact()
        about = DataResult.from_dict(self._said_of_data(probe)) if probe else DataResult()
        return judge_models(
            self.study.task,
            model.known,
            original.known if original else None,
            [each.known for each in band],
            sizes=about.sizes or {},
        )


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


def _order(model: ModelResult) -> tuple[int, int, str]:
    shallow_first = 3 if model.method.info.family == "contraction" else 2
    return (REFERENCES.get(model.method.info.name, shallow_first), model.seed, model.key)
