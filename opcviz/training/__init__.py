"""The one training loop, the batches it takes and the file it resumes from."""

from typing import TYPE_CHECKING

from ..common.lazy import face

if TYPE_CHECKING:
    from .batches import Batch, Batches
    from .callbacks import EpochCallback
    from .loop import ModelT, Objective, Outcome, learning_rate, pace, train
    from .relative import RelativeAdam
    from .rounds import RoundLog, train_rounds
    from .settings import Training
else:
    __getattr__, __dir__ = face(
        __name__,
        {
            "batches": "Batch Batches",
            "callbacks": "EpochCallback",
            "loop": "ModelT Objective Outcome learning_rate pace train",
            "relative": "RelativeAdam",
            "rounds": "RoundLog train_rounds",
            "settings": "Training",
        },
    )

__all__ = [
    "Batch",
    "Batches",
    "EpochCallback",
    "ModelT",
    "Objective",
    "Outcome",
    "RelativeAdam",
    "RoundLog",
    "Training",
    "learning_rate",
    "pace",
    "train",
    "train_rounds",
]
