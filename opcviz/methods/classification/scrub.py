"""SCRUB: a student moves away from its teacher on forget data and stays close on retain data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register
from .rewinding import Rewinding
from .teachers import divergence, frozen_teacher

__all__ = ["SCRUB", "SCRUBR"]


@register(
    "scrub",
    title="SCRUB",
    paper="Kurmanji et al. 2023, arXiv 2302.09880",
    family="distillation",
    needs="forget retain original",
    summary="max KL(θo‖θ) on forget data, min α·KL + γ·CE on retain data",
    fidelity="faithful",
    deviations=(
        "Both parts come in batches of 64; the authors' retained ones have 32.",
        "The rate falls after 5, 8 and 9 tenths of all steps, the authors' after 5, 8 and 9 of 10 "
        "epochs, of which the first have more steps.",
    ),
)
@dataclass(frozen=True)
class SCRUB(Iterative[Classifier]):
    """SCRUB: away from the original on forget data, along with it on retain data.

        max steps: loss = −T² · KL(m_o(x_f)/T ‖ m(x_f)/T)
        min steps: loss = α · T² · KL(m_o(x_r)/T ‖ m(x_r)/T) + γ · CE(m(x_r), y_r)

    The first `msteps` epochs begin with max steps over D_f, every epoch has min steps over D_r,
    hence separate passes.

    The defaults are the authors' for small data sets: Adam, whose weight decay is an L2 term in the
    gradient. On the whole of CIFAR-10 they take SGD at a rate of 5e-4 with momentum 0.9, weight
    decay 5e-4, γ 0.99, α 0.001, T 4, 2 max epochs of 3.
    """

    epochs: int = 10
    lr: float = 5e-4
    batch_size: int = 64
    optimizer: str = "adam"
    weight_decay: float = 0.1
    schedule: str = setting(
        "step",
        "learning rate over time: ×0.1 at 5, 8 and 9 tenths, cosine to 0, or constant",
        choices=("cosine", "step", "constant"),
    )
    msteps: int = setting(3, "epochs that begin with max steps", low=0, high=2000)
    alpha: float = setting(0.5, "α, weight of the divergence on retain data", low=0, high=100)
    gamma: float = setting(1.0, "γ, weight of the cross-entropy on retain data", low=0, high=100)
    temperature: float = setting(2.0, "T, softening of both models", low=0.1, high=100)

    parts = "sequence"
    tasks = frozenset({"classification"})
    milestones = (0.5, 0.8, 0.9)

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """One loss for a forget batch, another for a retain batch."""
        teacher = frozen_teacher(request.copy_of_original())

        def loss(model: Classifier, batch: Batch) -> Tensor:
            logits = model(batch.x)
            with torch.no_grad():
                target = teacher(batch.x)
            apart = self.temperature**2 * divergence(logits, target, self.temperature)
            if bool(batch.forget.any()):
                return -apart
            return self.alpha * apart + self.gamma * F.cross_entropy(logits, batch.y)

        return loss

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """Copy the original and train, with forget batches in the first epochs only."""
        self.check(request)
        model = request.copy_of_original()
        objective = self.objective(request, model)
        return model, request.train(model, self.parts, self, objective, forget_epochs=self.msteps)


@register(
    "scrub_r",
    title="SCRUB+R",
    paper="Kurmanji et al. 2023, arXiv 2302.09880",
    family="distillation",
    needs="forget retain original",
    summary="SCRUB, rewound to the epoch whose error on forget data is nearest to a reference",
    fidelity="corrected",
    deviations=(
        "The reference error is a setting, since a method never sees unseen pictures; the authors "
        "take the finished model's error on held-out pictures of the forgotten kind.",
        "The original itself is no epoch to rewind to.",
        "Otherwise as SCRUB.",
    ),
)
@dataclass(frozen=True)
class SCRUBR(SCRUB):
    """SCRUB+R, which its authors use against membership inference: SCRUB, then rewinding.

        θ ← the θ_e of epochs e = 1, ..., E with the least |error(D_f; θ_e) − reference|

    A model that was pushed away from the forget data for too long errs on it more than on pictures
    it has never seen, which gives it away. Of equally near epochs the first is taken.
    """

    reference: float = setting(
        5.0,
        "error wanted on the forget data: that on unseen pictures of its kind (100 for a class)",
        low=0,
        high=100,
        unit="%",
    )

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """As SCRUB; then go back to the nearest epoch."""
        self.check(request)
        rewinding = Rewinding(request, self.reference)
        model, outcome = super().unlearn(replace(request, watch=rewinding))
        if outcome.status == "finished":
            rewinding.rewind(model)
        return model, outcome
