"""What kinds about classifiers are given: features at every block, and their own context."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from .. import context
from ..subject import Subject, register_subject

if TYPE_CHECKING:
    from ...data import Images  # noqa: F401  (named in a string below: the screen has no torch)
    from ...models import Classifier  # noqa: F401  (the same)
    from ...tasks.classification import ModelOutputs, Observation

__all__ = ["ClassifierSubject", "Context"]


@register_subject("classification")
class ClassifierSubject(Subject["Classifier", "ModelOutputs"]):
    """A trained classifier; its `outputs` are features and logits."""

    large = ("outputs", "blocks")

    @cached_property
    def blocks(self) -> Mapping[str, ModelOutputs]:
        """Outputs with every block's pooled output as the features, from input to head."""
        from ...tasks.classification import ModelOutputs, observe_blocks

        data, told = self.bench.data, self.bench.progress
        train = observe_blocks(self.network, data.x_train, data.y_train, progress=told)
        test = observe_blocks(self.network, data.x_test, data.y_test, progress=told)
        return {name: ModelOutputs(train[name], test[name]) for name in train}

    @cached_property
    def on_forget_data(self) -> Observation:
        """What it computes on the forget part of the train set alone; kept while weights are."""
        from ...tasks.classification import observe

        data, rows = self.bench.data, self.bench.split.forget_train
        x, y = data.x_train[rows], data.y_train[rows]
        return observe(self.network, x, y, progress=self.bench.progress)


Context = context.Context[ClassifierSubject, "Images"]
"""The context of kinds that declare `task="classification"`."""
