"""Names of the augmentation policies, for settings; `policies` says what each does."""

from __future__ import annotations

__all__ = ["POLICY_NAMES"]

_AFTER_DEFAULT = ("randaugment", "autoaugment", "trivialaugment", "random_erasing", "augmix")

POLICY_NAMES = (
    "none",
    "crop",
    "crop_flip",
    *_AFTER_DEFAULT,
    *(f"crop_{name}" for name in _AFTER_DEFAULT),
)
