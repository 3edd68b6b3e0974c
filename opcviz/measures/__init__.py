"""Numbers that say what a model does and what its features look like."""

from .accuracy import accuracy, accuracy_report, balanced_accuracy, per_class_accuracy
from .collapse import collapse
from .entropy import centred_norm, entropy_floor, least_entropy, prediction_entropy
from .separability import separability

__all__ = [
    "accuracy",
    "accuracy_report",
    "balanced_accuracy",
    "centred_norm",
    "collapse",
    "entropy_floor",
    "least_entropy",
    "per_class_accuracy",
    "prediction_entropy",
    "separability",
]
