"""Numbers that say what a model does and what its features look like."""

from .accuracy import accuracy, accuracy_report, per_class_accuracy
from .collapse import collapse
from .entropy import centred_norm, least_entropy, prediction_entropy
from .separability import separability

__all__ = [
    "accuracy",
    "accuracy_report",
    "centred_norm",
    "collapse",
    "least_entropy",
    "per_class_accuracy",
    "prediction_entropy",
    "separability",
]
