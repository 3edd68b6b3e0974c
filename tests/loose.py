"""Frozen inputs of attacks and measures, with fields that a test may replace."""

from __future__ import annotations

from opcviz.data import Split
from opcviz.tasks.classification import ModelOutputs, Observation


class LooseObservation(Observation):
    """An observation whose tensors can be replaced."""

    __setattr__ = object.__setattr__


class LooseOutputs(ModelOutputs):
    """Outputs whose sides can be replaced."""

    __setattr__ = object.__setattr__


class LooseSplit(Split):
    """A split whose parts can be replaced."""

    __setattr__ = object.__setattr__
