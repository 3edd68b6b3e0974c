"""Every sample of the probe set: its neighbours, whose answer comes back, who shares its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...attacks.recovery import Recovery
from ...common.json_types import Json, Plain
from ...common.records import Undefined, defined
from ...results import CoincidentGroup, SamplesResult
from ..kind import Kind, Made, register_kind
from .subject import Context

if TYPE_CHECKING:
    from torch import Tensor

    from ...maps.coincident import Coincident
    from ..evidence_settings import EvidenceSettings

__all__ = ["SamplesKind"]

NEIGHBOURS = 10
ACCUSED = 0.05  # part of the unseen samples that a membership score accuses wrongly
DIVERGED = "the features are not finite: the model diverged"


@register_kind(
    "samples",
    title="Samples",
    stage="looking at each sample of",
    summary="of every probe sample: coincident ones, neighbours, restored answers, membership",
    task="classification",
    optional=False,
)
class SamplesKind(Kind[Context]):
    """What a map cannot show of a sample, for whoever picks some of them out."""

    order = 75
    result = SamplesResult

    def question(self, evidence: EvidenceSettings) -> Mapping[str, Plain]:
        """The size of the probe set, and FM's ridge and intercept."""
        recovery = evidence.settings(Recovery)
        return {
            "probe": evidence.probe,
            "ridge": recovery.ridge,
            "intercept": recovery.intercept,
            "version": self.version,
        }

    def measure(self, context: Context) -> Made:
        """Arrays of one entry a probe sample, in the order of the probe set.

        `groups` int16, number of its group of coincident samples, −1: alone; `neighbours` (n, k)
        int32, positions of the nearest, and `distances` (n, k) float32 to them in median class
        radii, NaN where there is no such unit; `restored` and `restored_all` int16, the answer of
        FM fitted on retained, on all data without the sample, −1: none; `member` float32, log
        probability of the true class, NaN where it says nothing.
        """
        import torch

        from ...attacks.recovery import Restored, restored_answers
        from ...maps.coincident import coincident
        from ...maps.neighbours import nearest

        subject, original, probe = context.subject, context.original, context.probe
        train, split = subject.outputs.train, context.split
        features, labels = train.features[probe].cpu(), train.labels[probe].cpu()
        if not train.features.isfinite().all():
            return Made(SamplesResult(Undefined(DIVERGED)))
        forget = torch.isin(probe, split.forget_train).cpu()
        found = coincident(features, labels, forget)
        near, far = nearest(features.double(), min(NEIGHBOURS + 1, len(probe)))
        unit = found.radius if defined(found.radius) and found.radius > 0 else float("nan")
        context.progress.check()
        restored = Restored.nothing(len(probe))
        if context.has_original:
            restored = restored_answers(
                original.outputs.train,
                train,
                original.network.head_weights,
                split,
                probe,
                context.settings(Recovery),
                progress=context.progress,
            )
        member, limit = _membership(context)
        arrays: dict[str, np.ndarray] = {
            "groups": found.groups.numpy().astype(np.int16),
            "neighbours": near[:, 1:].astype(np.int32),
            "distances": (far[:, 1:] / unit).astype(np.float32),
            "restored": restored.retain.numpy().astype(np.int16),
            "restored_all": restored.everything.numpy().astype(np.int16),
            "member": member,
        }
        groups = _groups(found, labels, forget)
        return Made(SamplesResult(found.radius, groups, limit), {"samples.npz": arrays})

    def show(self, result: Json | None, reason: str) -> Json:
        """Nothing: what it says of single samples is shown where they are picked."""
        return {}


def _groups(found: Coincident, labels: Tensor, forget: Tensor) -> tuple[CoincidentGroup, ...]:
    """What the groups consist of."""
    told = []
    for number, width in enumerate(found.widths):
        rows = found.groups == number
        count = int(rows.sum())
        classes, each = labels[rows].unique(return_counts=True)
        shares = {str(c): n / count for c, n in zip(classes.tolist(), each.tolist(), strict=True)}
        told.append(CoincidentGroup(count, int(forget[rows].sum()), shares, width))
    return tuple(told)


def _membership(context: Context) -> tuple[np.ndarray, float | Undefined]:
    """The loss threshold's score of each probe sample, and what few unseen samples reach."""
    from ...attacks.membership.scores import ALIKE, alike, member_scores

    outputs, probe, split = context.subject.outputs, context.probe, context.split
    unseen = split.forget_test if split.classes else split.retain_test
    seen, never = outputs.train.logits[probe], outputs.test.logits[unseen]
    none = np.full(len(probe), np.nan, np.float32)
    if not (seen.isfinite().all() and never.isfinite().all()):
        return none, Undefined("the logits are not finite: the model diverged")
    if alike(seen, never):
        return none, Undefined(ALIKE)
    score = member_scores(seen, outputs.train.labels[probe])["loss"].numpy().astype(np.float32)
    if not len(unseen):
        return score, Undefined("there are no samples of this kind that the model never saw")
    others = member_scores(never, outputs.test.labels[unseen])["loss"].numpy()
    return score, float(np.quantile(others, 1 - ACCUSED))
