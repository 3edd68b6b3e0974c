"""A study's trained models, as they are given to the kinds of artefact."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from torch import nn

from ..common.progress import Progress
from ..data import Data, Split
from ..methods import Method
from ..models import Classifier
from ..tasks.classification import ModelOutputs, Observation, observe, observe_blocks
from .store import Artefact

if TYPE_CHECKING:
    from .work import StudyWork

__all__ = ["Trained"]


class Trained:
    """One trained model; what it computes is computed when first asked for, and kept.

    Args:
        runner: where its weights and its other artefacts come from.
        config: the method that made it.
        seed: of its training.
    """

    def __init__(self, runner: StudyWork, config: Method, seed: int) -> None:
        self._runner, self.config, self.seed = runner, config, seed

    @property
    def method(self) -> str:
        """Registered name of the method."""
        return self.config.info.name

    @property
    def _data(self) -> tuple[Data, Split, Progress]:
        return self._runner.data, self._runner.split, self._runner.progress

    @cached_property
    def network(self) -> nn.Module:
        """The model in eval mode.

        Raises:
            StoreError: when its training left none.
        """
        return self._runner.load_model(self.config, self.seed)

    @cached_property
    def outputs(self) -> object:
        """What it computes on all train and test samples, see `Task.observe`."""
        data, _, progress = self._data
        return self._runner.task.observe(self.network, data, progress=progress)

    @cached_property
    def blocks(self) -> Mapping[str, ModelOutputs]:
        """The same with every block's pooled output as the features."""
        data, _, progress = self._data
        model = self._classifier
        train = observe_blocks(model, data.x_train, data.y_train, progress=progress)
        test = observe_blocks(model, data.x_test, data.y_test, progress=progress)
        return {name: ModelOutputs(train[name], test[name]) for name in train}

    @cached_property
    def on_forget_data(self) -> Observation:
        """What it computes on the forget part of the train set alone."""
        data, split, progress = self._data
        rows = split.forget_train
        return observe(self._classifier, data.x_train[rows], data.y_train[rows], progress=progress)

    @property
    def _classifier(self) -> Classifier:
        if not isinstance(self.network, Classifier):
            raise TypeError(
                f"{type(self.network).__name__} has no body|head split: only kinds of artefact "
                "about classifiers may ask for blocks and forget-set features"
            )
        return self.network

    def stored(self, kind: str) -> Artefact:
        """Another artefact about it, made first if it is missing."""
        return self._runner.make(kind, self.config, self.seed)

    def release(self) -> None:
        """Let go of what takes memory: all outputs; forget-set outputs and weights stay."""
        for name in ("outputs", "blocks"):
            self.__dict__.pop(name, None)
