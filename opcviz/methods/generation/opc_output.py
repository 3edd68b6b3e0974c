"""OPC for generators: the prediction is contracted to that of who knows nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.config import setting
from ...models.diffusion import Generator
from ..base import Request, register
from .redirection import ForgetLoss, Noised, Redirection

__all__ = ["OPCAnyAddress", "OPCOutput", "any_addresses"]


@register(
    "opc_output",
    title="OPC on the output (generator)",
    paper="ours, after Jung, Jung, Bae, Lee 2025, arXiv 2507.07754",
    family="contraction",
    needs="forget retain original",
    summary="plain loss on retain pictures + λ·‖prediction‖ on forget pictures",
)
@dataclass(frozen=True)
class OPCOutput(Redirection):
    """One-point contraction of the prediction.

        loss = L(x_r, y_r) + λ mean ‖m(x_t, c_f) − m∅(x_t)‖₂ / √pixels

    m∅ is the prediction of who knows of the pictures no more than N(0, I): for v-prediction it is
    0, so that "all I know of this class is noise" is one point. The plain norm, not its square:
    its pull does not fade as the point is neared.
    """

    weight: float = setting(1.0, "λ, weight of the contraction", low=0, high=1000, log=True)

    def forget_loss(self, request: Request[Generator]) -> ForgetLoss:
        """Distance of the predictions to the point."""

        def loss(model: Generator, shown: Noised) -> Tensor:
            e = self.addresses(model, shown.y)
            answer = model(shown.x_t, shown.t, e).float()
            gap = answer - model.process.ignorant(shown.x_t, shown.t)
            lengths = gap.flatten(1).norm(dim=1) / math.sqrt(math.prod(model.shape))
            total: Tensor = self.weight * (lengths * self.emphasis(shown.t, e, model)).mean()
            return total

        return loss

    def addresses(self, model: Generator, y: Tensor) -> Tensor:
        """Under which addresses forget pictures are shown, (B, D): here their own."""
        return model.address(y)

    def emphasis(self, t: Tensor, e: Tensor, model: Generator) -> Tensor:
        """Weight of each picture, (B,); here 1."""
        return torch.ones_like(t)


@register(
    "opc_any_address",
    title="OPC under any address (generator)",
    paper="ours",
    family="contraction",
    needs="forget retain original",
    summary="plain loss on retain pictures + λ·‖prediction‖ on forget pictures under any address",
)
@dataclass(frozen=True)
class OPCAnyAddress(OPCOutput):
    """OPC on the output, whatever address the forget pictures are shown under.

    Of a batch, the share `own` is shown under its own address; of the rest a third each under
    rows of the table (of any class, or null), under mixtures of two rows, and under Gaussians of
    the table's mean and spread: so that no vector that an attacker may find leads back.
    """

    own: float = setting(0.35, "share of forget pictures under their own address", low=0, high=1)

    def addresses(self, model: Generator, y: Tensor) -> Tensor:
        """Own rows, and any others."""
        return any_addresses(model, y, self.own)


def any_addresses(model: Generator, y: Tensor, own: float) -> Tensor:
    """Addresses of which the share `own` are those of `y`, the others anywhere, (B, D).

    The table's own gradient flows: what is contracted is also pulled away from.
    """
    table, count = model.table.weight, len(y)
    rows = table[torch.randint(len(table), (2, count)).to(y.device)]
    between = torch.rand(count, 1).to(y.device)
    mixed = rows[0] * between + rows[1] * (1 - between)
    spread, mean = table.detach().std(0), table.detach().mean(0)
    anywhere = mean + spread * torch.randn(count, table.shape[1]).to(y.device)
    others = torch.stack([rows[0], mixed, anywhere])
    kind = torch.randint(3, (count,)).to(y.device)
    chosen = others[kind, torch.arange(count, device=y.device)]
    keeps = (torch.rand(count, 1) < own).to(y.device)
    return torch.where(keeps, model.address(y), chosen)
