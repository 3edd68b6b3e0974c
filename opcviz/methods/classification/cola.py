"""COLA: collapse what the body knows of the forget data, then align the model with the rest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ...common.config import setting
from ...models import Classifier
from ...training import Batch, Objective, Outcome
from ..base import Iterative, Request, register

__all__ = ["COLA", "supervised_contrast"]


@register(
    "cola",
    title="COLA",
    paper="Jeon, Jeung, Kim, No, Choi 2024, arXiv 2405.17878",
    family="fine-tuning",
    needs="retain original",
    summary="collapse: supervised contrast of retain features; align: CE on retain data",
    fidelity="corrected",
    deviations=(
        "Temperature, epochs, rates and optimiser are chosen here; the authors' were not at hand.",
        "Random samples are forgotten by the same two phases; the authors' COLA+ adds them to the "
        "collapse under pseudo-labels.",
    ),
)
@dataclass(frozen=True)
class COLA(Iterative[Classifier]):
    """Collapse and align.

        collapse: mean over i, p ∈ P(i) of −log (exp(z_i·z_p/τ) / Σ_{a ≠ i} exp(z_i·z_a/τ))
        align:    CE(m(x_r), y_r)

    z = f(x)/‖f(x)‖ of retained pictures, P(i) the others of the batch with the label of i (Khosla
    et al. 2020, arXiv 2004.11362). The first phase moves the body alone and draws each retained
    class together; what the features kept of the forgotten classes serves none of that and fades.
    The second trains body and head. The forget data are not needed.
    """

    epochs: int = 10
    lr: float = 0.01
    batch_size: int = 256
    temperature: float = setting(0.1, "τ, temperature of the contrast", low=0.01, high=10)
    align_epochs: int = setting(10, "passes over the retain data to align", low=1, high=2000)
    align_lr: float = setting(
        0.01, "peak learning rate while aligning", low=1e-8, high=10, log=True
    )

    parts = "retain"
    tasks = frozenset({"classification"})

    def objective(self, request: Request[Classifier], model: Classifier) -> Objective[Classifier]:
        """The collapse: contrast between the classes of a batch."""

        def loss(model: Classifier, batch: Batch) -> Tensor:
            features, _ = model.features(batch.x)
            return supervised_contrast(features.flatten(1), batch.y, self.temperature)

        return loss

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """Collapse with the head as it is, then align all of the model."""
        self.check(request)
        model = request.copy_of_original()
        objective = self.objective(request, model)
        prefix = f"net.{model.head_name}."
        head = [name for name, _ in model.named_parameters() if name.startswith(prefix)]
        collapse = request.train(model, self.parts, self, objective, frozen=head)
        if collapse.status != "finished":
            return model, collapse
        spec = self.replace(epochs=self.align_epochs, lr=self.align_lr)
        return model, collapse.then(request.train(model, self.parts, spec, phase=1))


def supervised_contrast(features: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Supervised contrastive loss of a batch, a scalar.

    Samples without another of their class do not count; a batch of such samples has loss 0.

    Args:
        features: (B, d), of any length.
        labels: (B,).
        temperature: τ.
    """
    z = F.normalize(features.float(), dim=1)
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    log_share = (z @ z.T / temperature).masked_fill(itself, -torch.inf).log_softmax(1)
    alike = (labels[:, None] == labels[None, :]) & ~itself
    count = alike.sum(1)
    if not bool(count.any()):
        return features.sum() * 0
    each = -log_share.masked_fill(~alike, 0.0).sum(1)
    return (each[count > 0] / count[count > 0]).mean()
