"""What the methods for clients have in common: a part of their own, then rounds of the others."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ...common.config import ConfigError
from ...results import Exchange
from ...training import Outcome, RoundLog
from ...training.rounds import State, megabytes
from ..base import Method, Request
from ..declaration import IterativeSettings
from ..fisher_information import fisher_diagonal
from ..gradients import GradientCounter

__all__ = [
    "CLIENTS_ONLY",
    "NOTHING_SENT",
    "OTHERS",
    "Federated",
    "anchored",
    "floats",
    "held_gradients",
    "joined",
    "local",
    "look",
    "others_mean",
    "round_log",
    "sent",
    "tell",
    "whole",
]

CLIENTS_ONLY = "it is for a client who leaves, as in client:0/5:1"
OTHERS = 100  # the phase of the others' rounds, behind those of the leaver


@dataclass(frozen=True)
class Federated(IterativeSettings, Method[nn.Module]):
    """One client leaves; what it, the server or the others do for that, then rounds of the others.

    The settings of the loop are those of the others' rounds: `epochs` of them, each with the local
    epochs of the study's clients.
    """

    epochs: int = 2
    lr: float = 0.1
    batch_size: int = 64

    scenarios = frozenset({"clients"})
    limits = CLIENTS_ONLY
    tasks = frozenset({"classification"})

    def leave(self, request: Request[nn.Module], model: nn.Module) -> Outcome:
        """The part of its own, on a copy of the original that is changed in place."""
        return Outcome()

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """`leave`, then the others' rounds; the model is looked at after each exchange."""
        self.check(request)
        model = request.copy_of_original()
        look(request, model, 0)
        outcome = self.leave(request, model)
        if outcome.status != "finished":
            return model, outcome
        if outcome.exchanges:
            look(request, model, 1)
        return model, outcome.then(self.afterwards(request, model))

    def afterwards(self, request: Request[nn.Module], model: nn.Module) -> Outcome:
        """Rounds of the others, on what they hold."""
        return request.train_clients(model, request.split.retain_train, self, phase=OTHERS)


def local(request: Request[nn.Module], forget: Tensor, retain: Tensor) -> Request[nn.Module]:
    """What one client can do by itself: these parts of the data alone, and nobody looks on."""
    split = replace(request.split, forget_train=forget, retain_train=retain, clients=None)
    return replace(request, split=split, watch=None, log=None)


def look(request: Request[nn.Module], model: nn.Module, number: int) -> None:
    """Show the model to whoever watches the run."""
    if request.watch:
        model.eval()
        with torch.no_grad():
            request.watch(model, number)


def round_log(request: Request[nn.Module]) -> RoundLog:
    """What the server kept of the original's rounds.

    Raises:
        ConfigError: when nobody kept it.
    """
    if request.log is None:
        raise ConfigError("the rounds of the original's training were not kept")
    log = RoundLog(request.split.held.count)
    log.load(dict(request.log()))
    return log


def floats(model: nn.Module) -> State:
    """Copies of a model's weights and running statistics."""
    return {k: v.detach().clone() for k, v in model.state_dict().items() if v.is_floating_point()}


def others_mean(request: Request[nn.Module], model: nn.Module) -> State:
    """The mean of the others in the original's last round: the model less the leaver's part."""
    clients = request.split.held
    share = len(request.split.forget_train) / len(clients.owner)
    last = round_log(request).last[clients.leaver]
    return {
        name: (value - share * last[name].to(value.device)) / (1 - share)
        for name, value in floats(model).items()
    }


def whole(model: nn.Module, changed: State) -> None:
    """Give a model these weights and statistics, in place; what is not named stays."""
    model.load_state_dict({**model.state_dict(), **changed})


def sent(model: nn.Module, *, leaver: bool = False, others: int = 0, times: int = 2) -> Exchange:
    """One exchange of the model with these clients.

    Args:
        model: what is sent.
        leaver: whether with the client who leaves.
        others: with how many others.
        times: how often each of them sends or is sent it; there and back: 2.
    """
    size = megabytes(copy.copy(model.state_dict()))
    return Exchange(leaver, others, round(times * (others + leaver) * size, 4))


def tell(outcome: Outcome, *exchanges: Exchange, gradients: int = 0) -> Outcome:
    """An outcome with exchanges of its own in place of those of a client's local work.

    Args:
        outcome: of that work.
        exchanges: what was sent for it.
        gradients: that others evaluated for it.
    """
    return replace(outcome, exchanges=exchanges, gradients=outcome.gradients + gradients)


def joined(first: Exchange, second: Exchange) -> Exchange:
    """Two exchanges without a new model between them, as one."""
    return Exchange(
        first.leaver or second.leaver,
        first.others + second.others,
        round(first.megabytes + second.megabytes, 4),
    )


NOTHING_SENT = Exchange(leaver=False, others=0, megabytes=0.0)
"""What a step costs that the server takes alone."""


def anchored(
    request: Request[nn.Module], model: nn.Module, hold: float
) -> tuple[Callable[[nn.Module], Tensor], Exchange]:
    """Elastic weight consolidation (Kirkpatrick et al. 2017, arXiv 1612.00796) for the others.

    Each of them computes the diagonal Fisher information of the model on its own data, once, and
    sends it to the leaver; it is the mean of squared gradients over all that the others hold.

    Args:
        request: of the leaver.
        model: θo, as all have it.
        hold: λ.

    Returns:
        λ/2 · Σ F (θ − θo)² of a model, and what was sent.
    """
    ids = request.split.retain_train
    counter = GradientCounter(request.progress, len(ids))
    fisher = fisher_diagonal(request.task, model, request.data, ids, counter)
    anchor = {name: p.detach().clone() for name, p in model.named_parameters()}

    def held(model: nn.Module) -> Tensor:
        moved = (
            (fisher[name] * (p - anchor[name]).square()).sum()
            for name, p in model.named_parameters()
        )
        return hold / 2 * torch.stack(list(moved)).sum()

    return held, sent(model, others=len(request.split.held.shards(ids)), times=1)


def held_gradients(request: Request[nn.Module]) -> int:
    """How many gradients the others evaluate for `anchored`."""
    return len(request.split.retain_train)
