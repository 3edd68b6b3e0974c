"""Recovery scored on forgotten samples that the map was fitted without."""

from __future__ import annotations

import torch
from torch import Tensor

from ...common.parts import Side
from ...common.records import Undefined
from ...common.statistics import rate_interval
from ...results import FIT_SETS, ConfidenceInterval, UnseenScore
from .problem import RecoveryProblem
from .scoring import hits_by_class, one_answer, predict, scores_of

__all__ = ["unseen_scores"]

FOLDS = 5


def unseen_scores(
    problem: RecoveryProblem, fits: dict[str, tuple[Tensor, Tensor]], seed: int = 0
) -> dict[tuple[str, str], UnseenScore | Undefined]:
    """Every attack and fit set at the default ridge.

    The forget part of the test set is scored where there is one and the fit set holds none of it;
    else the forget part of the train set, in `FOLDS` parts that a map is fitted without where the
    fit set holds it.

    Args:
        problem: the models and the settings.
        fits: weights (attacks, 1 + ridges, d, C) and biases by fit set, in full.
        seed: of the parts.
    """
    split = problem.split
    found: dict[tuple[str, str], UnseenScore | Undefined] = {}
    for name, (weight, bias) in fits.items():
        parts = FIT_SETS[name].parts
        if len(split.forget_test) and "forget_test" not in parts:
            answers = _answers(problem, "test", split.forget_test, weight, bias)
            labels = problem.unlearned.test.labels.cpu()[split.forget_test.cpu()]
            scored_on, held = "forget_test", problem.forgotten
        elif "forget_train" not in parts:
            answers = _answers(problem, "train", split.forget_train, weight, bias)
            labels, scored_on = problem.forgotten, "forget_train"
            held = problem.unlearned.test.labels.cpu()[split.forget_test.cpu()]
        elif len(split.forget_train) < FOLDS:
            few = f"{len(split.forget_train)} forgotten samples are too few for {FOLDS} parts"
            found |= {(attack, name): Undefined(few) for attack in problem.attacks}
            continue
        else:
            answers, labels, held = _cross_fitted(problem, name, seed)
            scored_on = "cross-fitted"
        gives = any(part.startswith("forget") for part in parts)
        constant = 100 * labels.bincount().max().item() / len(labels)
        scores = scores_of(hits_by_class(answers, labels), labels)
        for at, (attack, score) in enumerate(zip(problem.attacks, scores, strict=True)):
            found[attack, name] = UnseenScore(
                forget_accuracy=score.accuracy,
                balanced_accuracy=score.balanced,
                interval=ConfidenceInterval(*rate_interval(score.hits, len(labels)), "wilson"),
                scored=len(labels),
                constant_predictor=constant,
                scored_on=scored_on,
                given=_scarcest(held, labels) if gives and len(held) else 0,
                one_answer=one_answer(answers[:, at]),
            )
    return found


def _answers(
    problem: RecoveryProblem, side: Side, rows: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    """(n, attacks) answers of the maps at the default ridge."""
    first = weight[:, 0].permute(1, 0, 2), bias[:, 0]
    return predict(problem.unlearned.side(side).features, rows, *first, problem.progress)


def _scarcest(held: Tensor, labels: Tensor) -> int:
    """Samples held of that class, among those asked, of which fewest are."""
    classes = int(max(held.max(), labels.max())) + 1
    return int(held.bincount(minlength=classes)[labels.unique()].min())


def _cross_fitted(problem: RecoveryProblem, name: str, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """The forget part of the train set, answered by maps that were not given what they answer.

    Returns:
        Answers (n, attacks) and labels (n,), and the labels of what the first map was given.
    """
    forget = problem.split.forget_train.cpu()
    generator = torch.Generator().manual_seed(seed)
    order = forget[torch.randperm(len(forget), generator=generator)]
    parts = order.tensor_split(FOLDS)
    rest = problem.accumulator()
    if "retain_train" in FIT_SETS[name].parts:
        rest = problem.moments("train", problem.split.retain_train)
    known = [problem.moments("train", part) for part in parts]
    answers = []
    for left_out, part in enumerate(parts):
        others = rest
        for i, each in enumerate(known):
            others = others if i == left_out else others + each
        weight, bias, _ = problem.solve(others)
        answers.append(_answers(problem, "train", part, weight, bias))
    labels = problem.unlearned.train.labels.cpu()[order]
    return torch.cat(answers), labels, labels[len(parts[0]) :]
