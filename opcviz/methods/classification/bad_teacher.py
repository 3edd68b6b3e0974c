"""Bad teacher: on forget data the model is distilled from a randomly initialised teacher."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register
from .teachers import divergence, frozen_teacher

__all__ = ["BadTeacher"]


@register(
    "bt",
    title="Bad teacher",
    paper="Chundawat et al. 2023, arXiv 2205.08096",
    family="distillation",
    needs="forget retain original",
    summary="KL to a random teacher on forget data, to the original on retain data",
    fidelity="faithful",
    deviations=(
        "KL is summed over classes; the authors' code averages, a factor of C in the rate, which "
        "Adam does not feel.",
    ),
)
@dataclass(frozen=True)
class BadTeacher(Iterative[Classifier]):
    """BT: forget samples are learnt from a teacher that knows nothing, the others from θo.

        loss = mean over the batch of KL(t(x)/T ‖ m(x)/T),
        t = a freshly initialised model on D_f, the original on a share of D_r

    The share of D_r is drawn once; batches come from both parts in one shuffle, in proportion to
    their sizes.
    """

    epochs: int = 1
    lr: float = 1e-4
    batch_size: int = 256
    optimizer: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "constant"
    share: float = setting(30.0, "share of the retain data that is used", low=1, high=100, unit="%")
    temperature: float = setting(1.0, "T, softening of all models", low=0.1, high=100)

    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Divergence from whichever teacher a sample has."""
        good, bad = frozen_teacher(request.copy_of_original()), frozen_teacher(request.fresh())
        forget = torch.zeros_like(request.data.y_train, dtype=torch.bool)
        forget[request.split.forget_train] = True

        def loss(model: Classifier, batch: Batch) -> Tensor:
            with torch.no_grad():
                mine = forget[batch.index].unsqueeze(1)
                target = torch.where(mine, bad(batch.x), good(batch.x))
            return divergence(model(batch.x), target, self.temperature)

        return loss

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """Train on D_f and a share of D_r as one pile."""
        self.check(request)
        retain = request.split.retain_train
        count = max(1, round(len(retain) * self.share / 100))
        drawn = torch.randperm(len(retain), generator=torch.Generator().manual_seed(request.seed))
        pile = torch.cat([retain[drawn[:count].to(retain.device)], request.split.forget_train])
        model = request.copy_of_original()
        objective = self.objective(request, model)
        piled = replace(request, split=replace(request.split, retain_train=pile))
        return model, piled.train(model, "retain", self, objective)
