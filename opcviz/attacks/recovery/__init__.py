"""Recovery in closed form: affine maps from what is left to what was there."""

from ...results import ATTACKS, FIT_SETS
from .attack import Recovery, ThreatModel, recover
from .live import LiveRecovery

__all__ = ["ATTACKS", "FIT_SETS", "LiveRecovery", "Recovery", "ThreatModel", "recover"]
