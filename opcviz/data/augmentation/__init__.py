"""Data augmentation of training pictures, batched and on the device."""

from .policies import POLICIES, augment, policy

__all__ = ["POLICIES", "augment", "policy"]
