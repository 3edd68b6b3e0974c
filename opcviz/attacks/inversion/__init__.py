"""Gradient inversion: a picture from the gradient it leaves."""

from .attack import Inversion, class_mean_scores, flushed_denormals, frozen_copy, invert

__all__ = ["Inversion", "class_mean_scores", "flushed_denormals", "frozen_copy", "invert"]
