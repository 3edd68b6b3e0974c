"""Relearning: how fast forgotten data come back when training goes on."""

from .attack import Relearning, relearn

__all__ = ["Relearning", "relearn"]
