"""Random projections from many numbers to few: distances survive (Johnson & Lindenstrauss 1984).

Gaussian where the matrix is small. One for wider outputs would take a hundred megabytes a place,
and as long as some networks; there each number enters `ENTRIES` of the results with random signs
(the block construction of Kane & Nelson 2014, "Sparser Johnson-Lindenstrauss Transforms").
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

__all__ = ["DENSE", "ENTRIES", "Projection", "size_of"]

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
        device: where samples lie. Sparse matrices are not on Apple's GPU, so it uses the CPU there.
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
        rows = bounds[:-1, None] + (within * sizes).long().minimum(sizes - 1)
        signs = torch.randint(0, 2, (ENTRIES, width), generator=generator).mul_(2).sub_(1)
        places = torch.stack([rows.flatten(), torch.arange(width).repeat(ENTRIES)])
        weights = signs.flatten().float() / ENTRIES**0.5
        with warnings.catch_warnings():  # that it is new; a test compares it with a dense product
            warnings.filterwarnings("ignore", "Sparse CSR", UserWarning)
            matrix = torch.sparse_coo_tensor(
                places, weights, (narrow, width), check_invariants=False
            ).to_sparse_csr()
        self.matrix = matrix if device.type == "mps" else matrix.to(device)

    def __call__(self, values: Tensor) -> Tensor:
        """(B, width) float32 to (B, narrow)."""
        if not self.sparse:
            return values @ self.matrix
        narrowed: Tensor = self.matrix @ values.to(self.matrix.device).T
        return narrowed.T
