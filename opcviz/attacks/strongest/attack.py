"""Worst-case recovery: who gets most of the forgotten data back, and from where?

Two attackers, at every view of the model and with every map:

* `all` holds labelled training pictures of every class, the forgotten among them, and learns their
  labels from what the model computes. He asks what the representation *can* still tell. Budget:
  the train set and one fit a map, no weight of the model is changed.
* `retain` never held a forgotten picture. He maps what the model computes on retained pictures to
  the original's features, and lets the original's head answer. Budget: the retained train set, the
  original model and one fit a map.

Both answer pictures that they were not given: the forget part of the test set, or where none of the
test data belong to the forgotten, parts of the forget set that the map was fitted without. Every
figure stands beside that from the pixels alone, which needs no model: the first rung.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...common.statistics import wilson
from ...common.threads import side_by_side
from ...data import Images, Split
from ...models import BlockNet
from ...results import PIXELS, Attempt, Rung, StrongestResult
from ...tasks.classification import ModelOutputs
from ..recovery.scoring import hits_by_class, one_answer, scores_of
from .maps import QUIET, Lesson, fit_map
from .settings import Strongest
from .views import View, observe_together

__all__ = ["Knowledge", "climb", "strongest"]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What the attackers know beside the views of the model.

    Attributes:
        original: what the original model computes on the train and test data, with their labels;
            without a head any model's, since the labels are read alone.
        head: weight (C, d_o) and bias (C,) of the original head; None where there is no original,
            and then no attacker who holds retained data alone.
        split: which samples are forgotten; ids on the CPU.
    """

    original: ModelOutputs
    head: tuple[Tensor, Tensor] | None
    split: Split

    @property
    def classes(self) -> int:
        """C."""
        return (self.original.train.logits if self.head is None else self.head[0].T).shape[1]


@dataclass(frozen=True, eq=False)
class _Exam:
    """One fit: (n,) ids of train samples, and ids of the forgotten ones that it has not seen."""

    fit: Tensor
    unseen: Tensor


@torch.no_grad()
def strongest(
    model: BlockNet,
    data: Images,
    split: Split,
    original: ModelOutputs,
    head: tuple[Tensor, Tensor] | None,
    config: Strongest | None = None,
    *,
    progress: Progress | None = None,
) -> StrongestResult:
    """Attack a model at every view by every declared map, from either threat model.

    Args:
        model: the model under attack.
        data: the data set.
        split: which of it is forgotten.
        original, head: see `Knowledge`.
        config: maps and budget.
        progress: asked between fits whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    config = config or Strongest()
    known = Knowledge(
        ModelOutputs(original.train.cpu(), original.test.cpu()), head, split.to("cpu")
    )
    seen = observe_together(model, data, [config.sight], progress=progress)
    return climb(seen.views[config.sight], known, config, progress)


@torch.no_grad()
def climb(
    views: Iterable[View],
    known: Knowledge,
    config: Strongest | None = None,
    progress: Progress | None = None,
    floor: Sequence[Rung] = (),
) -> StrongestResult:
    """The same from views in hand; the one called `logits` says what the model itself answers.

    Args:
        views: of the model.
        known: what the attackers know.
        config: maps and budget.
        progress: asked between fits whether to stop.
        floor: the rungs of the pixels, where those with the same knowledge found them already.
    """
    config, progress = config or Strongest(), progress or Progress()
    exams = _exams(known.split, known.original.train.labels, config)
    labels = _scored_labels(known, exams["retain"])
    scored_on = "forget_test" if len(known.split.forget_test) else "cross-fitted"
    none = guard(
        (not len(labels), "the forget set is empty"),
        (not len(known.split.retain_train), "nothing is retained"),
    )
    if none:
        return StrongestResult(none, none, scored_on, none)
    constant = 100 * labels.bincount().max().item() / len(labels)
    if known.head is None:
        exams.pop("retain")  # nobody else's answers to map to
    shown = list(views)
    for view in shown:
        if not (view.train.isfinite().all() and view.test.isfinite().all()):
            why = Undefined(f"the model's {view.place} are not finite: it diverged")
            return StrongestResult(why, why, scored_on, constant)
    answers: Attempt | Undefined = Undefined("the logits are not among the views")
    for view in shown:
        if view.place == "logits":
            answers = _as_it_is(view, known, constant)

    def rung(asked: tuple[View, str, str]) -> Rung:
        view, holds, name = asked
        found = _rung(view, holds, name, exams[holds], known, config, constant)
        progress.check()
        return found

    climbed = [view for view in shown if not (view.place == PIXELS and floor)]
    fits = [(view, holds, name) for view in climbed for holds in exams for name in config.chosen]
    rungs = side_by_side(rung, fits, QUIET)
    before = [] if len(climbed) == len(shown) else list(floor)  # the pixels are the first view
    return StrongestResult(answers, (*before, *rungs), scored_on, constant)


def _exams(split: Split, labels: Tensor, config: Strongest) -> dict[str, list[_Exam]]:
    """What either attacker is given and what he is asked."""
    retain, forget = split.retain_train, split.forget_train
    if len(split.forget_test):
        everything = torch.cat([retain, forget]).sort().values
        return {
            "all": [_Exam(everything, split.forget_test)],
            "retain": [_Exam(retain, split.forget_test)],
        }
    folds = min(config.folds, len(forget))
    generator = torch.Generator().manual_seed(config.seed)
    mixed = forget[torch.randperm(len(forget), generator=generator)]
    mixed = mixed[labels[mixed].argsort(stable=True)]  # each class is spread over all parts
    parts = [mixed[start::folds].sort().values for start in range(folds)]
    crossed = [
        _Exam(torch.cat([retain, *(p for p in parts if p is not part)]).sort().values, part)
        for part in parts
    ]
    return {"all": crossed, "retain": [_Exam(retain, forget)]}


def _unseen(view: View, known: Knowledge, exam: _Exam) -> tuple[Tensor, Tensor]:
    """Features and labels of the forgotten samples that are asked."""
    test = bool(len(known.split.forget_test))
    seen = known.original.test if test else known.original.train
    return (view.test if test else view.train)[exam.unseen], seen.labels[exam.unseen]


def _scored_labels(known: Knowledge, exams: list[_Exam]) -> Tensor:
    side = known.original.test if len(known.split.forget_test) else known.original.train
    return torch.cat([side.labels[exam.unseen] for exam in exams])


def _rung(
    view: View,
    holds: str,
    name: str,
    exams: list[_Exam],
    known: Knowledge,
    config: Strongest,
    constant: float,
) -> Rung:
    answers, labels, kept = [], [], []
    retain = known.split.retain_test
    for exam in exams:
        fitted = fit_map(name, view.train[exam.fit], _lesson(holds, exam.fit, known), config)
        asked, truth = _unseen(view, known, exam)
        answers.append(fitted(asked).argmax(1))
        labels.append(truth)
        if len(retain):
            right = fitted(view.test[retain]).argmax(1) == known.original.test.labels[retain]
            kept.append(100 * right.double().mean().item())
    truth = torch.cat(labels)
    (score,) = scores_of(hits_by_class(torch.cat(answers)[:, None], truth), truth)
    low, high = wilson(score.accuracy, len(truth))
    attempt = Attempt(
        attacker=name,
        place=view.place,
        view=view.view,
        holds=holds,
        given=_given(exams, known) if holds == "all" else 0,
        recovered=score.accuracy,
        scored=len(truth),
        constant=constant,
        settings=_budget(name, view, config),
        one_answer=one_answer(torch.cat(answers)),
    )
    none = guard((not kept, "no retained picture is unseen"))
    return Rung(
        attempt=attempt,
        balanced_accuracy=score.balanced,
        recall=score.recall,
        retain_accuracy=none or sum(kept) / len(kept),
        low=low,
        high=high,
        width=view.width,
        fitted=len(exams[0].fit),
    )


def _lesson(holds: str, rows: Tensor, known: Knowledge) -> Lesson:
    train = known.original.train
    if holds == "all" or known.head is None:
        return Lesson.of_labels(train.labels[rows], known.classes)
    return Lesson.of_original(train.features[rows], known.head)


def _given(exams: list[_Exam], known: Knowledge) -> int:
    """Forgotten pictures of the scarcest forgotten class that a fit was given."""
    labels, gone = known.original.train.labels, known.split.forget_train
    present = labels[gone].unique()
    fitted = (exam.fit[torch.isin(exam.fit, gone)] for exam in exams)
    counts = (labels[rows].bincount(minlength=known.classes)[present] for rows in fitted)
    return min(int(count.min()) for count in counts)


def _as_it_is(view: View, known: Knowledge, constant: float) -> Attempt:
    """The model's own answers on the same pictures."""
    rows = known.split.forget_test
    side, seen = (
        (view.test, known.original.test) if len(rows) else (view.train, known.original.train)
    )
    rows = rows if len(rows) else known.split.forget_train
    told = side[rows].argmax(1)
    return Attempt(
        attacker="answers",
        place="logits",
        view="whole",
        holds="nothing",
        given=0,
        recovered=100 * (told == seen.labels[rows]).double().mean().item(),
        scored=len(rows),
        constant=constant,
        one_answer=one_answer(told),
    )


def _budget(name: str, view: View, config: Strongest) -> str:
    """The rest of an attacker's settings in words."""
    how = {
        "affine": f"relative ridge {config.ridge:g}",
        "rbf": f"relative ridge {config.kernel_ridge:g}",
        "mlp": f"{config.hidden} hidden units, {config.epochs} epochs, Adam, lr {config.lr:g}",
    }[name]
    narrowed = view.width > view.train.shape[1]
    return how + (f", {view.width} numbers projected to {view.train.shape[1]}" if narrowed else "")
