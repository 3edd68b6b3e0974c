"""What distillation methods share: a frozen teacher, and the divergence from its answers."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from ...models import Classifier

__all__ = ["divergence", "frozen_teacher"]


def divergence(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """Mean over the batch of KL(softmax(teacher/T) ‖ softmax(student/T)), from logits (B, C).

    A teacher's logit may be −∞: that class adds nothing.
    """
    target = F.softmax(teacher.float() / temperature, dim=1)
    return F.kl_div(
        F.log_softmax(student.float() / temperature, dim=1), target, reduction="batchmean"
    )


def frozen_teacher(model: Classifier) -> Classifier:
    """A model as a teacher: in eval mode, without gradients."""
    return model.eval().requires_grad_(False)
