"""Membership inference: was a sample in the training set?"""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import ThresholdThreat, membership, threshold_attacks
    from .game import mean_auc_interval
    from .lira import reference_attack
    from .pairwise import rmia
    from .references import Answers, References, forget_references
    from .scores import MEMBER_SCORES, scaled_confidence
    from .settings import Membership, ReferenceAttack, ShadowAttack
    from .shadows import Shadows, forget_sets, shadow_attack
    from .svc import SVC_SCORES
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "ThresholdThreat membership threshold_attacks",
            "game": "mean_auc_interval",
            "lira": "reference_attack",
            "pairwise": "rmia",
            "references": "Answers References forget_references",
            "scores": "MEMBER_SCORES scaled_confidence",
            "settings": "Membership ReferenceAttack ShadowAttack",
            "shadows": "Shadows forget_sets shadow_attack",
            "svc": "SVC_SCORES",
        },
    )

__all__ = [
    "MEMBER_SCORES",
    "SVC_SCORES",
    "Answers",
    "Membership",
    "ReferenceAttack",
    "References",
    "ShadowAttack",
    "Shadows",
    "ThresholdThreat",
    "forget_references",
    "forget_sets",
    "mean_auc_interval",
    "membership",
    "reference_attack",
    "rmia",
    "scaled_confidence",
    "shadow_attack",
    "threshold_attacks",
]
