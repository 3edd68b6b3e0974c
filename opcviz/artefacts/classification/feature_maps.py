"""Maps of the probe set's features, each started from the original's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...common.json_types import Json, Plain
from ...results import MapReadOut, MapsResult
from ..kind import Kind, Made, register_kind
from .subject import Context

if TYPE_CHECKING:
    from ..evidence_settings import EvidenceSettings

__all__ = ["FeatureMaps"]


@register_kind(
    "maps",
    title="Feature maps",
    stage="drawing maps of",
    summary="UMAP, densMAP and PCA of the probe set",
    task="classification",
    optional=False,
)
class FeatureMaps(Kind[Context]):
    """One layout a kind of map, aligned by starting where the original's lies."""

    order = 70
    result = MapsResult

    def question(self, evidence: EvidenceSettings) -> Mapping[str, Plain]:
        """The kinds of map, and the size of the probe set."""
        return {"kinds": list(evidence.maps), "probe": evidence.probe, "version": self.version}

    def measure(self, context: Context) -> Made:
        """Draw every kind, and keep the probabilities of every answer beside the points."""
        import torch

        from ...maps import draw, radius_ratio

        start: dict[str, np.ndarray] = {}
        if context.has_original and not context.is_original:
            start = context.original.stored("maps").arrays("maps.npz")
        train, probe = context.subject.outputs.train, context.probe
        features = train.features[probe].cpu()
        forget = torch.isin(probe, context.split.forget_train).cpu()
        points: dict[str, np.ndarray] = {}
        about: dict[str, MapReadOut] = {}
        for kind in context.evidence.maps:
            context.progress.check()
            reference = torch.from_numpy(start[kind]) if kind in start else None
            layout = draw(features, kind, start=reference)
            points[kind] = layout.points.numpy()
            ratio = radius_ratio(layout.points, forget)
            about[kind] = MapReadOut(ratio, layout.note or None)
        probabilities = train.logits[probe].softmax(1).cpu().numpy().astype(np.float16)
        return Made(MapsResult(about), {"maps.npz": {**points, "probabilities": probabilities}})

    def show(self, result: Json | None, reason: str) -> Json:
        """Nothing: maps are pictures."""
        return {}
