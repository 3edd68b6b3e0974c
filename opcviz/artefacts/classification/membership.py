"""Was it in the training set? And does it stand out as something never seen?"""

from __future__ import annotations

from dataclasses import replace

from ...attacks.membership import Membership, membership
from ...measures import separability
from ...measures.outliers import outliers
from ...results import MembershipResult, Separability
from ..context import Context
from ..kind import Kind, Made, register_kind

__all__ = ["MembershipTests"]


@register_kind(
    "membership",
    title="Membership",
    stage="testing membership in",
    summary="membership by thresholds and SVC, outlier scores, separability from unseen data",
    version=2,
    task="classification",
    default=True,
)
class MembershipTests(Kind):
    """Membership attacks that need no reference models, and how the forget data stand out."""

    settings = {"membership": Membership}
    order = 20
    result = MembershipResult
    fields = {"membership": "`thresholds`, `svc`, `outliers`, `separability`"}

    def measure(self, context: Context) -> Made:
        """All of it from the outputs of one pass."""
        outputs = context.subject.outputs
        attacked = membership(
            outputs,
            context.split,
            context.settings(Membership),
            seed=context.seed,
            progress=context.progress,
        )
        return Made(
            replace(
                attacked,
                outliers=outliers(outputs, context.split),
                separability=_separability_from_unseen(context),
            )
        )


def _separability_from_unseen(context: Context) -> dict[str, dict[str, Separability]]:
    """Can forget samples be told from unseen ones of their kind, and by their logits alone?

    By features against retained samples is part of the evidence of every model.
    """
    split, outputs = context.split, context.subject.outputs
    train, test = outputs.train, outputs.test
    unseen = split.forget_test if split.classes else split.retain_test
    pairs = {
        "features": (train.features, {"unseen": test.features[unseen]}),
        "logits": (
            train.logits,
            {"retain": train.logits[split.retain_train], "unseen": test.logits[unseen]},
        ),
    }
    return {
        name: {
            side: separability(seen[split.forget_train], others, progress=context.progress)
            for side, others in against.items()
        }
        for name, (seen, against) in pairs.items()
    }
