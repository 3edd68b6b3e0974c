"""Data augmentation of training pictures, batched and on the device."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .names import POLICY_NAMES
    from .policies import POLICIES, augment, policy
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "names": "POLICY_NAMES",
            "policies": "POLICIES augment policy",
        },
    )

__all__ = ["POLICIES", "POLICY_NAMES", "augment", "policy"]
