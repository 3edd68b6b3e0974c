"""Pictures as generators take and make them, floats in [-1, 1], and as they are stored, bytes."""

from __future__ import annotations

import torch
from torch import Tensor

from ...data import Data

__all__ = ["as_bytes", "pictures"]


def pictures(data: Data, positions: Tensor, split: str = "train") -> Tensor:
    """Stored samples as floats in [-1, 1], (B, *shape); `split` is `train` or `test`."""
    return 2 * data.batch(positions, split) - 1


def as_bytes(drawn: Tensor) -> Tensor:
    """Pictures in [-1, 1] (any shape; beyond is clipped) as uint8, as data sets store them."""
    return ((drawn.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
