"""Reference models: what an attacker who trains models of his own knows of their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Answers", "References", "forget_references"]


@dataclass(frozen=True, eq=False)
class Answers:
    """What one model answers, as scaled confidences (`scaled_confidence`) in float64.

    Attributes:
        samples: (n,) on the samples asked about.
        population: (p,) on data that no model was trained on, for statistics that want them.
    """

    samples: Tensor
    population: Tensor | None = None

    def on(self, samples: Tensor) -> Answers:
        """On some of the samples alone, an (n,) mask; the population stays."""
        return Answers(self.samples[samples], self.population)


@dataclass(frozen=True, eq=False)
class References:
    """Threat model: the attacker trains k models as the target's owner does and queries them all.

    He knows labels, architecture and recipe, and for each of his models what it was trained on.
    Budget: k trainings, and one query of every model for each sample.

    Attributes:
        scores: (k, n) scaled confidence of each reference model on n samples.
        in_models: (k, n) bool, whether the model is one of those that the target may be like: it
            was trained on the sample (and, of shadow models, unlearned it).
        out_models: (k, n) bool, whether it never saw the sample; all others unless given.
        population: (k, p) of each model on data that none was trained on, None where not asked.
    """

    scores: Tensor
    in_models: Tensor
    out_models: Tensor | None = None
    population: Tensor | None = None

    @property
    def outside(self) -> Tensor:
        """(k, n) bool, whether the model never saw the sample."""
        return ~self.in_models if self.out_models is None else self.out_models

    def _rows(self, rows: Tensor) -> References:
        out = None if self.out_models is None else self.out_models[rows]
        population = None if self.population is None else self.population[rows]
        return References(self.scores[rows], self.in_models[rows], out, population)

    def without(self, models: int | Tensor) -> References:
        """The same without one model, or without those of a (k,) mask."""
        kept = torch.ones(len(self.scores), dtype=torch.bool)
        kept[models] = False
        return self._rows(kept)

    def on(self, samples: Tensor) -> References:
        """On some of the samples alone, an (n,) mask."""
        out = None if self.out_models is None else self.out_models[:, samples]
        return References(self.scores[:, samples], self.in_models[:, samples], out, self.population)

    def answers(self, model: int) -> Answers:
        """Those of one model."""
        population = None if self.population is None else self.population[model]
        return Answers(self.scores[model], population)

    def exact(self) -> References:
        """In float64 on the CPU, as the statistics want them."""
        out = None if self.out_models is None else self.out_models.bool().cpu()
        population = None if self.population is None else self.population.double().cpu()
        return References(self.scores.double().cpu(), self.in_models.bool().cpu(), out, population)


def forget_references(
    original: Sequence[Tensor],
    retrained: Sequence[Tensor],
    population: Sequence[Tensor] | None = None,
) -> References:
    """The originals of several seeds are in, the retrained out, on the forget-train samples.

    All must share the split. Neither the target nor the original that it began with may be among
    them: beside its own past any target is like training data.

    Args:
        original, retrained: (n,) scaled confidences of each model on the same samples.
        population: (p,) of each model, the originals first, on data that none was trained on.

    Raises:
        ValueError: without any model, or for models observed on different samples.
    """
    models = [*original, *retrained]
    if not models:
        raise ValueError("reference attack: there are no reference models")
    asked = [models] if population is None else [models, list(population)]
    if any(len({tuple(scores.shape) for scores in each}) > 1 for each in asked):
        raise ValueError("reference attack: the models were not observed on the same samples")
    if population is not None and len(population) != len(models):
        raise ValueError(
            f"reference attack: {len(models)} models, and {len(population)} on the population"
        )
    scores = torch.stack([scores.cpu() for scores in models])
    in_models = torch.arange(len(models)) < len(original)
    return References(
        scores,
        in_models[:, None].expand_as(scores),
        population=None if population is None else torch.stack([z.cpu() for z in population]),
    )
