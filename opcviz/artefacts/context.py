"""What a kind of artefact is given: a model, its references, the data and the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..common.config import Config
from ..common.progress import Progress
from ..common.records import Record
from .evidence_settings import EvidenceSettings

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor

    from ..data import Images, Split
    from ..models import Classifier
    from ..tasks.classification import ModelOutputs, Observation

__all__ = ["Context", "Stored", "Subject"]

C = TypeVar("C", bound=Config)
R = TypeVar("R", bound=Record)


class Stored(Protocol):
    """A stored artefact, for reading."""

    def record(self, cls: type[R]) -> R:
        """Its numbers as the record that its kind declares."""

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """An npz file of it."""


class Subject(Protocol):
    """One trained model under examination; what it computes is computed once."""

    @property
    def method(self) -> str:
        """Registered name of the method that made it."""

    @property
    def seed(self) -> int:
        """Of its training."""

    @property
    def network(self) -> Classifier:
        """The model in eval mode, on the device."""

    @property
    def outputs(self) -> ModelOutputs:
        """What it computes on all train and test samples."""

    @property
    def blocks(self) -> Mapping[str, ModelOutputs]:
        """The same with every block's pooled output as the features, from input to head."""

    @property
    def on_forget_data(self) -> Observation:
        """What it computes on the forget part of the train set alone."""

    def stored(self, kind: str) -> Stored:
        """Another artefact about it, made first if it is missing."""


@dataclass(frozen=True)
class Context:
    """Everything that a kind may use.

    Attributes:
        subject: the model.
        original: the original model of its seed; the subject itself, where that is the original.
        retrained: the retrained model of its seed; None where there is none, or where the kind does
            not declare that it needs one.
        references: all models that a reference method (`original`, `retrain`) left, over the
            reference seeds, without those whose training failed.
        data, split: the data set and its parts, on the device.
        probe: (n,) positions of the probe set in the train set.
        evidence: all settings.
        seed: of everything random.
        progress: told what happens, asked whether to stop.
    """

    subject: Subject
    original: Subject
    retrained: Subject | None
    references: Callable[[str], Sequence[Subject]]
    data: Images
    split: Split
    probe: Tensor
    evidence: EvidenceSettings
    seed: int
    progress: Progress

    @property
    def device(self) -> torch.device:
        """Where tensors live."""
        return self.data.device

    @property
    def is_original(self) -> bool:
        """Whether the subject is the original model itself."""
        return self.subject.method == "original"

    def settings(self, cls: type[C]) -> C:
        """The kind's settings, as in `context.settings(Recovery)`."""
        return self.evidence.settings(cls)
