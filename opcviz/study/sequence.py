"""What requests in a row did to every method, read over the studies of all steps.

Of a method at step t, with F_s what request s asked to forget and θ_0 the original:

* *erosion*: retained test accuracy of θ_0 less that of θ_T, both on the test data that no request
  named, which is the same for both;
* *reversal*: max over s < t of acc_t(F_s) − acc_s(F_s), on train pictures: the worst return of an
  earlier request, against its own accuracy just after it was forgotten;
* *price*: what FM recovers of all forgotten data after the last request, less what it recovers
  where the same data were forgotten at once. Beside it stands the same of the worst attacker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..common.records import Record, Undefined, defined
from ..methods import MethodSettings
from ..results import Attempts, EvidenceResult, RequestsResult
from .model_result import ModelResult
from .opening import list_studies, open_study
from .results import StudyResult
from .store import Store

__all__ = ["SequenceLine", "SequenceResult", "StepFigures", "Worst", "sequence_of", "sequences"]


@dataclass(frozen=True)
class Worst(Record):
    """The attacker who got back most, and what the same one gets from the retrained model.

    Attributes:
        attacker: in words.
        recovered: percent of the forgotten pictures, none of them given to him.
        retrained: the same of the retrained model of the seed.
    """

    attacker: str
    recovered: float
    retrained: float | Undefined


@dataclass(frozen=True)
class StepFigures(Record, reasons="table"):
    """One model after one request.

    Attributes:
        requests: accuracy on each request so far, of its train pictures, in percent.
        requests_test: the same of test pictures.
        retained: test accuracy on what no request named so far, in percent.
        lost: that of the original on the same data, less this.
        recovered: what FM gets back of all forgotten so far, on pictures it was not fitted on.
        worst: the attacker of the study who gets back most.
        gap: mean distance, in points, of the accuracies on forgotten and on retained train and test
            data from the retrained model's.
        gradients, seconds: of this request alone.
    """

    requests: tuple[float | Undefined, ...]
    requests_test: tuple[float | Undefined, ...]
    retained: float | Undefined
    lost: float | Undefined
    recovered: float | Undefined
    worst: Worst | Undefined
    gap: float | Undefined
    gradients: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class SequenceLine:
    """One method of one seed over all steps.

    Attributes:
        method: with its settings.
        seed: of the models.
        models: its model at each step; None where there is none.
        steps: its figures at each step, or why there are none.
        once: the figures where the same data were forgotten at once.
    """

    method: MethodSettings
    seed: int
    models: tuple[ModelResult | None, ...]
    steps: tuple[StepFigures | Undefined, ...]
    once: StepFigures | Undefined

    @property
    def erosion(self) -> float | Undefined:
        """Points of retained test accuracy lost after the last request; see the top of the file."""
        last = self.steps[-1]
        return last if isinstance(last, Undefined) else last.lost

    @property
    def reversal(self) -> float | Undefined:
        """The worst return of an earlier request, in points; see the top of the file."""
        steps = self.steps
        if missing := next((step for step in steps if isinstance(step, Undefined)), None):
            return missing
        if len(steps) < 2:
            return Undefined("there is no request after the first")
        found = []
        for t, now in enumerate(steps):
            for s in range(t):
                before = steps[s]
                if not (isinstance(now, StepFigures) and isinstance(before, StepFigures)):
                    continue
                later, then = now.requests[s], before.requests[s]
                if not (defined(later) and defined(then)):
                    return Undefined("an accuracy on a request is missing")
                found.append(later - then)
        return max(found)

    @property
    def price(self) -> float | Undefined:
        """Points that FM recovers more than where the data were forgotten at once."""
        last = self.steps[-1]
        if isinstance(last, Undefined):
            return last
        if isinstance(self.once, Undefined):
            return self.once
        if not defined(last.recovered):
            return last.recovered
        if not defined(self.once.recovered):
            return self.once.recovered
        return last.recovered - self.once.recovered


@dataclass(frozen=True)
class SequenceResult:
    """The studies of requests in a row.

    Attributes:
        steps: a study for each request, in their order; None where it was not begun.
        requests: what each asked, in one line.
        once: the study of the same data at once; None where it was not begun.
    """

    steps: tuple[StudyResult | None, ...]
    requests: tuple[str, ...]
    once: StudyResult | None

    @property
    def last(self) -> StudyResult:
        """The study of the last request, which names all."""
        found = self.steps[-1]
        if found is None:
            raise ValueError("the study of the last request is what a sequence is known by")
        return found

    @property
    def places(self) -> tuple[str, ...]:
        """Of all its studies that there are."""
        return tuple(study.place for study in (*self.steps, self.once) if study is not None)

    @cached_property
    def lines(self) -> tuple[SequenceLine, ...]:
        """Every method and seed that has a model at the last step, references first."""
        return tuple(self._line(model) for model in self.last.models)

    def _line(self, last: ModelResult) -> SequenceLine:
        models, figures = [], []
        for number, study in enumerate(self.steps):
            model, found = _figures(study, last.key, number + 1)
            models.append(model)
            figures.append(found)
        _, once = _figures(self.once, last.key, 1)
        return SequenceLine(last.method, last.seed, tuple(models), tuple(figures), once)


def sequences(store: Store, known: Mapping[str, StudyResult] | None = None) -> list[SequenceResult]:
    """All sequences of requests in a store, each known by the study of its last request.

    Args:
        store: where they lie.
        known: its studies by place, where somebody has opened them already.
    """
    opened = dict(known or {p: open_study(store, p) for p in list_studies(store)})
    rows = [
        (study, [step.place for step in study.study.steps])
        for study in opened.values()
        if study.study.task == "classification" and study.study.forget.kind == "sequence"
    ]
    found = []
    for study, places in rows:
        if any(study.place in others[:-1] for _, others in rows):
            continue  # a step of a longer one
        found.append(
            SequenceResult(
                tuple(opened.get(place) for place in places),
                study.study.forget.requests,
                opened.get(study.study.at_once.place),
            )
        )
    return found


def sequence_of(study: StudyResult) -> SequenceResult | None:
    """The sequence that a study is a step of, or the same data at once; None where there is none.

    Of several that begin alike, the longest.
    """
    fitting = [each for each in sequences(study.store) if study.place in each.places]
    return max(fitting, key=lambda each: len(each.steps), default=None)


def _figures(
    study: StudyResult | None, key: str, number: int
) -> tuple[ModelResult | None, StepFigures | Undefined]:
    """A model and its figures, by its name inside the study."""
    if study is None:
        return None, Undefined("the study of this step was not begun")
    model = study.model(key)
    if model is None:
        return None, Undefined("the method was not run at this step")
    if not model.has_model:
        return model, Undefined(model.training.reason or "there is no model")
    evidence = model.results.get(EvidenceResult)
    if isinstance(evidence, Undefined):
        return model, evidence
    accuracy, seed = evidence.accuracy, model.seed
    original, retrained = (_reference(study, name, seed) for name in ("original", "retrain"))
    train, test = _requests(model, evidence, number)
    before = original.accuracy.retain_test if original else Undefined("there is no original")
    after = accuracy.retain_test
    fm = evidence.recovery.attack("fm").get("all")
    unseen = fm.unseen if fm else None
    return model, StepFigures(
        requests=train,
        requests_test=test,
        retained=after,
        lost=before - after if defined(before) and defined(after) else _first(before, after),
        recovered=unseen.forget_accuracy if defined(unseen) else Undefined("FM was not scored"),
        worst=_worst(study, model),
        gap=_gap(evidence, retrained),
        gradients=model.training.gradients,
        seconds=model.training.seconds,
    )


def _first(*values: float | Undefined) -> Undefined:
    return next(value for value in values if isinstance(value, Undefined))


def _reference(study: StudyResult, name: str, seed: int) -> EvidenceResult | None:
    found = (m for m in study.models if m.method.info.name == name and m.seed == seed)
    model = next(found, None)
    result = model.results.get(EvidenceResult) if model else None
    return result if isinstance(result, EvidenceResult) else None


def _requests(
    model: ModelResult, evidence: EvidenceResult, number: int
) -> tuple[tuple[float | Undefined, ...], tuple[float | Undefined, ...]]:
    """Accuracy on every request so far; of one request alone it is that on the forget data."""
    found = model.results.get(RequestsResult)
    if isinstance(found, RequestsResult):
        return (
            tuple(each.train for each in found.requests),
            tuple(each.test for each in found.requests),
        )
    if number == 1:
        return (evidence.accuracy.forget_train,), (evidence.accuracy.forget_test,)
    return (found,) * number, (found,) * number


def _gap(evidence: EvidenceResult, retrained: EvidenceResult | None) -> float | Undefined:
    if retrained is None:
        return Undefined("there is no retrained model of this seed")
    mine, theirs = evidence.accuracy, retrained.accuracy
    pairs = [
        (mine.forget_train, theirs.forget_train),
        (mine.retain_train, theirs.retain_train),
        (mine.forget_test, theirs.forget_test),
        (mine.retain_test, theirs.retain_test),
    ]
    apart = [abs(a - b) for a, b in pairs if defined(a) and defined(b)]
    return sum(apart) / len(apart) if apart else Undefined("no accuracy is known")


def _attempts(model: ModelResult) -> dict[tuple[str, str, str, str, int], tuple[float, str]]:
    found = {}
    for record in model.results.answers.values():
        if isinstance(record, Attempts):
            for attempt in record.attempts():
                found[attempt.key] = (attempt.recovered, attempt.words)
    return found


def _worst(study: StudyResult, model: ModelResult) -> Worst | Undefined:
    mine = _attempts(model)
    if not mine:
        return Undefined("no attack was made")
    key = max(mine, key=lambda each: mine[each][0])
    retrained = next(
        (m for m in study.models if m.method.info.name == "retrain" and m.seed == model.seed), None
    )
    theirs = _attempts(retrained).get(key) if retrained else None
    beside = theirs[0] if theirs else Undefined("the retrained model was not attacked so")
    return Worst(mine[key][1], mine[key][0], beside)
