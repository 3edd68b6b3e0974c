"""Few-shot recovery: who holds a few pictures of a forgotten class, how many more does he name?

The attacker holds what every block of the model computes, the labelled retained pictures, and n
labelled pictures of each forgotten class; no weight is changed. He answers unseen pictures of the
forgotten classes with any class there is, by the nearest class mean (see `maps`). A model that
never saw a class still tells its pictures somewhat apart; one that has only been taught to answer
otherwise keeps them together, and one picture is enough to give the heap its name.

Where the forgotten samples are no whole classes there is no such attack: what the retained data
hold as well needs no few pictures to be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from ...common.progress import Progress
from ...common.records import Undefined, guard
from ...data import Split
from ...results import Attempt, FewShotResult, FewShotRung
from ..recovery.scoring import one_answer
from ..strongest.views import View
from .maps import Whitened
from .settings import FewShot

__all__ = ["few_shot"]

ATTACKERS = {"nearest": "few_shot", "cosine": "few_shot_cosine"}
"""What an `Attempt` calls who goes by a rule."""
HELD = 2**24  # scores of pictures by draws and classes that are held at once
CHUNK = 256  # means formed at once


@dataclass(frozen=True, eq=False)
class _Exam:
    """What every view is asked.

    Attributes:
        retained: (n,) ids of train pictures, and (n,) their labels.
        drawn: ids (draws, F, shots) of the train pictures given, by shots.
        unseen: (m,) ids of forgotten test pictures.
        truth: (m,) places of their labels: R and on, since R retained classes come first.
        others: (o,) ids of retained test pictures, and (o,) places of their labels; -1 for a class
            without a retained train picture.
        constant: percent that the best constant answer scores.
    """

    retained: tuple[Tensor, Tensor]
    drawn: dict[int, Tensor]
    unseen: Tensor
    truth: Tensor
    others: tuple[Tensor, Tensor]
    constant: float


@torch.no_grad()
def few_shot(
    views: Iterable[View],
    labels: tuple[Tensor, Tensor],
    split: Split,
    config: FewShot | None = None,
    progress: Progress | None = None,
) -> FewShotResult:
    """Attack a model at every view, by every rule, from every number of pictures.

    Args:
        views: of the model, from input to output.
        labels: (N,) int64 of the train and of the test pictures.
        split: which of them are forgotten.
        config: pictures given, rules, draws.
        progress: asked between views whether to stop.

    Raises:
        Cancelled: from `progress`.
    """
    config, progress = config or FewShot(), progress or Progress()
    split, (train, test) = split.to("cpu"), (each.cpu() for each in labels)
    exam = _exam((train, test), split, config)
    if isinstance(exam, Undefined):
        return FewShotResult(exam, config.draws, ())
    rungs: list[FewShotRung] = []
    for view in views:
        if not (view.train.isfinite().all() and view.test.isfinite().all()):
            why = Undefined(f"the model's {view.place} are not finite: it diverged")
            return FewShotResult(why, config.draws, ())
        rungs += _rungs(view, exam, config)
        progress.check()
    left_out = tuple(each for each in sorted(set(config.shots)) if each not in exam.drawn)
    return FewShotResult(tuple(rungs), config.draws, left_out)


def _exam(labels: tuple[Tensor, Tensor], split: Split, config: FewShot) -> _Exam | Undefined:
    train, test = labels
    retain, gone = split.retain_train, split.forget_train
    known, forgotten = train[retain].unique(), train[gone].unique()
    both = forgotten[torch.isin(forgotten, known)]
    sizes = [int((train[gone] == each).sum()) for each in forgotten]
    fitting = [each for each in sorted(set(config.shots)) if each <= min(sizes, default=0)]
    none = guard(
        (not len(gone), "the forget set is empty"),
        (not len(retain), "nothing is retained"),
        (
            bool(len(both)) or not len(split.forget_test),
            "a few pictures of a forgotten class are given to an attacker to whom it is unknown; "
            f"here the retained pictures show {len(both)} of the {len(forgotten)} classes with "
            "forgotten pictures: it is samples that were forgotten and not whole classes",
        ),
        (
            not fitting,
            f"the scarcest forgotten class has {min(sizes, default=0)} train pictures, fewer than "
            f"the {min(config.shots)} that would be given: lower few_shot.shots",
        ),
    )
    if none:
        return none
    order = torch.cat([known, forgotten])
    place = torch.full((int(max(order.max(), test.max())) + 1,), -1)
    place[order] = torch.arange(len(order))
    truth = place[test[split.forget_test]]
    return _Exam(
        (retain, train[retain]),
        {shots: _drawn(train, gone, forgotten, shots, config) for shots in fitting},
        split.forget_test,
        truth,
        (split.retain_test, place[test[split.retain_test]]),
        100 * truth.bincount().max().item() / len(truth),
    )


def _drawn(train: Tensor, gone: Tensor, forgotten: Tensor, shots: int, config: FewShot) -> Tensor:
    """(draws, F, shots) ids, without repetition in a draw; the same for every model and view."""
    generator = torch.Generator().manual_seed(config.seed + shots)
    pools = [gone[train[gone] == each] for each in forgotten]
    chosen = [
        torch.stack(
            [pool[torch.randperm(len(pool), generator=generator)[:shots]] for pool in pools]
        )
        for _ in range(config.draws)
    ]
    return torch.stack(chosen)


def _rungs(view: View, exam: _Exam, config: FewShot) -> Iterator[FewShotRung]:
    """Every number of pictures and every rule at one place."""
    space = Whitened.by(view.train[exam.retained[0]], exam.retained[1])
    rows, truth = exam.others
    if space is None:  # nothing varies: every picture gets the first class
        told = torch.zeros(config.draws, len(exam.unseen), dtype=torch.int64)
        kept = _right(told.new_zeros(config.draws, len(rows)), truth)
        for shots, rule in product(exam.drawn, config.maps):
            yield _rung(view, exam, rule, shots, told, kept, "nothing varies there")
        return
    seen = space(torch.cat([view.test[exam.unseen], view.test[rows]]))
    for shots, drawn in exam.drawn.items():
        given = _given(view, space, drawn)
        for rule in config.maps:
            answers = _answers(space, rule, seen, given, shots)
            told, others = answers[:, : len(exam.unseen)], answers[:, len(exam.unseen) :]
            shrunk = f"shrinkage {space.shrinkage:.2g}"
            yield _rung(view, exam, rule, shots, told, _right(others, truth), shrunk)


def _given(view: View, space: Whitened, drawn: Tensor) -> Tensor:
    """(draws, F, k) whitened means of the pictures given."""
    means = [view.train[some].double().mean(1) for some in drawn.flatten(0, 1).split(CHUNK)]
    return space(torch.cat(means)).view(*drawn.shape[:2], -1)


def _answers(space: Whitened, rule: str, seen: Tensor, given: Tensor, shots: int) -> Tensor:
    """(draws, m) answers, a few draws at a time."""
    some = max(1, HELD // (len(seen) * given.shape[1]))
    return torch.cat([space.answers(rule, seen, each, shots) for each in given.split(some)])


def _right(answers: Tensor, truth: Tensor) -> list[float]:
    """Percent of each draw's answers, (draws, m), that are the (m,) truth; none of no picture."""
    shares: list[float] = (100 * (answers == truth).double().mean(1)).tolist()
    return shares if len(truth) else []


def _rung(
    view: View,
    exam: _Exam,
    rule: str,
    shots: int,
    told: Tensor,
    kept: list[float],
    shrunk: str,
) -> FewShotRung:
    shares = torch.tensor(_right(told, exam.truth), dtype=torch.float64)
    alike = sum(one_answer(each) for each in told) > len(told) / 2
    attempt = Attempt(
        attacker=ATTACKERS[rule],
        place=view.place,
        view=view.view,
        holds="shots",
        given=shots,
        recovered=shares.mean().item(),
        # draws share their pictures: many of them are no more pictures than there are
        scored=len(exam.unseen),
        constant=exam.constant,
        settings=f"mean of {len(told)} draws, {shrunk}",
        one_answer=alike,
    )
    none = guard((not kept, "no retained picture is unseen"))
    return FewShotRung(
        attempt=attempt,
        deviation=shares.std(correction=0).item(),
        least=shares.min().item(),
        most=shares.max().item(),
        retain_accuracy=none or sum(kept) / len(kept),
        width=view.width,
    )
