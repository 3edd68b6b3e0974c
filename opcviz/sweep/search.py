"""A fair comparison: equal trials and equal compute for every method, then several seeds.

Each method gets the same number of settings to try, and each trial the same cap on sample
gradients. Trials run on a validation split of the train set. A method's setting is the one whose
model lies closest to the retrained model by what the study's task says, see `Task.gap`: classifiers
are compared by their accuracies on validation data. No attack result takes part in the choice. The
chosen settings then answer the study itself, on all its training data and for every seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import get_type_hints

import numpy as np

from ..common.config import Config, setting, settings_of
from ..common.json_types import Json
from ..common.records import Record, Undefined
from ..data import Split
from ..methods import REFERENCES, Iterative, Method, create
from ..study.model_result import ModelResult
from ..study.results import StudyResult
from ..study.spec import Plan, Study, model_place
from ..study.store import Store
from ..tasks import get_task

__all__ = ["Sweep", "Trial", "candidates", "choose", "gradients_per_epoch", "score", "tuning_study"]


@dataclass(frozen=True)
class Sweep(Config):
    """How much every method may try."""

    trials: int = setting(8, "settings tried of each method, its default among them", low=1)
    budget: int = setting(40_000, "sample gradients that one trial may evaluate", low=1)
    seed: int = setting(0, "of the settings drawn and of the trials' training", low=0)


@dataclass(frozen=True)
class Trial(Record):
    """One setting of one method and how it did on validation data.

    Attributes:
        method: the setting.
        gap: to the retrained model, see `Task.gap`; None when there is no usable model.
        gradients: sample gradients it took.
        reason: why it does not count, or empty.
    """

    method: Method
    gap: float | None = None
    gradients: int | None = None
    reason: str = ""

    def _written(self) -> Json:
        return {
            "method": self.method.info.name,
            "settings": self.method.to_dict(),
            "gap": self.gap,
            "gradients": self.gradients,
            "reason": self.reason or None,
        }


def tuning_study(study: Study) -> Study:
    """The same question asked of a validation split: another study, with its own references.

    Its trials are not shown anywhere: the probe set is as small as possible.
    """
    return study.replace(
        name=f"{study.name}-validation",
        title=f"{study.title or study.name}, for choosing settings",
        data=study.data.replace(holdout="validation"),
        evidence=study.evidence.replace(probe=20, live=20),
    )


def gradients_per_epoch(method: Iterative, split: Split) -> int:
    """Sample gradients of one epoch, as `opcviz.training.Batches` makes them."""
    retain, forget = len(split.retain_train), len(split.forget_train)
    steps = math.ceil(retain / method.batch_size)
    return {
        "joint": retain + steps * min(method.batch_size, forget),
        "retain": retain,
        "forget": forget,
        "sequence": retain + forget,
        "all": retain + forget,
    }[method.parts]


def candidates(name: str, study: Study, split: Split, sweep: Sweep) -> list[Method]:
    """The settings to try of one method: its default for the data set first, the others drawn.

    Drawn are the learning rate (a decade either way), the epochs (an eighth of the budget to all of
    it, evenly in the logarithm) and the method's own numbers. Words and switches stay: they would
    make another method of it. A method without numbers of its own has one candidate.
    """
    default = create(name, dataset=study.tuned_for, scenario=study.forget.forgets)
    most = None
    if isinstance(default, Iterative):
        most = max(1, sweep.budget // gradients_per_epoch(default, split))
        default = default.replace(epochs=min(default.epochs, most))
    random = np.random.RandomState([sweep.seed, *name.encode()])
    found = [default]
    for _ in range(20 * sweep.trials):
        if len(found) == sweep.trials:
            break
        drawn = _draw(default, most, random)
        if drawn not in found:
            found.append(drawn)
    return found


def _draw(default: Method, most: int | None, random: np.random.RandomState) -> Method:
    about, hints = settings_of(type(default)), get_type_hints(type(default))
    common = {f.name for f in fields(Iterative)} if isinstance(default, Iterative) else set()
    changes: Json = {}
    for name, known in about.items():
        value = getattr(default, name)
        if name == "epochs" and most is not None:
            changes[name] = max(1, round(most * 8 ** -random.uniform()))
        elif name == "lr" or (name not in common and hints[name] in (int, float)):
            changes[name] = _jitter(value, hints[name], known.low, known.high, random)
    return default.replace(**changes)


def _jitter(
    value: float, kind: type, low: float | None, high: float | None, random: np.random.RandomState
) -> float | int:
    """Another value of the same kind: a share moves in its logit, a size by factors up to 10."""
    if kind is float and (low, high) == (0, 1) and 0 < value < 1:
        moved = 1 / (1 + math.exp(-(math.log(value / (1 - value)) + random.normal())))
    else:
        moved = value * 10 ** random.uniform(-1, 1)
    moved = min(max(moved, -math.inf if low is None else low), math.inf if high is None else high)
    return round(moved) if kind is int else float(f"{moved:.3g}")


def score(store: Store, study: Study, method: Method, sweep: Sweep) -> Trial:
    """How a trial did, read from the store of the tuning study."""
    model = ModelResult(store, model_place(study, method, sweep.seed), method, sweep.seed, study)
    retrained = create("retrain")
    place = model_place(study, retrained, sweep.seed)
    reference = ModelResult(store, place, retrained, sweep.seed, study)
    gradients = model.training.gradients
    if model.training.status != "finished":
        return Trial(method, None, gradients, model.training.reason or "it was not run")
    if gradients is not None and gradients > sweep.budget:
        over = f"took {gradients:,} sample gradients of {sweep.budget:,}"
        return Trial(method, None, gradients, over)
    task = get_task(study.task)
    gap = task.gap(
        *({kind: each.result(kind) for kind in task.scored} for each in (model, reference))
    )
    if isinstance(gap, Undefined):
        return Trial(method, None, gradients, gap.reason)
    return Trial(method, gap, gradients)


def choose(trials: Sequence[Trial]) -> Trial:
    """The usable trial with the least gap; of equals the cheapest, then the first."""
    usable = [trial for trial in trials if trial.gap is not None]
    if not usable:
        return trials[0]
    return min(usable, key=lambda trial: (trial.gap, trial.gradients or 0))


def final_plan(plan: Plan, chosen: Sequence[Trial]) -> Plan:
    """The study itself with both references and every chosen setting."""
    references = tuple(create(name) for name in REFERENCES)
    return Plan(plan.study, (*references, *(trial.method for trial in chosen)), plan.seeds)


def of_plan(result: StudyResult, plan: Plan) -> list[ModelResult]:
    """This plan's models of a study."""
    wanted = {
        model_place(plan.study, method, seed) for method in plan.methods for seed in plan.seeds
    }
    return [model for model in result.models if model.place in wanted]
