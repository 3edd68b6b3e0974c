"""Relearning by somebody who spares no effort: the best over rates, optimisers and fresh blocks.

Threat model: he holds the unlearned model (not the original), the retained data, and from none to
fifty labelled pictures of each forgotten class. Budget: some hundreds of optimiser steps for each
way of a grid.

Fine-tuning at one small rate cannot pass units that never fire, so a body that is dead behind some
block looks forgetful, though all that leads there is the original's. Therefore he may start the
last k blocks and the head anew: what the blocks before them still know is learnt by the fresh ones
within seconds. Nor does SGD get far where layers were rescaled against each other, which changes no
answer; so one optimiser of his takes steps in proportion to each weight, see `RelativeAdam`. Any
model learns *something* from the pictures given: the same attack on models that never saw the
forgotten data says how much.

He keeps the best training and the best moment in it, judged on the very pictures that are scored:
an upper bound of what such an attacker gets, the same for every model. A moment at which more than
a tenth of the retained pictures are given a forgotten class's name does not count: a constant
answer would get a single class back whole.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ...common.config import ConfigError
from ...common.parts import Part
from ...common.progress import Progress, Step
from ...common.records import Undefined
from ...data import Images, Split
from ...models import BlockNet
from ...results import RelearnedResult, RelearningAttack
from ...tasks import get_task
from ...tasks.classification import answers
from ...training import RelativeAdam, Training, train
from .attack import BatchesBetweenEvaluations
from .best_moment import Best, Kept, Top
from .settings import StrongestRelearning

__all__ = ["reinitialise", "relearn_strongest"]

WORDS = {"sgd": "SGD", "relative": "relative steps"}
"""Of the optimisers."""


def relearn_strongest(
    model: BlockNet,
    images: Images,
    split: Split,
    config: StrongestRelearning | None = None,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> RelearnedResult:
    """Train copies of a model on in every way of the grid, and keep the best of each.

    Args:
        model: the unlearned model; it is copied.
        images, split: the data set and its forget scenario, on the model's device.
        config: the grid.
        seed: of the pictures given and scored, of fresh weights and of the order; two models
            attacked with one seed get the same.
        progress: told each training, asked whether to stop.

    Raises:
        ValueError: when the forget set is empty, or nothing is retained.
        Cancelled: from `progress`.
    """
    config, progress = config or StrongestRelearning(), progress or Progress()
    for name in ("forget_train", "retain_train"):
        if not len(getattr(split, name)):
            raise ValueError(f"relearning: {name} is empty, so there is nothing to train or score")
    part: Part = "forget_test" if len(split.forget_test) else "forget_train"
    ways = list(_ways(config, len(model.block_names), images, split))
    kept = Kept.of(images, split, seed)
    per_way = len(config.grid) * config.draws
    attacks, scored, constant = [], 0, 0.0
    for number, (anew, shots) in enumerate(ways):
        found = []
        top = Top()
        for draw in range(config.draws):
            given = _given(images, split, shots, seed + draw)
            x, y = _scored(images, split, part, given, config.scored, seed)
            scored, constant = len(y), 100 * float(y.bincount().max()) / len(y)
            trials = []
            for at, (optimizer, lr) in enumerate(config.grid):
                progress(Step(number * per_way + draw * len(config.grid) + at, len(ways) * per_way))
                progress.check()
                start = reinitialise(model, anew, seed + draw)
                batches = BatchesBetweenEvaluations(
                    images, split.retain_train, given, config.batch_size, config.looks, seed + draw
                )
                spec = Training(
                    epochs=len(config.looks) - 1,
                    lr=lr,
                    batch_size=config.batch_size,
                    schedule="constant",
                )
                watch = Best(config.looks, x, y, kept, f"{WORDS[optimizer]}, lr {lr:g}", top)
                train(
                    start,
                    batches,
                    get_task("classification").loss,
                    spec,
                    seed=seed,
                    watch=watch,
                    optimizer=_relative(start, anew, lr) if optimizer == "relative" else None,
                )
                trials.append(watch)
            found.append(max(trials, key=lambda trial: trial.right))
        retained = _retained(model, top, images, split, config.retained, seed)
        attacks.append(_attack(anew, shots, found, retained))
    trainings = len(ways) * per_way
    return RelearnedResult(tuple(attacks), part, scored, constant, trainings)


def _relative(model: BlockNet, anew: int, lr: float) -> RelativeAdam:
    """Steps in proportion to what is kept; what starts anew says nothing by its size."""
    names = _started_anew(model, anew)
    fresh = {id(p) for name in names for p in model.net.get_submodule(name).parameters()}
    moving = [p for p in model.parameters() if p.requires_grad]
    return RelativeAdam(
        [p for p in moving if id(p) not in fresh], [p for p in moving if id(p) in fresh], lr
    )


def _ways(
    config: StrongestRelearning, blocks: int, images: Images, split: Split
) -> Iterator[tuple[int, int]]:
    """Blocks started anew and pictures given; the head knows no forgotten class without any.

    Forgotten samples that are all given leave none to score: such a way is not gone.
    """
    present = images.y_train[split.forget_train].bincount()
    for anew in sorted({min(k, blocks) for k in config.anew}):
        for shots in sorted(set(config.shots)):
            if shots == 0 and anew and split.classes:
                continue
            if split.classes or int((present - shots).clamp(min=0).sum()):
                yield anew, shots


def _given(images: Images, split: Split, shots: int, seed: int) -> Tensor:
    """Ids of the forgotten pictures that the attacker holds, so many of each class."""
    order = torch.randperm(len(split.forget_train), generator=torch.Generator().manual_seed(seed))
    shuffled = split.forget_train[order.to(split.forget_train.device)]
    labels = images.y_train[shuffled]
    given = [shuffled[labels == c][:shots] for c in labels.unique()]
    return torch.cat([shuffled[:0], *given])


def _scored(
    images: Images, split: Split, part: Part, given: Tensor, most: int, seed: int
) -> tuple[Tensor, Tensor]:
    """At most `most` forgotten pictures that were not given, and their labels."""
    rows = split.part(part)
    if part == "forget_train":
        rows = rows[~torch.isin(rows, given)]
    drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:most]
    rows = rows[drawn.to(rows.device)]
    if part == "forget_test":
        return images.x_test[rows], images.y_test[rows]
    return images.x_train[rows], images.y_train[rows]


def _started_anew(model: BlockNet, blocks: int) -> list[str]:
    """Names of the last blocks, and of the head; none for no block."""
    return [*model.block_names[-blocks:], model.head_name] if blocks else []


def reinitialise(model: BlockNet, blocks: int, seed: int) -> BlockNet:
    """A copy whose last blocks, and everything behind them, start from fresh weights.

    Args:
        model: it stays as it is.
        blocks: how many of the last blocks; 0 leaves all as it is, the head too.
        seed: of the fresh weights; torch's global generator is left as it was.

    Raises:
        ConfigError: when there are fewer blocks, or a layer does not know how to start anew.
    """
    model = copy.deepcopy(model).requires_grad_(True)
    if not blocks:
        return model
    if blocks > len(model.block_names):
        raise ConfigError(
            f"StrongestRelearning.anew: the last {blocks} blocks are to start anew, and the "
            f"network has {len(model.block_names)}: {', '.join(model.block_names)}"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name in _started_anew(model, blocks):
            for inner, module in model.net.get_submodule(name).named_modules():
                reset = getattr(module, "reset_parameters", None)
                if callable(reset):
                    reset()
                elif any(True for _ in module.parameters(recurse=False)):
                    where = f"{name}.{inner}".rstrip(".")
                    raise ConfigError(
                        f"relearning cannot start '{where}' anew: {type(module).__name__} has "
                        "weights and no reset_parameters(); give it one, or set anew = [0]"
                    )
    return model


def _retained(
    model: BlockNet, top: Top, images: Images, split: Split, most: int = 0, seed: int = 0
) -> float | Undefined:
    """Percent of the retained test data, or of `most` of them, that the best moment answers."""
    rows = split.retain_test
    if not len(rows):
        return Undefined("there are no such samples")
    if not top.weights:
        return Undefined("the model's answers are not finite")
    if most:
        drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:most]
        rows = rows[drawn.to(rows.device)]
    best = copy.deepcopy(model)
    best.load_state_dict(top.weights)
    y = images.y_test[rows]
    kept = answers(best, images.x_test[rows]).argmax(1) == y
    return 100 * kept.double().mean().item()


def _attack(
    anew: int, shots: int, found: Sequence[Best], retained: float | Undefined
) -> RelearningAttack:
    """The mean of the draws, and how the best of them was come by."""
    if any(trial.right < 0 for trial in found):
        nothing = Undefined("the model's answers are not finite")
        return RelearningAttack(anew, shots, nothing, (), "", nothing)
    best = max(found, key=lambda trial: trial.right)
    draws = tuple(trial.right for trial in found)
    return RelearningAttack(
        anew=anew,
        shots=shots,
        recovered=sum(draws) / len(draws),
        draws=draws,
        best=f"{best.way}, {best.moment} steps",
        retain_test=retained,
        one_answer=all(trial.one_answer for trial in found),
    )
