"""Was it in the training set? And does it stand out as something never seen?"""

from __future__ import annotations

from ...attacks.membership import Membership
from ...common.json_types import Json
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
    fields = {"membership": "`thresholds`, `svc`, `outliers`, `separability`"}

    def measure(self, context: Context) -> Made:
        """All of it from the outputs of one pass."""
        from ...attacks.membership import membership
        from ...measures.outliers import outliers

        outputs = context.subject.outputs
        result = {
            **membership(
                outputs,
                context.split,
                context.settings(Membership),
                seed=context.seed,
                progress=context.progress,
            ),
            "outliers": outliers(outputs, context.split),
            "separability": _told_apart(context),
        }
        return Made(result)


def _told_apart(context: Context) -> Json:
    """Can forget samples be told from unseen ones of their kind, and by their logits alone?

    By features against retained samples is part of the evidence of every model.
    """
    from ...measures import separability

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
