"""Reads what a study has so far: no model is run, nothing is loaded that is not asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..artefacts import MODEL, kinds
from ..artefacts.verdicts import StoredResults, judge_models
from ..common.config import ConfigError
from ..common.json_types import Json
from ..methods import MethodSettings, settings_class
from ..verdict import Consensus, Verdict, consensus
from .spec import Evidence, Study, list_presets, preset
from .store import Artefact, Store, StoreError

__all__ = ["ModelResult", "StudyResult", "list_studies", "open_study"]

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

    def _asked(self, kind: str) -> Json:
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

    def result(self, kind: str) -> Json:
        """The numbers of a kind; `{"reason": ...}` where there are none."""
        artefact = self.artefact(kind)
        return artefact.json() if artefact else {"reason": f"{kind} was not computed yet"}

    def arrays(self, kind: str, name: str) -> dict[str, np.ndarray]:
        """The arrays of a kind, empty where there are none."""
        artefact = self.artefact(kind)
        return artefact.arrays(name) if artefact and artefact.path(name).is_file() else {}

    def stored(self) -> StoredResults:
        """Everything that is stored about it, for its verdict."""
        model = self.result(MODEL)
        names = [kind.name for kind in kinds(self.study.task)]
        results = {name: artefact.json() for name in names if (artefact := self.artefact(name))}
        who = f"{self.title}, seed {self.seed}"
        return StoredResults(who, str(model.get("status")), model.get("reason"), results)

    def to_dict(self) -> Json:
        """The documented form of `show --json`; what was not computed is null with a reason."""
        model = self.result(MODEL)
        ours = [kind for kind in kinds(self.study.task) if not kind.own]
        found = {kind.name: (kind, self.artefact(kind.name)) for kind in ours}
        results = {name: artefact.json() for name, (_, artefact) in found.items() if artefact}
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
        shown = {name: artefact.json() for name, artefact in self.own.items()} | shown
        kept = {name: artefact for name, (_, artefact) in found.items()} | self.own
        outdated = {name: said for name, a in kept.items() if (said := self._outdated(name, a))}
        if outdated:
            shown["outdated"] = outdated
        return {
            **shown,
            "seconds": model.get("seconds"),
            "gradients": model.get("gradients"),
            "peak_memory_mb": model.get("peak_memory_mb"),
            "stage_seconds": {
                MODEL: model.get("seconds"),
                **{name: (results.get(name) or {}).get("seconds") for name in found},
                **{name: artefact.json().get("seconds") for name, artefact in self.own.items()},
            },
        }


def _differences(asked: Any, answered: Any, path: str = "") -> list[str]:
    """Dotted names of the settings that differ, with both values."""
    if isinstance(asked, dict) and isinstance(answered, dict):
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
            about = artefact.question
            serves = about["seed"] in self.study.evidence.reference_seeds
            if serves and self.store.latest(place, "evidence") is None:
                continue
            try:
                method = settings_class(about["method"]).from_dict(about["settings"])
            except ConfigError as error:
                self.store.warn(f"{artefact.folder}: {error}; the model is left out")
                continue
            found.append(ModelResult(self.store, place, method, about["seed"], self.study))
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

    def probe(self) -> tuple[dict[str, np.ndarray], Json]:
        """The probe set's arrays (ids, pictures, labels, forget) and what is said of the data.

        Raises:
            StoreError: when no model was made yet.
        """
        artefact = self.probe_artefact()
        if artefact is None:
            raise StoreError(f"study '{self.place}' has no probe set yet: run it first")
        return artefact.arrays("probe.npz"), artefact.json()

    def numbers(self, model: ModelResult) -> Json:
        """The documented form of one model, with the verdict on it beside both references."""
        return {
            **self._plain(model),
            "verdict": self.verdict(model).to_dict(),
            "consensus": self.consensus(model).to_dict(),
        }

    def to_dict(self) -> Json:
        """The documented form of `show --json`."""
        return {
            "study": {"place": self.place, **self.study.to_dict()},
            **({"own": self.own_kinds} if self.own_kinds else {}),
            "models": [self.numbers(model) for model in self.models],
        }

    @cached_property
    def own_kinds(self) -> dict[str, Json]:
        """What users' own kinds of artefact say of themselves, by name: see `Kind.about`.

        As their newest answers say it, so that their files need not be loaded.
        """
        answers = [answer for model in self.models for answer in model.own.items()]
        answers.sort(key=lambda answer: (answer[0], answer[1].created))
        return {name: artefact.about for name, artefact in answers}

    @cached_property
    def _read(self) -> dict[str, Json]:
        return {}

    def _plain(self, model: ModelResult) -> Json:
        """A model's numbers, read once however many verdicts rest on them."""
        if model.key not in self._read:
            lacking = (name for name in self.own_kinds if name not in model.own)
            reasons = {name: {"reason": f"{name} was not computed yet"} for name in lacking}
            self._read[model.key] = {**model.to_dict(), **reasons}
        return self._read[model.key]

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

    @cached_property
    def _stored(self) -> dict[str, StoredResults]:
        return {}

    def _results_of(self, model: ModelResult) -> StoredResults:
        """All that is stored about a model, read once however many verdicts rest on it."""
        if model.key not in self._stored:
            self._stored[model.key] = model.stored()
        return self._stored[model.key]

    def _judged(self, model: ModelResult) -> Verdict:
        originals = [m for m in self.models if m.method.info.name == "original"]
        original = next((m for m in originals if m.seed == model.seed), None)
        retrained = [m for m in self.models if m.method.info.name == "retrain"]
        others = [m for m in retrained if m.key != model.key]
        band = others if len(others) >= FEWEST_OTHERS else retrained
        probe = self.probe_artefact()
        about = probe.json() if probe else {}
        return judge_models(
            self.study.task,
            self._results_of(model),
            self._results_of(original) if original else None,
            [self._results_of(each) for each in band],
            sizes=about.get("sizes") or {},
        )


def _order(model: ModelResult) -> tuple[int, int, str]:
    references = {"original": 0, "retrain": 1}
    shallow_first = 3 if model.method.info.family == "contraction" else 2
    return (references.get(model.method.info.name, shallow_first), model.seed, model.key)


def list_studies(store: Store) -> list[str]:
    """Places of all studies that can be read; what is wrong with the others is told to `warn`."""
    return [place for place in store.places() if _read(store, place)]


def _read(store: Store, place: str) -> StudyResult | None:
    try:
        spec = store.read_study(place)
        spec.pop("data_digest", None)
        return StudyResult(store, place, _study_of(store, place, spec))
    except (StoreError, ConfigError) as error:
        store.warn(f"study '{place}' is left out: {error}")
        return None


def _study_of(store: Store, place: str, spec: Json) -> Study:
    """The study; settings of the evidence that this version does not know do not close it.

    A user's own kind of artefact need not be loaded here: its name and its settings are left out.
    """
    known = set(Evidence().to_dict())
    optional = {kind.name for kind in kinds() if kind.optional}
    evidence = {k: v for k, v in spec.get("evidence", {}).items() if k in known}
    if evidence.get("instruments") is not None:
        evidence["instruments"] = [n for n in evidence["instruments"] if n in optional]
    try:
        return Study.from_dict({**spec, "evidence": evidence})
    except ConfigError as error:
        study = Study.from_dict({name: spec[name] for name in spec if name != "evidence"})
        store.warn(f"study '{place}': {error}; its evidence settings are left out")
        return study


def open_study(store: Store, name: str) -> StudyResult:
    """A study by its place, by a preset's name, or by its own name when only one has it.

    Raises:
        StoreError: when there is none, or several; they are listed.
    """
    known = store.places()
    place = preset(name).study.place if name in list_presets() else name
    fitting = [p for p in known if p == place] or [p for p in known if p.rsplit("-", 1)[0] == name]
    if len(fitting) != 1:
        what = "no study is" if not fitting else f"{len(fitting)} studies are"
        raise StoreError(f"{what} called '{name}'; there are: {', '.join(known) or 'none yet'}")
    found = _read(store, fitting[0])
    if found is None:
        raise StoreError(f"study '{fitting[0]}' cannot be read; its study.json is damaged")
    return found
