"""What kinds about classifiers are given: features at every block, and their own context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from .. import context
from ..subject import Subject, register_subject

if TYPE_CHECKING:
    from torch import Tensor

    from ...attacks.strongest import Seen, Sight, Strongest, View
    from ...attacks.transfer import Downstream, Transfer
    from ...common.records import Undefined
    from ...data import (
        Images,  # noqa: F401  (named in a string below: the screen has no torch)
        Split,
    )
    from ...models import Classifier  # noqa: F401  (the same)
    from ...results import Rung
    from ...tasks.classification import ModelOutputs, Observation

__all__ = ["BLOCKS", "ClassifierSubject", "Context", "population"]

BLOCKS = "blocks"
"""What a kind awaits that looks at a subject's `blocks`; who looks at views awaits a `Sight`."""

POPULATION = 1000  # retained test samples that RMIA compares with


@register_subject("classification")
class ClassifierSubject(Subject["Classifier", "ModelOutputs"]):
    """A trained classifier; its `outputs` are features and logits."""

    large = ("seen", "blocks")

    @cached_property
    def seen(self) -> Seen:
        """All that is awaited of it, from one pass over the data."""
        from ...attacks.strongest import Sight, observe_together

        awaited, bench = self.awaited, self.bench
        sights = [look for look in awaited if isinstance(look, Sight)]
        return observe_together(
            self.network, bench.data, sights, blocks=BLOCKS in awaited, progress=bench.progress
        )

    @cached_property
    def floors(self) -> dict[Strongest, list[Rung]]:
        """Of an original: what pixels alone give attackers who know it, whatever they attack."""
        return {}

    @cached_property
    def downstream(self) -> dict[Transfer, Downstream | Undefined]:
        """Of an original: the pictures that all models of its seed are probed with."""
        return {}

    @property
    def outputs(self) -> ModelOutputs:
        """Features and logits of all train and test samples."""
        return self.seen.outputs

    @cached_property
    def blocks(self) -> Mapping[str, ModelOutputs]:
        """Outputs with every block's pooled output as the features, from input to head."""
        from ...attacks.strongest import observe_together

        bench = self.bench
        if (BLOCKS in self.awaited or "seen" in vars(self)) and (held := self.seen.blocks):
            return held
        alone = observe_together(self.network, bench.data, blocks=True, progress=bench.progress)
        return alone.blocks

    def views(self, sight: Sight) -> Iterator[View]:
        """Its views, from input to output; see `opcviz.attacks.strongest`."""
        from ...attacks.strongest import observe_together

        bench = self.bench
        held = self.seen.views if sight in self.awaited else {}
        if sight not in held:
            alone = observe_together(self.network, bench.data, [sight], progress=bench.progress)
            held = alone.views
        yield from held[sight]

    def done(self, kind: str) -> None:
        """Learn that a kind was made: views that nobody else waits for go."""
        super().done(kind)
        if "seen" in vars(self):
            for sight in self.seen.views.keys() - set(self.awaited):
                del self.seen.views[sight]

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
