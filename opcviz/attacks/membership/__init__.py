"""Membership inference: was a sample in the training set?"""

from .attack import Membership, ThresholdThreat, membership, threshold_attacks
from .lira import ReferenceAttack, References, forget_references, reference_attack
from .scores import MEMBER_SCORES, scaled_confidence
from .svc import SVC_SCORES

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
