"""Projected gradient ascent: the leaver unlearns its own data, near the model of the others."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...common.config import setting
from ...training import Batch, Outcome, Training
from ...training.rounds import State
from ..base import Request, register
from .leaving import Federated, local, others_mean, sent, tell, whole

__all__ = ["ProjectedAscent", "project"]


@register(
    "fed_pga",
    title="PGA",
    paper="Halimi, Kadhe, Rawat, Baracaldo 2022, arXiv 2207.05521",
    family="clients",
    needs="forget retain original",
    summary="−CE on the leaver's data, ‖θ − θ_ref‖ ≤ δ, then rounds of the others",
    fidelity="corrected",
    deviations=(
        "The reference is the mean of the other clients weighed by their data, as the server "
        "weighs them.",
        "The radius is a share of the distance to one new model, not of the mean over ten.",
        "The accuracy that ends the ascent is taken after each epoch and on the leaver's own "
        "train data; the authors take it on validation data after each step.",
    ),
)
@dataclass(frozen=True)
class ProjectedAscent(Federated):
    """PGA: the client who leaves maximises its own loss in a ball around the model of the others.

        θ_ref = (θ − p·θ_leaver) / (1 − p)      p: its share of all data
        θ ← P(θ + lr ∇CE(m(x), y)),             P onto ‖θ − θ_ref‖ ≤ δ = radius · ‖θ_ref − θ_new‖

    from θ_ref, until its accuracy is at most `stop`; then rounds of the others. θ_leaver is what
    it sent in the last round of the original's training.
    """

    local_epochs: int = setting(5, "passes of the leaver over its data, at most", low=1, high=1000)
    local_lr: float = setting(0.01, "rate of the ascent", low=1e-8, high=10, log=True)
    radius: float = setting(0.333, "δ as a share of the distance to a new model", low=0, high=10)
    stop: float = setting(12.0, "accuracy at which the ascent ends", low=0, high=100, unit="%")

    def leave(self, request: Request[nn.Module], model: nn.Module) -> Outcome:
        """Ascend from the model of the others."""
        mine = local(request, request.split.forget_train, request.split.retain_train[:0])
        whole(model, others_mean(request, model))
        centre = _weights(model)
        apart = _distance(centre, _weights(request.fresh().to(request.data.device)))
        spec = Training(
            epochs=1,
            lr=self.local_lr,
            batch_size=self.batch_size,
            schedule="constant",
            weight_decay=0.0,
            clip=5.0,
            augment="none",
        )

        def ascent(model: nn.Module, batch: Batch) -> Tensor:
            return -request.task.loss(model, batch)

        outcome = Outcome()
        for epoch in range(self.local_epochs):
            outcome = outcome.then(
                mine.train(
                    model,
                    "forget",
                    spec,
                    ascent,
                    constrain=lambda model: project(model, centre, self.radius * apart),
                    phase=epoch,
                )
            )
            if outcome.status != "finished" or self._accuracy(request, model) <= self.stop:
                break
        return tell(outcome, sent(model, leaver=True))

    def _accuracy(self, request: Request[nn.Module], model: nn.Module) -> float:
        """Percent of the leaver's data that the model answers as labelled."""
        ids = request.split.forget_train
        model.eval()
        with torch.no_grad():
            said = torch.cat(
                [model(request.data.batch(part)).argmax(1) for part in ids.split(1024)]
            )
        return 100 * float((said == request.data.y_train[ids]).double().mean())


@torch.no_grad()
def project(model: nn.Module, centre: State, radius: float) -> None:
    """Move the weights to the nearest point of a ball, in place; inside it they stay."""
    apart = _distance(_weights(model), centre)
    if apart > radius:
        for name, parameter in model.named_parameters():
            parameter.copy_(centre[name] + (parameter - centre[name]) * (radius / apart))


def _weights(model: nn.Module) -> State:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def _distance(a: State, b: State) -> float:
    return float(sum((a[n] - b[n]).double().square().sum() for n in a) ** 0.5)
