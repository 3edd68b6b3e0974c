"""One stored model and what is known of it; see `results` for the study that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from ..artefacts import MODEL, ModelResults, kinds
from ..artefacts.kind import KINDS, Kind
from ..artefacts.settings import SUITES
from ..artefacts.verdicts import Known
from ..common.json_types import Json, Plain
from ..common.records import Record, Undefined
from ..methods import MethodSettings
from ..results import TrainingResult
from .answers import Answers
from .spec import Evidence, Study
from .store import Artefact, Store, StoreError

__all__ = ["ModelResult"]


@lru_cache(maxsize=512)
def _question(kind: Kind, evidence: Evidence, suite: str) -> Mapping[str, Plain] | None:
    """What a suite asks of a kind; asked of every model, and the same for all."""
    asked = evidence.in_suite(suite)
    return None if asked.leaves_out(kind) else kind.question(asked)


@lru_cache(maxsize=64)
def _asked_alone(
    of: tuple[Kind, ...], evidence: Evidence, suite: str
) -> tuple[tuple[str, Mapping[str, Plain]], ...]:
    """What a suite asks, by kind, where the other one asks something else."""
    found = []
    for kind in of:
        asked, theirs = (_question(kind, evidence, each) for each in (suite, _other(suite)))
        if asked and theirs and asked != theirs:
            found.append((kind.name, asked))
    return tuple(found)


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

    @property
    def suite(self) -> str:
        """The suite of attacks whose answers these are: full or quick."""
        return self.study.evidence.suite

    def in_suite(self, suite: str) -> ModelResult:
        """The same model, with its answers of one suite."""
        if suite == self.suite:
            return self
        evidence = self.study.evidence.in_suite(suite)
        return replace(self, study=self.study.replace(evidence=evidence))

    def has_suite(self, suite: str) -> bool:
        """Whether it has answers that this suite alone asks for, as the study asks them now."""
        own = _asked_alone(tuple(kinds(self.study.task)), self.study.evidence, suite)
        return any(self.store.holds(self.place, name, asked) for name, asked in own)

    @property
    def has_model(self) -> bool:
        """Whether training left a model."""
        return self.training.status == "finished"

    def artefact(self, kind: str) -> Artefact | None:
        """Its answer to what the study asks; the newest of another question where there is none.

        `outdated` says when it is another question's. One suite's answers never stand for the
        other's: of the quick suite only what it asks counts.
        """
        mine, theirs = (self._asked(kind, suite) for suite in (self.suite, _other(self.suite)))
        if mine is None:
            return None
        answers = self.store.answers(self.place, kind)
        fitting = [a for a in answers if mine.items() <= a.question.items()]
        if not fitting and theirs is not None and theirs != mine:
            full = self.suite == "full"
            answers = [a for a in answers if full and not theirs.items() <= a.question.items()]
        return next(iter(fitting or answers), None)

    def _asked(self, kind: str, suite: str) -> Mapping[str, Plain] | None:
        """What a suite asks of a kind; None where it leaves the kind out."""
        declared = KINDS.get(kind) if kind in KINDS else None
        return {} if declared is None else _question(declared, self.study.evidence, suite)

    def outdated(self, kind: str) -> str | None:
        """In which settings its answer differs from what the study asks now, or None."""
        return self._outdated(kind, self.artefact(kind))

    def _outdated(self, kind: str, artefact: Artefact | None) -> str | None:
        asked = self._asked(kind, self.suite) or {}
        differing = _differences(asked, artefact.question) if artefact else []
        return ", ".join(differing) or None

    @property
    def superseded(self) -> list[Artefact]:
        """Answers to older questions, of kinds whose present question is answered, too."""
        found = []
        for kind in kinds(self.study.task):
            if kind.own:
                continue
            answers = self.store.answers(self.place, kind.name)
            asked = [q for suite in SUITES if (q := self._asked(kind.name, suite)) is not None]
            now = [a for a in answers if any(q.items() <= a.question.items() for q in asked)]
            found += [a for a in answers if now and a not in now]
        return found

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

    @cached_property
    def known(self) -> Known:
        """The model as a verdict is given it."""
        quick = self.suite == "quick"
        who = f"{self.title}, seed {self.seed}"
        return Known(who, self.results, quick, self.outdated_kinds, self.seed)

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
            "suite": self.suite,
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
            "precision": model.get("precision"),
            "peak_memory_mb": model.get("peak_memory_mb"),
            "stage_seconds": {
                MODEL: model.get("seconds"),
                **{name: (results.get(name) or {}).get("seconds") for name in found},
                **{name: result.get("seconds") for name, result in own.items()},
            },
        }


def _other(suite: str) -> str:
    return next(each for each in SUITES if each != suite)


def _differences(asked: Any, answered: Any, path: str = "") -> list[str]:
    """Dotted names of the settings that differ, with both values."""
    if isinstance(asked, Mapping) and isinstance(answered, Mapping):
        return [
            line
            for name, value in asked.items()
            for line in _differences(value, answered.get(name), f"{path}.{name}".strip("."))
        ]
    return [] if asked == answered else [f"{path} {answered} instead of {asked}"]
