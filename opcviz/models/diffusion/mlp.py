"""A residual MLP that noise level and address modulate: for pictures of 8×8 pixels."""

from __future__ import annotations

from torch import Tensor, nn

from .times import TimeEmbedding

__all__ = ["ModulatedMLP"]


class ModulatedMLP(nn.Module):
    """Residual blocks whose norms are set by time and address (AdaLN-zero, arXiv 2212.09748).

        h ← h + g · W₂ gelu(W₁ (LN(h)(1 + s) + b)),   (b, s, g) = W silu(time MLP(t) + e)

    W and the last layer start at 0, so that the whole net starts as the zero function.

    Args:
        pixels: numbers of a picture.
        width: of the residual stream.
        hidden: of each block.
        blocks: how many.
        address: width of the address vector e.

    Attributes:
        positions: how often a weight is used for one picture.
    """

    positions = 1

    def __init__(
        self, pixels: int, width: int = 256, hidden: int = 512, blocks: int = 4, address: int = 128
    ) -> None:
        super().__init__()
        self.address = address
        self.time = TimeEmbedding(address)
        self.enter = nn.Linear(pixels, width)
        self.blocks = nn.ModuleList(_Block(width, hidden, address) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, pixels)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def stream(self, x: Tensor, t: Tensor, e: Tensor, blocks: int | None = None) -> Tensor:
        """The residual stream after so many blocks (None: all), (B, width).

        Args:
            x: (B, pixels).
            t: (B,) in [0, 1].
            e: (B, address).
            blocks: how many.
        """
        condition = nn.functional.silu(self.time(t) + e)
        h: Tensor = self.enter(x)
        for block in self.blocks[:blocks]:
            h = block(h, condition)
        return h

    def middle(self, x: Tensor, t: Tensor, e: Tensor) -> Tensor:
        """The residual stream that half of the blocks have passed, (B, width)."""
        return self.stream(x, t, e, len(self.blocks) // 2)

    def forward(self, x: Tensor, t: Tensor, e: Tensor) -> Tensor:
        """(B, pixels), (B,), (B, address) -> (B, pixels)."""
        left: Tensor = self.leave(self.norm(self.stream(x, t, e)))
        return left


class _Block(nn.Module):
    def __init__(self, width: int, hidden: int, address: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.inner = nn.Linear(width, hidden)
        self.outer = nn.Linear(hidden, width)
        self.modulation = nn.Linear(address, 3 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, h: Tensor, condition: Tensor) -> Tensor:
        shift, scale, gate = self.modulation(condition).chunk(3, 1)
        inside = nn.functional.gelu(self.inner(self.norm(h) * (1 + scale) + shift))
        after: Tensor = h + gate * self.outer(inside)
        return after
