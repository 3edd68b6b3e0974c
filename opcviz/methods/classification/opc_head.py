"""Shallow forgetting in one line of algebra: contract the logits by changing the head alone."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.config import setting
from ...common.progress import Step
from ...models import Classifier
from ...tasks.classification import observe
from ...training import Outcome
from ..base import Method, Request, register

__all__ = ["OPCHead", "fit_head"]


@register(
    "opc_head",
    title="OPC, head only",
    paper="Jung, Jung, Bae, Lee 2025, arXiv 2507.07754, appendix",
    family="contraction",
    needs="forget retain original",
    summary="least squares: new head with old logits on retain data, 0 on forget data; no training",
    fidelity="ours",
    deviations=(
        "The paper's appendix says that the head alone changes, without training; least squares "
        "with equally weighted parts is decided here.",
    ),
)
@dataclass(frozen=True)
class OPCHead(Method[Classifier]):
    """The textbook example of shallow forgetting: the reverse of the head recovery attack.

        V, c = argmin E_r ‖V f + c − (W f + b)‖² + λ E_f ‖V f + c‖² + ρ ‖V‖²_F

    over the old features f; V, c replace the old head W, b. The body is left as it is, bit for
    bit, so refitting the head recovers everything. The paper says what changes and that
    nothing is trained; least squares with equally weighted parts (λ = 1) is what we decided. ρ is
    in units of the features' mean square, so that its meaning does not depend on their scale.
    """

    weight: float = setting(1.0, "λ, weight of the forget data", low=1e-3, high=1e6, log=True)
    ridge: float = setting(
        1e-6, "ρ, penalty on the new head (relative)", low=0, high=1, advanced=True
    )

    tasks = frozenset({"classification"})
    exact = "all of it: features as evidence sees them, and least squares in float64"

    def unlearn(self, request: Request[Classifier]) -> tuple[Classifier, Outcome]:
        """Observe, solve, replace the head."""
        self.check(request)
        model = request.copy_of_original()
        began = time.perf_counter()
        x, y = request.data.x_train, request.data.y_train
        seen = observe(model, x, y, progress=request.progress)
        parts = request.split.retain_train, request.split.forget_train
        retain, forget = (seen.features[ids].double().cpu() for ids in parts)
        logits = seen.logits[parts[0]].double().cpu()
        request.progress(Step(1, 2))
        weight, bias = fit_head(retain, logits, forget, self.weight, self.ridge)
        request.progress(Step(2, 2))
        with torch.no_grad():
            model.head.weight.copy_(weight)
            if model.head.bias is not None:
                model.head.bias.copy_(bias)
        return model.eval(), Outcome(seconds=time.perf_counter() - began)


def fit_head(
    retain: Tensor, logits: Tensor, forget: Tensor, weight: float, ridge: float
) -> tuple[Tensor, Tensor]:
    """Solve for the new head (C, d) and (C,).

    Args:
        retain: (m, d) float64 features, with `logits` (m, C) that are to stay.
        forget: (n, d) float64 features, whose logits are to be 0.
        weight: λ. ridge: ρ in units of the features' mean square.
    """
    m, n, d = max(1, len(retain)), max(1, len(forget)), retain.shape[1]
    each = torch.tensor([1 / m, weight / n], dtype=retain.dtype)
    each = each.repeat_interleave(torch.tensor([len(retain), len(forget)]))
    features = torch.cat([retain, forget])
    penalty = (ridge * (each @ features.square()).mean()).sqrt()
    rows = torch.cat([features, torch.ones_like(features[:, :1])], 1) * each.sqrt()[:, None]
    wanted = torch.cat([logits, logits.new_zeros(len(forget), logits.shape[1])])
    free = penalty * torch.eye(d, d + 1, dtype=rows.dtype)  # the bias, last, costs nothing
    system = torch.cat([rows, free])
    target = torch.cat([wanted * each.sqrt()[:, None], wanted.new_zeros(d, wanted.shape[1])])
    solution = torch.linalg.lstsq(system, target, driver="gelsd").solution
    return solution[:-1].T.contiguous(), solution[-1].contiguous()
