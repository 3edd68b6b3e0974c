"""The one training loop, the batches it takes and the file it resumes from."""

from .batches import Batch, Feed
from .loop import Objective, Outcome, Training, Watch, learning_rate, train

__all__ = [
    "Batch",
    "Feed",
    "Objective",
    "Outcome",
    "Training",
    "Watch",
    "learning_rate",
    "train",
]
