"""What training and examining one model need of the study that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from ..common.json_types import Plain
from ..common.progress import Progress

if TYPE_CHECKING:
    from ..data import Data, Split
    from ..methods import Method
    from ..tasks import Task
    from .spec import Study
    from .store import Artefact, Store

__all__ = ["StudyWork"]


class HasNetwork(Protocol):
    """A trained model with all that it computes."""

    @property
    def network(self) -> nn.Module:
        """The model in eval mode."""


class StudyWork(Protocol):
    """One study at work; `opcviz.study.runner.StudyRunner` is the one there is."""

    study: Study
    store: Store
    device: torch.device
    progress: Progress
    original: Method

    @property
    def data(self) -> Data:
        """The data set, on the device."""

    @property
    def split(self) -> Split:
        """Forget and retain positions of the train and the test set."""

    @property
    def before(self) -> StudyWork | None:
        """The study of the same requests but the last, at work; None where there is none."""

    @property
    def probe(self) -> Tensor:
        """Positions of the probe set in the train set."""

    @property
    def live(self) -> Tensor:
        """Positions of the samples watched during training."""

    @property
    def task(self) -> Task:
        """What the study's models do."""

    def build(self, seed: int) -> nn.Module:
        """A freshly initialised model."""

    def place(self, method: Method, seed: int) -> str:
        """The model's folder in the store."""

    def question(self, kind: str, method: Method, seed: int) -> Mapping[str, Plain]:
        """What an artefact answers."""

    def find(self, kind: str, method: Method, seed: int) -> Artefact | None:
        """The stored answer, or None."""

    def writing(self, kind: str, method: Method, seed: int) -> AbstractContextManager[Path]:
        """A folder to fill with an answer."""

    def make(self, kind: str, method: Method, seed: int) -> Artefact:
        """The stored answer, computed first if it is missing."""

    def load_model(self, method: Method, seed: int) -> nn.Module:
        """The trained model in eval mode."""

    def subject(self, method: Method, seed: int) -> HasNetwork:
        """A trained model with all that it computes."""
