"""Gradient inversion: pictures from the gradients they leave in a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...attacks.inversion import Inversion
from ...common.json_types import Json, Plain
from ...results import InversionSummary
from ..columns import Column, figure
from ..evidence_settings import EvidenceSettings
from ..kind import Kind, Made, register_kind
from .subject import Context

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["GradientInversion"]

_psnr = figure(InversionSummary, lambda found: found.psnr)
_ssim = figure(InversionSummary, lambda found: found.ssim)
_gradient_norm = figure(InversionSummary, lambda found: found.gradient_norm)
_random_gradient = figure(
    InversionSummary, lambda found: found.random_gradient.psnr if found.random_gradient else None
)
_class_mean = figure(
    InversionSummary, lambda found: found.class_mean.psnr if found.class_mean else None
)


@register_kind(
    "inversion",
    title="Gradient inversion",
    stage="inverting gradients of",
    summary="reconstruct forget pictures from their gradients",
    version=2,
    task="classification",
    optional=False,
)
class GradientInversion(Kind):
    """A few forget pictures of the probe set, searched for in all models of a seed at once."""

    settings = {"inversion": Inversion}
    needs = frozenset({"together"})
    order = 80
    result = InversionSummary
    fields = {"inversion.{psnr,ssim}": "means over the attacked pictures (dB; 1 is identical)"}
    columns = (
        Column("PSNR", _psnr, ".1f", ("inversion", "show"), "dB"),
        Column("SSIM", _ssim, ".2f", ("inversion",)),
        Column("random gradient", _random_gradient, ".1f", ("inversion",)),
        Column("class mean", _class_mean, ".1f", ("inversion",)),
        Column("gradient norm", _gradient_norm, ".3f", ("inversion",)),
    )

    def question(self, evidence: EvidenceSettings) -> Mapping[str, Plain]:
        """The attack, and which pictures it is made on."""
        return {
            "attack": evidence.settings(Inversion).to_dict(),
            "pictures": evidence.pictures,
            "probe": evidence.probe,
            "version": self.version,
        }

    def measure(self, context: Context) -> Made:
        """One model alone."""
        return self.measure_all([context])[0]

    def measure_all(self, contexts: Sequence[Context]) -> list[Made]:
        """All models in one batch."""
        from ...attacks.inversion import class_mean_scores, invert

        context = contexts[0]
        data, ids = context.data, chosen_pictures(context)
        pictures, labels = data.batch(ids), data.y_train[ids]
        result = invert(
            [each.subject.network for each in contexts],
            pictures,
            labels,
            context.settings(Inversion),
            originals=[each.original.network for each in contexts],
            seed=context.seed,
            progress=context.progress,
        )
        baseline = class_mean_scores(data.x_train, data.y_train, pictures, labels)
        shared = {
            "ids": ids.cpu().numpy(),
            "pictures": _bytes(pictures),
            "steps": np.asarray(result.frame_steps, np.int32),
        }
        made = []
        drawings = zip(result.reconstructions, result.frames, strict=True)
        for about, (drawn, frames) in zip(result.summary(), drawings, strict=True):
            found = drawn.isfinite().flatten(1).all(1)  # a zero gradient has no reconstruction
            own = {
                "reconstructions": _bytes(drawn),
                "frames": _bytes(frames),
                "found": found.cpu().numpy(),
            }
            arrays = {"inversion.npz": {**shared, **own}}
            made.append(Made(replace(about, class_mean=baseline), arrays))
        return made

    def show(self, result: Json | None, reason: str) -> Json:
        """Scores, or null with a reason."""
        if result is None or "psnr" not in result:
            return {"inversion": {"psnr": None, "ssim": None, "reason": reason}}
        return {"inversion": result}


def chosen_pictures(context: Context) -> Tensor:
    """Positions of forget samples of the probe set to attack, spread over its classes."""
    import torch

    forget = context.probe[torch.isin(context.probe, context.split.forget_train)]
    count = min(context.evidence.pictures, len(forget))
    at = torch.linspace(0, len(forget) - 1, count, device=forget.device).round().long()
    return forget[at]


def _bytes(pictures: Tensor) -> np.ndarray:
    """Pictures in [0, 1] as uint8; what was not found is grey."""
    return (pictures.nan_to_num(0.5).clamp(0, 1) * 255).round().byte().cpu().numpy()
