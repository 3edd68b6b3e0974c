"""Random projections from many numbers to few: distances survive (Johnson & Lindenstrauss 1984).

Gaussian where the matrix is small. One for wider outputs would take a hundred megabytes a place,
and as long as some networks; there each number enters `ENTRIES` of the results with random signs
(the block construction of Kane & Nelson 2014, "Sparser Johnson-Lindenstrauss Transforms").
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["DENSE", "ENTRIES", "Projection", "columns", "size_of"]

DENSE = 2**14  # numbers up to which the matrix is Gaussian
ENTRIES = 8  # results that each number enters, of a sparse one


def size_of(width: int, narrow: int) -> int:
    """Bytes of a projection of `width` numbers to `narrow`."""
    if width <= DENSE:
        return 4 * width * narrow
    return width * ENTRIES * (torch.int64.itemsize + torch.float32.itemsize)


class Projection:
    """A linear map with random weights, the same for the same seed.

    Args:
        width: numbers of a sample.
        narrow: numbers that it gives for each; at least `ENTRIES` where it is sparse.
        seed: of the weights.
        device: where samples lie. Sums of rows are not on Apple's GPU: a sparse one uses the CPU.
    """

    def __init__(self, width: int, narrow: int, seed: int, device: torch.device) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.sparse = width > DENSE
        if not self.sparse:
            drawn = torch.randn(width, narrow, generator=generator)
            self.matrix = drawn.div_(narrow**0.5).to(device)
            return
        bounds = torch.arange(ENTRIES + 1) * narrow // ENTRIES  # of blocks that share no result
        sizes = bounds.diff()[:, None]
        within = torch.rand(ENTRIES, width, generator=generator)
        rows = (bounds[:-1, None] + (within * sizes).long().minimum(sizes - 1)).flatten()
        signs = torch.randint(0, 2, (ENTRIES, width), generator=generator).mul_(2).sub_(1)
        order = rows.argsort(stable=True)  # result by result, which numbers enter it
        self.device = torch.device("cpu") if device.type == "mps" else device
        self.entering = (order % width).to(self.device)
        self.weights = (signs.flatten()[order].float() / ENTRIES**0.5).to(self.device)
        self.starts = rows.bincount(minlength=narrow).cumsum(0).roll(1).to(self.device)
        self.starts[0] = 0

    def __call__(self, values: Tensor) -> Tensor:
        """(B, width) float32 to (B, narrow)."""
        return self.of_columns(columns(values)) if self.sparse else values @ self.matrix

    def of_columns(self, turned: Tensor) -> Tensor:
        """The same of a sparse one from (width, B), as `columns` gives it: to (B, narrow).

        Rows of B numbers are added up, which a product with a sparse matrix does in a quarter of
        its speed.
        """
        return F.embedding_bag(
            self.entering,
            turned.to(self.device),
            self.starts,
            mode="sum",
            per_sample_weights=self.weights,
        ).T


def columns(values: Tensor) -> Tensor:
    """(B, width) to (width, B), laid out anew: once for all projections of the same values."""
    return values.T.contiguous()
