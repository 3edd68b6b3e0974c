"""Attackers that go on training: the last k blocks and the head new, a few forget pictures given.

Each step takes `RETAINED` retain pictures and the pictures given (at most as many, drawn anew each
step). All weights move. Every rate of both optimisers runs to the first budget; the best two go on
to the second (successive halving), and the best figure counts. A run that loses the retain data
(below `USABLE` percent of its test part) does not: a net that answers one class to everything has
recovered nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from opcviz.models import Classifier

from .subject import Subject

RETAINED = 64
USABLE = 80.0
RATES = (0.02, 0.05, 0.1)
BUDGETS = (60, 300)


@dataclass(frozen=True)
class Attempt:
    """One fine-tuning: how many blocks are new, pictures a class, optimiser and rate."""

    new_blocks: int
    shots: int
    optimizer: str
    rate: float


class Run:
    """A fine-tuning that can be taken further."""

    def __init__(
        self, subject: Subject, attempt: Attempt, fresh: Classifier, given: Tensor, seed: int
    ) -> None:
        self.subject, self.given = subject, given
        self.model = copy.deepcopy(subject.network).to(memory_format=torch.channels_last)
        names = self.model.block_names[len(self.model.block_names) - attempt.new_blocks :]
        for name in (*names, self.model.head_name):
            new = copy.deepcopy(fresh.net.get_submodule(name))
            self.model.net.get_submodule(name).load_state_dict(new.state_dict())
        weights = list(self.model.requires_grad_(True).parameters())
        self.optimizer: torch.optim.Optimizer = (
            torch.optim.SGD(weights, attempt.rate, momentum=0.9, weight_decay=5e-4)
            if attempt.optimizer == "sgd"
            else torch.optim.Adam(weights, attempt.rate)
        )
        self.generator = torch.Generator().manual_seed(seed)
        self.pool, self.done = given[:0], 0

    def until(self, steps: int) -> tuple[float, float]:
        """Go on to that many steps; percent right of the forget and the retain test pictures."""
        subject, kept = self.subject, self.subject.split.retain_train
        self.model.train()
        for _ in range(self.done, steps):
            if len(self.pool) < RETAINED:
                self.pool = kept[torch.randperm(len(kept), generator=self.generator)]
            ids, self.pool = self.pool[:RETAINED], self.pool[RETAINED:]
            given = self.given
            if len(given) > RETAINED:
                order = torch.randperm(len(given), generator=self.generator)
                given = given[order[:RETAINED]]
            ids = torch.cat([ids, given])
            loss = F.cross_entropy(self.model(subject.x["train"][ids]), subject.y["train"][ids])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.done = steps
        self.model.eval()
        with torch.no_grad():
            right = self.model(subject.x["test"]).argmax(1) == subject.y["test"]
        forget, retain = (
            100 * right[ids].float().mean().item()
            for ids in (subject.split.forget_test, subject.split.retain_test)
        )
        return forget, retain


def relearned(
    subject: Subject,
    fresh: Callable[[int], Classifier],
    *,
    blocks: tuple[int, ...] = (1, 2, 3),
    shots: tuple[int, ...] = (1, 10, 50),
    budgets: tuple[int, ...] = BUDGETS,
    optimizers: tuple[str, ...] = ("sgd", "adam"),
    seed: int = 0,
) -> dict[str, float]:
    """`last k/shots/steps` to the best percent of the forget test pictures named right.

    Args:
        subject: the unlearned model.
        fresh: from a seed to a newly initialised network of the same kind.
        blocks: numbers of blocks that are new; all of them is training from scratch, which says
            what the attack does without the model.
        shots: pictures a forgotten class.
        budgets: steps at which it is scored, ascending.
        optimizers: `sgd` (momentum 0.9, weight decay 5e-4) and `adam`, each at every rate.
        seed: of the pictures given, the new weights and the order.
    """
    found = {}
    gone, labels = subject.split.forget_train, subject.y["train"]
    order = gone[torch.randperm(len(gone), generator=torch.Generator().manual_seed(seed))]
    new = fresh(seed + 777)
    for count in shots:
        given = torch.cat([order[labels[order] == c][:count] for c in subject.forgotten])
        for k in blocks:
            runs = [
                Run(subject, Attempt(k, count, optimizer, rate), new, given, seed + 1)
                for optimizer in optimizers
                for rate in RATES
            ]
            for steps in budgets:
                scored = [(run, run.until(steps)) for run in runs]
                sound = [forget for _, (forget, retain) in scored if retain >= USABLE]
                found[f"last {k}/{count}/{steps}"] = round(max(sound, default=0.0), 1)
                scored.sort(key=lambda pair: (pair[1][1] >= USABLE, pair[1][0]), reverse=True)
                runs = [run for run, _ in scored[:2]]
    return found
