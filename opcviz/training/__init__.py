"""The one training loop, the batches it takes and the file it resumes from."""

from .batches import Batch, Batches
from .loop import EpochCallback, ModelT, Objective, Outcome, Training, learning_rate, train

__all__ = [
    "Batch",
    "Batches",
    "EpochCallback",
    "ModelT",
    "Objective",
    "Outcome",
    "Training",
    "learning_rate",
    "train",
]
