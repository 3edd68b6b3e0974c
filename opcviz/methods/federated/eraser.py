"""FedEraser: the others train again, less than before, along the lengths of their old updates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ...common.config import setting
from ...training import Outcome, RoundLog, learning_rate
from ...training.rounds import State, average
from ..base import Method, Request, register
from .leaving import CLIENTS_ONLY, NOTHING_SENT, floats, local, look, round_log, sent, whole

__all__ = ["FedEraser", "calibrated"]


@register(
    "fed_eraser",
    title="FedEraser",
    paper="Liu et al. 2021, IWQoS",
    family="clients",
    needs="retain",
    summary="M + Σ pₖ ‖Uₖ‖ · Ûₖ/‖Ûₖ‖, Û of less local work than the stored U, from the start",
    fidelity="corrected",
    deviations=(
        "Of the stored updates only what the rule reads is kept: those of the first round, and "
        "the lengths of the others, weight by weight.",
        "Running statistics of batch norms are the clients' mean; they are not calibrated.",
        "Less local work is a share of a client's pictures and not of its epochs.",
        "Clients weigh as much as they have pictures.",
    ),
)
@dataclass(frozen=True)
class FedEraser(Method[nn.Module]):
    """FedEraser: the training without the leaver, reconstructed from what the server kept.

        M ← start + Σ pₖ Uₖ                      with the stored updates of the first round
        M ← M + Σ pₖ ‖Uₖ^t‖ · Ûₖ / ‖Ûₖ‖         for every `every`-th round t after it

    over the clients k who stay, who trained Û from M on `work` of their pictures: the new direction
    with the old length. Rates are those of the original's round t.
    """

    scenarios = frozenset({"clients"})
    limits = CLIENTS_ONLY
    tasks = frozenset({"classification"})

    every: int = setting(2, "Δt: one round in so many is calibrated", low=1, high=1000)
    work: float = setting(0.5, "share of its pictures that a client trains on", low=0.01, high=1)

    def unlearn(self, request: Request[nn.Module]) -> tuple[nn.Module, Outcome]:
        """Reconstruct; the model is looked at after each calibrated round."""
        self.check(request)
        log, model = round_log(request), request.copy_of_original()
        look(request, model, 0)
        staying = request.split.held.shards(request.split.retain_train)
        sizes = {client: len(ids) for client, ids in staying.items()}
        whole(model, average({client: log.first[client] for client in staying}, sizes))
        look(request, model, 1)
        outcome = Outcome(exchanges=(NOTHING_SENT,))
        for number in range(self.every, len(log.lengths), self.every):
            before, after = floats(model), {}
            for client, ids in staying.items():
                whole(model, before)
                made = self._train(request, model, ids, number, client)
                outcome = outcome.then(replace(made, exchanges=()))
                if made.status != "finished":
                    return model, outcome
                lengths = self._lengths(log, model, number, client)
                after[client] = calibrated(before, floats(model), lengths)
            whole(model, average(after, sizes))
            exchange = sent(model, others=len(staying))
            outcome = replace(outcome, exchanges=(*outcome.exchanges, exchange))
            look(request, model, number + 1)
        return model, outcome

    def _train(
        self, request: Request[nn.Module], model: nn.Module, ids: Tensor, number: int, client: int
    ) -> Outcome:
        """A client's own work in one round, at the rate that the original had in it."""
        generator = torch.Generator().manual_seed(1009 * number + client + request.seed)
        chosen = torch.randperm(len(ids), generator=generator)[
            : max(1, round(self.work * len(ids)))
        ]
        mine = local(request, ids[:0], ids[chosen.to(ids.device)])
        clients = request.split.held
        spec = request.training.replace(
            epochs=clients.local_epochs,
            lr=learning_rate(request.training, number, request.training.epochs),
            schedule="constant",
            warmup=0.0,
        )
        return mine.train(model, "retain", spec, phase=clients.count * number + client)

    def _lengths(self, log: RoundLog, model: nn.Module, number: int, client: int) -> State:
        names = [name for name, _ in model.named_parameters()]
        return dict(zip(names, log.lengths[number][client], strict=True))


def calibrated(before: State, after: State, lengths: State) -> State:
    """A client's new direction with the length of its old update, weight by weight.

    Args:
        before, after: weights and statistics before and after its new work.
        lengths: of its stored update; what is not named, statistics, is taken as it is.
    """
    made = dict(after)
    for name, length in lengths.items():
        update = after[name] - before[name]
        norm = update.double().norm()
        share = (length.to(norm.device) / norm if norm > 0 else norm).to(update.dtype)
        made[name] = before[name] + share * update
    return made
