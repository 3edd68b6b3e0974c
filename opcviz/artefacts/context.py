"""What a kind of artefact is given: a model, its references, the data and the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic

from typing_extensions import TypeVar

from ..common.config import Config
from ..common.progress import Progress
from .again import Again, NoMethod
from .evidence_settings import EvidenceSettings
from .shadow import ShadowTrainer, no_shadows
from .subject import Subject, is_given

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..data import Data, Split

__all__ = ["Context"]

C = TypeVar("C", bound=Config)
SubjectT = TypeVar("SubjectT", bound=Subject, default=Subject, covariant=True)
"""What the task's models show."""
DataT = TypeVar("DataT", bound="Data", default="Data", covariant=True)
"""The data sets of the task."""


@dataclass(frozen=True)
class Context(Generic[SubjectT, DataT]):
    """Everything that a kind may use.

    A kind about the models of one task says which subjects and data it is given, as those about
    classifiers do in `artefacts.classification.subject`; where nothing is said, they are those of
    any task.

    Attributes:
        subject: the model.
        original: the original model of its seed; the subject itself, where that is the original.
            Where it was not given, asking it for anything raises `NotGiven`, whose reason is then
            stored in place of the answer.
        retrained: the retrained model of its seed; None where there is none, or where the kind does
            not declare that it needs one.
        references: all models that a reference method (`original`, `retrain`) left, over the
            reference seeds, without those whose training failed.
        data, split: the data set and its parts, on the device.
        probe: (n,) positions of the probe set in the train set.
        evidence: all settings.
        seed: of everything random.
        progress: told what happens, asked whether to stop.
        shadow: trains models as this one was made, on other forget sets; each once in a study.
        again: runs the method that made it once more.
    """

    subject: SubjectT
    original: SubjectT
    retrained: SubjectT | None
    references: Callable[[str], Sequence[SubjectT]]
    data: DataT
    split: Split
    probe: Tensor
    evidence: EvidenceSettings
    seed: int
    progress: Progress
    shadow: ShadowTrainer = no_shadows
    again: Again = field(default_factory=NoMethod)

    @property
    def device(self) -> torch.device:
        """Where tensors live."""
        return self.data.device

    @property
    def is_original(self) -> bool:
        """Whether the subject is the original model itself."""
        return self.subject.method == "original"

    @property
    def has_original(self) -> bool:
        """Whether the original model is there; a kind that can do without it asks this."""
        return is_given(self.original)

    def settings(self, cls: type[C]) -> C:
        """The kind's settings, as in `context.settings(Recovery)`."""
        return self.evidence.settings(cls)
