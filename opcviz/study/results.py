"""Reads what a study has so far: no model is run, nothing is loaded that is not asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..artefacts import MODEL, kinds
from ..artefacts.kind import Json
from ..common.config import ConfigError
from ..methods import MethodSettings, settings_class
from ..verdict import consensus, judge
from .spec import Evidence, Study, list_presets, preset
from .store import Artefact, Store, StoreError

__all__ = ["ModelResult", "StudyResult", "list_studies", "open_study"]


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
        artefact = self.artefact(kind)
        if artefact is None:
            return None
        differing = _differences(self._asked(kind), artefact.question)
        return ", ".join(differing) or None

    def foreign_kinds(self) -> list[str]:
        """Kinds of artefact it has that no loaded file declares: a user's own, made elsewhere."""
        known = {MODEL, *(kind.name for kind in kinds())}
        return [name for name in self.store.kinds(self.place) if name not in known]

    def result(self, kind: str) -> Json:
        """The numbers of a kind; `{"reason": ...}` where there are none."""
        artefact = self.artefact(kind)
        return artefact.json() if artefact else {"reason": f"{kind} was not computed yet"}

    def arrays(self, kind: str, name: str) -> dict[str, np.ndarray]:
        """The arrays of a kind, empty where there are none."""
        artefact = self.artefact(kind)
        return artefact.arrays(name) if artefact and artefact.path(name).is_file() else {}

    def to_dict(self) -> Json:
        """The documented form of `show --json`; what was not computed is null with a reason."""
        model = self.result(MODEL)
        found = {kind.name: (kind, self.artefact(kind.name)) for kind in kinds(self.study.task)}
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
        for name in self.foreign_kinds():
            shown[name] = self.result(name)
        return {
            **shown,
            "seconds": model.get("seconds"),
            "gradients": model.get("gradients"),
            "peak_memory_mb": model.get("peak_memory_mb"),
            "stage_seconds": {
                MODEL: model.get("seconds"),
                **{name: (results.get(name) or {}).get("seconds") for name in found},
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

    def probe(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The probe set's arrays (ids, pictures, labels, forget) and what is said of the data.

        Raises:
            StoreError: when no model was made yet.
        """
        artefact = self.store.latest(self.place, "probe")
        if artefact is None:
            raise StoreError(f"study '{self.place}' has no probe set yet: run it first")
        return artefact.arrays("probe.npz"), artefact.json()

    def numbers(self, model: ModelResult) -> dict[str, Any]:
        """The documented form of one model, with the verdict on it beside both references."""
        return {
            **self._plain(model),
            "verdict": self.verdict(model),
            "consensus": self.consensus(model),
        }

    def to_dict(self) -> dict[str, Any]:
        """The documented form of `show --json`."""
        return {
            "study": {"place": self.place, **self.study.to_dict()},
            "models": [self.numbers(model) for model in self.models],
        }

    @cached_property
    def _read(self) -> dict[str, dict[str, Any]]:
        return {}

    def _plain(self, model: ModelResult) -> dict[str, Any]:
        """A model's numbers, read once however many verdicts rest on them."""
        if model.key not in self._read:
            self._read[model.key] = model.to_dict()
        return self._read[model.key]

    def verdict(self, model: ModelResult) -> dict[str, Any]:
        """What the evidence adds up to, against the original and the retrained of its seed."""
        if model.key not in self._verdicts:
            self._verdicts[model.key] = self._judged(model)
        return self._verdicts[model.key]

    def consensus(self, model: ModelResult) -> dict[str, Any]:
        """The verdicts on one method and setting over all seeds; see `measures.verdict`."""
        same = [each for each in self.models if each.method == model.method]
        found = consensus([self.verdict(each) for each in same])
        return {**found, "seeds": [each.seed for each in same]}

    @cached_property
    def _verdicts(self) -> dict[str, dict[str, Any]]:
        return {}

    def _judged(self, model: ModelResult) -> dict[str, Any]:
        same = {m.method.info.name: m for m in self.models if m.seed == model.seed}
        judged = [model, same.get("original"), same.get("retrain")]
        numbers = [None if m is None else self._plain(m) for m in judged]
        probe = self.store.latest(self.place, "probe")
        about = probe.json() if probe else {}
        # with whole classes gone accuracy says it all, and membership would only add noise
        samples = not about.get("forget_classes")
        membership = _membership(numbers) if samples else None
        return judge(*numbers, sizes=about.get("sizes"), membership=membership)


def _membership(
    numbers: list[dict[str, Any] | None],
) -> tuple[float, ...] | None:
    """Membership AUC of a model, the original and the retrained, all by one attack.

    Likelihood ratios where all three have them: they compare models on the same forget samples,
    the loss threshold compares forget samples with others. None where neither is complete.
    """
    attacks = (_ratio_auc, _loss_auc)
    found = (tuple(attack(each or {}) for each in numbers) for attack in attacks)
    return next((known for known in found if None not in known), None)


def _ratio_auc(numbers: dict[str, Any]) -> float | None:
    return numbers.get("reference", {}).get("auc")


def _loss_auc(numbers: dict[str, Any]) -> float | None:
    thresholds = numbers.get("membership", {}).get("thresholds") or {}
    return (thresholds.get("loss") or {}).get("auc")


def _order(model: ModelResult) -> tuple:
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


def _study_of(store: Store, place: str, spec: dict[str, Any]) -> Study:
    """The study; settings of the evidence that this version does not know do not close it.

    A user's own kind of artefact may not be loaded here: its settings are left out, and named.
    """
    try:
        return Study.from_dict(spec)
    except ConfigError as error:
        known = set(Evidence().to_dict())
        optional = {kind.name for kind in kinds() if kind.optional}
        evidence = {k: v for k, v in spec.get("evidence", {}).items() if k in known}
        evidence["instruments"] = [n for n in evidence.get("instruments", ()) if n in optional]
        try:
            study = Study.from_dict({**spec, "evidence": evidence})
        except ConfigError:
            study = Study.from_dict({name: spec[name] for name in spec if name != "evidence"})
        store.warn(f"study '{place}': {error}; these evidence settings are left out")
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
