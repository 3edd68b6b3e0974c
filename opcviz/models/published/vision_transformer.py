"""Vision transformers of any size (Dosovitskiy et al. 2021, arXiv 2010.11929)."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["VisionTransformer", "vit"]

_NAME = re.compile(
    r"side(\d{1,4})-patch(\d{1,3})-width(\d{1,4})-depth(\d{1,2})-heads(\d{1,2})"
    r"(?:-mlp(\d{1,5}))?(-mean)?(-eps5)?"
)


def vit(name: str, channels: int, classes: int) -> nn.Module | None:
    """`side32-patch4-width192-depth6-heads3`: pictures of 32 pixels in patches of 4, and so on.

    `-mlp768` gives the units between the two layers of a perceptron (four times the width
    otherwise), `-mean` averages all tokens where there is no class token, `-eps5` has 1e-5 in the
    normalisations (PyTorch's own), not 1e-6 (the paper's).
    """
    if not (match := _NAME.fullmatch(name)):
        return None
    side, patch, width, depth, heads = (int(each) for each in match.groups()[:5])
    if not (side and patch and depth and heads) or side % patch or not width or width % heads:
        return None
    mlp, mean, eps = match.groups()[5:]
    return VisionTransformer(
        channels,
        classes,
        tokens=(side // patch) ** 2,
        patch=patch,
        width=width,
        depth=depth,
        heads=heads,
        mlp=int(mlp or 4 * width),
        class_token=mean is None,
        eps=1e-5 if eps else 1e-6,
    )


class Attention(nn.Module):
    """Softmax attention of every token to every other."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d) -> (B, T, d)."""
        batch, tokens, width = x.shape
        parts = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))
        return out


class Perceptron(nn.Module):
    """Two layers with GELU between them, on every token."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d) -> (B, T, d)."""
        out: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return out


class TransformerBlock(nn.Module):
    """Attention and perceptron, each behind a normalisation and around a shortcut."""

    def __init__(self, width: int, heads: int, hidden: int, eps: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps)
        self.mlp = Perceptron(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, d) -> (B, T, d)."""
        x = x + self.attn(self.norm1(x))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class Patches(nn.Module):
    """A picture as a row of tokens."""

    def __init__(self, channels: int, width: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, patch)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, H, W) -> (B, H·W/patch², d)."""
        out: Tensor = self.proj(x).flatten(2).transpose(1, 2)
        return out


class VisionTransformer(nn.Module):
    """See `vit`; names are those most published weights have."""

    layout = "channels_last"

    def __init__(
        self,
        channels: int,
        classes: int,
        *,
        tokens: int,
        patch: int,
        width: int,
        depth: int,
        heads: int,
        mlp: int,
        class_token: bool,
        eps: float,
    ) -> None:
        super().__init__()
        self.patch_embed = Patches(channels, width, patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width)) if class_token else None
        self.pos_embed = nn.Parameter(torch.zeros(1, tokens + class_token, width))
        self.blocks = nn.Sequential(
            *(TransformerBlock(width, heads, mlp, eps) for _ in range(depth))
        )
        self.norm = nn.LayerNorm(width, eps)
        self.head = nn.Linear(width, classes)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, side, side) -> (B, classes)."""
        x = self.patch_embed(x)
        if self.cls_token is not None:
            x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1)
        x = self.norm(self.blocks(x + self.pos_embed))
        logits: Tensor = self.head(x[:, 0] if self.cls_token is not None else x.mean(1))
        return logits
