"""DiMUM for records of earthquakes: retained ones are memorised in the place of forgotten ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...common.config import setting
from ...models.diffusion.process import stratified
from ...models.waveforms import WaveformGenerator
from ...tasks.generation.task import noise_like
from ...training import Batch, Objective
from ..base import Request, register
from .asking import Redirected

__all__ = ["NearestRetained", "nearest_retained"]

DEPTH_SCALE = 12.0  # km; magnitudes and ln R are taken as they are
CHUNK = 512


@register(
    "dimum_waveforms",
    title="DiMUM (records)",
    paper="after Yuan et al. 2025, arXiv 2512.03564",
    family="memorising",
    needs="forget retain original",
    summary="a forgotten condition is trained on the retained records nearest to it in magnitude, "
    "distance and depth",
    fidelity="corrected",
    deviations=(
        "Written after the paper's abstract and accounts of it, for no code is public; that the "
        "alternatives are the nearest retained records is ours.",
    ),
)
@dataclass(frozen=True)
class NearestRetained(Redirected):
    """Unlearning by memorisation of what somebody who knows only the retained records would say.

        loss = L(x_r, y_r) + λ L(z', c_f)

    z' is the code of one of the k retained records nearest to the forgotten condition in
    magnitude, ln distance and depth, drawn anew in each step.
    """

    weight: float = setting(1.0, "λ, weight of the alternative", low=0, high=1000)
    neighbours: int = setting(8, "k, nearest retained records to draw from", low=1, high=1000)

    def objective(
        self, request: Request[WaveformGenerator], model: WaveformGenerator
    ) -> Objective[WaveformGenerator]:
        """The loss of a joint batch, which says which forget records are in it."""
        data, split = request.data, request.split
        near = nearest_retained(
            data.y_train[split.forget_train], data.y_train[split.retain_train], self.neighbours
        )
        row = torch.full((len(data.y_train),), -1, device=data.device)
        row[split.forget_train] = torch.arange(len(split.forget_train), device=data.device)

        def loss(model: WaveformGenerator, batch: Batch) -> Tensor:
            kept, gone = batch.retain, batch.forget
            plain = request.task.losses(model, batch.x[kept], batch.y[kept]).mean()
            count = int(gone.sum())
            if not count:
                return self.retain_weight * plain
            drawn = torch.randint(near.shape[1], (count,)).to(data.device)
            chosen = split.retain_train[near[row[batch.index[gone]], drawn]]
            codes = model.encode(data.batch(chosen)).detach()
            t = stratified(count).to(codes.device)
            other = model.losses(codes, model.address(batch.y[gone]), t, noise_like(codes))
            return self.retain_weight * plain + self.weight * other.mean()

        return loss


def nearest_retained(forgotten: Tensor, retained: Tensor, count: int) -> Tensor:
    """(F, count) positions of the nearest retained conditions (R, 6) of forgotten ones (F, 6)."""
    ours, theirs = _features(forgotten), _features(retained)
    count = min(count, len(retained))
    parts = [
        torch.cdist(part, theirs).topk(count, largest=False).indices for part in ours.split(CHUNK)
    ]
    return torch.cat(parts)


def _features(y: Tensor) -> Tensor:
    """Magnitude, ln of the distance from source to station, and depth, (N, 3)."""
    away = ((y[:, :2] - y[:, 4:6]).square().sum(1) + y[:, 2].square()).sqrt()
    return torch.stack([y[:, 3], away.clamp(min=1e-3).log(), y[:, 2] / DEPTH_SCALE], 1)
