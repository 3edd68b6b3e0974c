"""Recovery in closed form: affine maps from what is left to what was there."""

from .attack import ATTACKS, FIT_SETS, Recovery, ThreatModel, recover
from .live import LiveRecovery

__all__ = ["ATTACKS", "FIT_SETS", "LiveRecovery", "Recovery", "ThreatModel", "recover"]
