"""What kinds about classifiers are given: features at every block, and their own context."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from .. import context
from ..subject import Subject, register_subject

if TYPE_CHECKING:
    from torch import Tensor

    from ...data import (
        Images,  # noqa: F401  (named in a string below: the screen has no torch)
        Split,
    )
    from ...models import Classifier  # noqa: F401  (the same)
    from ...tasks.classification import ModelOutputs, Observation

__all__ = ["ClassifierSubject", "Context", "population"]

POPULATION = 1000  # retained test samples that RMIA compares with


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

    @cached_property
    def on_population(self) -> Observation:
        """What it computes on retained test data, which no model saw; kept while weights are."""
        from ...tasks.classification import observe

        data, rows = self.bench.data, population(self.bench.split)
        x, y = data.x_test[rows], data.y_test[rows]
        return observe(self.network, x, y, progress=self.bench.progress)


def population(split: Split) -> Tensor:
    """At most `POPULATION` ids of retained test data, evenly spread: those that no model saw."""
    rows = split.retain_test
    return rows[:: -(-len(rows) // POPULATION) or 1]


Context = context.Context[ClassifierSubject, "Images"]
"""The context of kinds that declare `task="classification"`."""
