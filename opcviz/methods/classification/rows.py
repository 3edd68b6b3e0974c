"""The last layer's rows of the forgotten classes, begun anew."""

from __future__ import annotations

import torch

from ...models import Classifier
from ..base import Request

__all__ = ["ROWS_ANEW", "renew_rows"]

ROWS_ANEW = "whether the last layer's rows of the forgotten classes begin as in a new model"
"""The setting in words."""


@torch.no_grad()
def renew_rows(model: Classifier, request: Request[Classifier]) -> None:
    """Give the last layer's rows of the forgotten classes the values of a new model, in place."""
    rows, fresh = list(request.split.classes), request.fresh().to(model.head.weight.device)
    for old, new in zip(model.head.parameters(), fresh.head.parameters(), strict=True):
        old[rows] = new[rows]
