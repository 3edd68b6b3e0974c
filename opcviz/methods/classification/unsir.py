"""UNSIR: unlearning a class by error-maximising noise in its place, without its data."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register

__all__ = ["UNSIR"]


@register(
    "unsir",
    title="UNSIR",
    paper="Tarun et al. 2023, arXiv 2111.08947",
    family="relabelling",
    needs="retain original",
    summary="noise of greatest CE poses as the class: impair with it, repair without",
    fidelity="corrected",
    deviations=(
        "Noise is made with the network in eval mode; the authors' notebook leaves it in train "
        "mode.",
        "All of D_r is used, at rates of 1e-4, as later comparisons have it; the authors use a "
        "part of it and rates of 0.02 and 0.01.",
    ),
)
@dataclass(frozen=True)
class UNSIR(Iterative[Classifier]):
    """UNSIR: error-maximising noise takes the place of the forget data.

        noise:  N_c = argmin −CE(m_o(N), c) + λ ‖N‖²  for each forgotten class c, by Adam, in eval
                mode, in the model's normalised input space, from N(0, I)
        impair: loss = CE over a batch of D_r and noise pictures labelled with their class
        repair: loss = CE(m(x_r), y_r)

    Noise is made once, `batch_size` pictures a class, and drawn from with replacement; the authors'
    notebook has 20 copies of it against 9,000 retained pictures, a ratio of 0.57.
    """

    epochs: int = 1
    lr: float = 1e-4
    batch_size: int = 256
    optimizer: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "constant"
    repair_epochs: int = setting(1, "passes over the retain data to repair", low=1, high=2000)
    repair_lr: float = setting(
        1e-4, "peak learning rate while repairing", low=1e-8, high=10, log=True
    )
    ratio: float = setting(
        0.57, "noise pictures of each class per retained picture", low=0.01, high=10
    )
    noise_steps: int = setting(40, "steps that make the noise", low=1, high=10_000)
    noise_lr: float = setting(
        0.1, "learning rate of the noise", low=1e-4, high=10, log=True, advanced=True
    )
    noise_penalty: float = setting(
        0.1, "λ, what the noise's squared length costs", low=0, high=100, advanced=True
    )

    parts = "retain"
    tasks = frozenset({"classification"})
    exact = "the noise, a search in the gradient; the training follows the precision"
    scenarios = frozenset({"classes"})
    limits = "its noise stands for a whole class, and impairing it impairs all of the class"

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """Cross-entropy over retained pictures and noise in one batch."""
        noise, labels = self.noise(request)
        share = self.ratio * len(request.split.classes)

        def loss(model: Classifier, batch: Batch) -> Tensor:
            # on the CPU: the loop seeds its generator each epoch, whatever the device
            drawn = torch.randint(len(noise), (max(1, round(share * len(batch.y))),))
            drawn = drawn.to(noise.device)
            logits = model(torch.cat([batch.x, noise[drawn]]))
            return F.cross_entropy(logits, torch.cat([batch.y, labels[drawn]]))

        return loss

    def noise(self, request: Request[Classifier]) -> tuple[Tensor, Tensor]:
        """Pictures (classes · batch_size, channels, H, W) of greatest error, and their labels.

        Raises:
            Cancelled: when asked to stop.
        """
        model = request.copy_of_original().eval().requires_grad_(False)
        device, classes = request.data.device, request.split.classes
        labels = torch.tensor(classes, device=device).repeat_interleave(self.batch_size)
        generator = torch.Generator().manual_seed(request.seed)
        start = torch.randn(len(labels), *request.data.shape, generator=generator)
        noise = start.to(device).requires_grad_(True)
        optimizer = torch.optim.Adam([noise], self.noise_lr)
        for _ in range(self.noise_steps):
            request.progress.check()
            error = F.cross_entropy(model(model.mean + model.std * noise), labels)
            length = noise.square().flatten(1).sum(1).mean()
            optimizer.zero_grad(set_to_none=True)
            (self.noise_penalty * length - error).backward()
            optimizer.step()
        return (model.mean + model.std * noise).detach(), labels

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """Make noise, impair, repair."""
        self.check(request)
        model = request.copy_of_original()
        began = time.perf_counter()
        objective = self.objective(request, model)
        making = time.perf_counter() - began
        impair = request.train(model, self.parts, self, objective)
        count = len(request.split.classes)
        spent = count * self.batch_size * self.noise_steps
        spent += round(impair.gradients * (1 + self.ratio * count))
        impair = replace(impair, gradients=spent, seconds=impair.seconds + making)
        if impair.status != "finished":
            return model, impair
        spec = self.replace(epochs=self.repair_epochs, lr=self.repair_lr)
        repair = request.train(model, self.parts, spec, phase=1)
        return model, impair.then(repair)
