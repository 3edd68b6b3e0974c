"""Membership inference: was a sample in the training set?"""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .attack import ThresholdThreat, membership, threshold_attacks
    from .lira import References, forget_references, reference_attack
    from .scores import MEMBER_SCORES, scaled_confidence
    from .settings import Membership, ReferenceAttack
    from .svc import SVC_SCORES
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "attack": "ThresholdThreat membership threshold_attacks",
            "lira": "References forget_references reference_attack",
            "scores": "MEMBER_SCORES scaled_confidence",
            "settings": "Membership ReferenceAttack",
            "svc": "SVC_SCORES",
        },
    )

__all__ = [
    "MEMBER_SCORES",
    "SVC_SCORES",
    "Membership",
    "ReferenceAttack",
    "References",
    "ThresholdThreat",
    "forget_references",
    "membership",
    "reference_attack",
    "scaled_confidence",
    "threshold_attacks",
]
