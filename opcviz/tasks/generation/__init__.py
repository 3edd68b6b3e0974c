"""Generation: draw a picture of a class that is asked for."""

from typing import TYPE_CHECKING

from ...common.lazy import face

if TYPE_CHECKING:
    from .observe import GeneratorOutputs, Seen
    from .task import CLASS_DROPOUT, Generation
else:
    __getattr__, __dir__ = face(
        __name__,
        {"observe": "GeneratorOutputs Seen", "task": "CLASS_DROPOUT Generation"},
    )

__all__ = ["CLASS_DROPOUT", "Generation", "GeneratorOutputs", "Seen"]
