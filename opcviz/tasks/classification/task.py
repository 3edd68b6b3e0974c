"""The task itself: cross-entropy of a `Classifier`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ...common.config import ConfigError
from ...common.progress import Progress
from ...common.records import Record, Undefined, defined
from ...data import Data
from ...models import Architecture, Classifier, as_body_head, build_classifier, list_architectures
from ...results import EvidenceResult
from ...training import Batch
from ..base import Task, register_task
from .observe import ModelOutputs, observe

__all__ = ["Classification", "cross_entropy_of", "exact_cross_entropy"]


@register_task("classification")
class Classification(Task):
    """Name the class of a sample; models are `opcviz.models.Classifier`, losses cross-entropy."""

    scored = ("evidence",)

    def networks(self) -> list[str]:
        """Our own, and torchvision's."""
        return list_architectures()

    def build(self, architecture: Architecture, data: Data, seed: int) -> Classifier:
        """A `Classifier` around the network that `architecture` names.

        Raises:
            ConfigError: if the data have no classes, the name is unknown or the network does not
                fit the samples.
        """
        if not data.class_names:
            raise ConfigError(
                f"the targets of {data.name} are not classes, and classification needs classes; "
                "choose another data set or another task"
            )
        return build_classifier(architecture, data, seed)

    def losses(self, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """CE(m(x_i), y_i) of each sample, (B,)."""
        return F.cross_entropy(model(x), y, reduction="none")

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Mean cross-entropy over a batch."""
        return F.cross_entropy(model(batch.x), batch.y)

    def part_losses(self, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy over the retain and over the forget part of a batch."""
        logits = model(batch.x)
        return (
            cross_entropy_of(logits, batch.y, batch.retain),
            cross_entropy_of(logits, batch.y, batch.forget),
        )

    @torch.no_grad()
    def model_targets(self, model: nn.Module, x: Tensor, y: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Every class, with the model's own probability of it."""
        probabilities = model(x).softmax(1)
        return [(torch.full_like(y, c), p) for c, p in enumerate(probabilities.T)]

    def observe(
        self, model: nn.Module, data: Data, *, progress: Progress | None = None
    ) -> ModelOutputs:
        """Features and logits of all train and test samples.

        Raises:
            TypeError: for a model that is not split into body and head.
        """
        seen = as_body_head(model)
        return ModelOutputs(
            observe(seen, data.x_train, data.y_train, progress=progress),
            observe(seen, data.x_test, data.y_test, progress=progress),
        )

    @torch.no_grad()
    def live(self, model: nn.Module, x: Tensor, y: Tensor, forget: Tensor) -> dict[str, float]:
        """Accuracy in percent of either part, NaN for one without samples."""
        right = 100 * (model(x).argmax(1) == y).float()
        return {
            "forget_accuracy": right[forget].mean().item(),
            "retain_accuracy": right[~forget].mean().item(),
        }

    def gap(
        self, model: Mapping[str, Record | Undefined], retrained: Mapping[str, Record | Undefined]
    ) -> float | Undefined:
        """Mean distance in forget and in retain accuracy, percentage points.

            ½ |forget accuracy − retrained's| + ½ |retain accuracy − retrained's|

        Forget accuracy is taken on the forget classes' test samples, or, when samples are
        forgotten, on those samples; retain accuracy on test samples.
        """
        shown, ideal = model["evidence"], retrained["evidence"]
        missing = Undefined("its accuracies, or the retrained model's, are missing")
        if not (isinstance(shown, EvidenceResult) and isinstance(ideal, EvidenceResult)):
            return missing
        classes = defined(shown.accuracy.forget_test)
        both = (
            [
                (each.accuracy.forget_test if classes else each.accuracy.forget_train)
                for each in (shown, ideal)
            ],
            [each.accuracy.retain_test for each in (shown, ideal)],
        )
        gaps = [abs(ours - theirs) for ours, theirs in both if defined(ours) and defined(theirs)]
        return sum(gaps) / 2 if len(gaps) == 2 else missing

    def final_layer(self, model: nn.Module) -> nn.Linear:
        """The head.

        Raises:
            TypeError: for a model that is not split into body and head.
        """
        return as_body_head(model).head


def cross_entropy_of(logits: Tensor, y: Tensor, part: Tensor | None = None) -> Tensor:
    """Mean cross-entropy over a batch, or a part of it (a mask); 0 where the part is empty."""
    if part is None:
        return F.cross_entropy(logits, y)
    if not bool(part.any()):
        return logits.sum() * 0
    return F.cross_entropy(logits[part], y[part])


def exact_cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of each sample, (B, C) and (B,) -> (B,), exact where the model is sure.

    log(1 + Σ_{j≠y} exp(z_j − z_y)) is the usual −log softmax(z)_y, but its derivative σ − 1 is
    never formed as a difference: at a loss of 1e-6 the usual form has lost all but one digit.
    """
    own = logits.gather(1, y[:, None])
    others = logits.scatter(1, y[:, None], -torch.inf)
    return F.softplus(others.logsumexp(1) - own[:, 0])
