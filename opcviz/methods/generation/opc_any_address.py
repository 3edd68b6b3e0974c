"""OPC for generators, under whatever address: so that no vector leads back to the class."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...common.config import setting
from ...models.diffusion import Generator
from ...training import Outcome
from ..base import Request, register
from .opc_output import OPCOutput, from_ignorance
from .redirection import ForgetLoss, Noised
from .seekers import Seekers

__all__ = ["OPCAnyAddress", "any_addresses"]


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

        loss = r L(x_r, y_r) + λ mean w_t ‖m(x_t, e) − m∅(x_t)‖₂ / √pixels

    Of a batch, the share `own` is shown under its own address, with w_t = 1. Of the others the
    share `sought` is shown under addresses that look for the class while it is being forgotten
    (see `Seekers`), the rest anywhere: rows of the table (null, too), mixtures of two rows, and
    Gaussians of the table's mean and spread, a third each. With all but the own w_t = (1 − t)^fade:
    in heavy noise a forgotten picture looks like any other, and what is contracted there is taken
    from the retained classes. By default all others are sought and nothing fades: with addresses
    drawn anywhere the retained classes suffered, and with a fade some runs left a way back.
    """

    retain_weight: float = 3.0
    own: float = setting(0.2, "share of forget pictures under their own address", low=0, high=1)
    sought: float = setting(
        1.0, "share of the others under addresses that look for the class", low=0, high=1
    )
    seekers: int = setting(
        8, "how many of these addresses there are for each class", low=1, high=1000, advanced=True
    )
    fade: float = setting(
        0.0, "how fast other addresses' weight falls with the noise; 0: not", low=0, high=10
    )

    def unlearn(self, request: Request[Generator]) -> tuple[Generator, Outcome]:
        """As any; a run that was stopped begins anew, for no resume file holds the seekers."""
        return super().unlearn(replace(request, resume_dir=None))

    def forget_loss(self, request: Request[Generator]) -> ForgetLoss:
        """Distance of the predictions to the point, under own, sought and any addresses."""
        gone = request.data.y_train[request.split.forget_train].unique()
        found: list[Seekers] = []

        def loss(model: Generator, shown: Noised) -> Tensor:
            if not found:
                found.append(Seekers(model, gone, self.seekers))
            (seekers,) = found
            seekers.move(model)
            y, count = shown.y, len(shown.y)
            foreign = (torch.rand(count) >= self.own).to(y.device)
            sought = foreign & (torch.rand(count) < self.sought).to(y.device)
            e = torch.where(foreign[:, None], any_addresses(model, count), model.address(y))
            e = torch.where(sought[:, None], seekers.addresses(y), e)
            answer = model(shown.x_t, shown.t, e).float()
            target = model.process.target(shown.x, shown.noise, shown.t)
            seekers.learn((answer - target).square().flatten(1).mean(1)[sought])
            weights = torch.where(foreign, (1 - shown.t) ** self.fade, 1.0)
            return self.weight * (weights * from_ignorance(model, answer, shown)).mean()

        return loss


def any_addresses(model: Generator, count: int) -> Tensor:
    """Rows of the table, mixtures of two, and Gaussians about it, (count, D)."""
    table = model.table.weight
    rows = table[torch.randint(len(table), (2, count)).to(table.device)]
    between = torch.rand(count, 1).to(table.device)
    mixed = rows[0] * between + rows[1] * (1 - between)
    spread, mean = table.detach().std(0), table.detach().mean(0)
    anywhere = mean + spread * torch.randn(count, table.shape[1]).to(table.device)
    kind = torch.randint(3, (count,)).to(table.device)
    others = torch.stack([rows[0], mixed, anywhere])
    return others[kind, torch.arange(count, device=table.device)]
