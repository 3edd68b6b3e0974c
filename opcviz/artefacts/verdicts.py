"""The verdict of a task's models, from what is stored about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..common.records import Record, Undefined
from ..common.registry import Registry
from ..verdict import Check, Ranked, Verdict, no_verdict
from .model_results import ModelResults

__all__ = [
    "NEVER_SAW",
    "Known",
    "judge_models",
    "judge_together",
    "rank_models",
    "register_verdict",
]

NEVER_SAW = "never saw it"
"""Of a retrained model that draws, which had nothing to forget."""


@dataclass(frozen=True, eq=False)
class Known:
    """One model, named; it equals nothing but itself, so that what is made of it can be kept.

    Attributes:
        who: the model in words, for what is missing.
        results: what is known of it.
        quick: whether that is of the quick suite.
        outdated: by kind of artefact, in which settings its answer differs from what is asked of
            all models now: answers to different questions are not compared.
        seed: of its training, where it is known.
    """

    who: str
    results: ModelResults
    quick: bool = False
    outdated: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None

    def answer(self, kind: str) -> Record | Undefined:
        """The record of a kind, or why there is none to compare with other models'."""
        if kind in self.outdated:
            return Undefined(f"made with {self.outdated[kind]}; run the study again")
        return self.results.answer(kind)


Rule = Callable[[Known, Known | None, Sequence[Known], Mapping[str, int]], Verdict]
"""From a model, the original of its seed, the retrained models of all seeds, and the sizes of the
data's parts."""

Together = Callable[[Sequence[Known], Sequence[Known], Mapping[str, int]], Check | None]
"""From one method's models of several seeds, the retrained models, and the sizes."""

Rank = Callable[[Known, Known | None, Sequence[Known], Mapping[str, int]], tuple[Ranked, ...]]
"""From what a `Rule` gets: every attacker and judge, those furthest beyond their lines first."""

_RULES: Registry[tuple[Rule, Together, Rank]] = Registry("verdict rule")


def _none_together(
    models: Sequence[Known], retrained: Sequence[Known], sizes: Mapping[str, int]
) -> Check | None:
    return None


def _nobody(
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    sizes: Mapping[str, int],
) -> tuple[Ranked, ...]:
    return ()


def register_verdict(
    task: str, together: Together = _none_together, rank: Rank = _nobody
) -> Callable[[Rule], Rule]:
    """Decorator of the function that judges the models of one task.

    Args:
        task: the task's name.
        together: judges the seeds of a method together; without it each seed stands alone, beside
            the retrained model of its own.
        rank: says how far each attacker came, by the same rule; without it nobody is ranked.

    Raises:
        ConfigError: when the task has one already.
    """

    def enter(rule: Rule) -> Rule:
        _RULES.add(task, (rule, together, rank))
        return rule

    return enter


def judge_models(
    task: str,
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    *,
    sizes: Mapping[str, int],
) -> Verdict:
    """The verdict on a model by its task's rule; none where the task has no rule.

    Args:
        task: the task's name.
        model: what is known of it.
        original: the same of the original of its seed, None where there is none.
        retrained: the same of the retrained models that make the band.
        sizes: samples by part of the data, as far as known.
    """
    if task not in _RULES:
        return no_verdict([f"a rule for the task '{task}'"])
    rule, _, _ = _RULES.get(task)
    return rule(model, original, retrained, sizes)


def rank_models(
    task: str,
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    *,
    sizes: Mapping[str, int],
) -> tuple[Ranked, ...]:
    """How far each attacker came, by the rule of `judge_models`; arguments as there."""
    if task not in _RULES:
        return ()
    _, _, rank = _RULES.get(task)
    return rank(model, original, retrained, sizes)


def judge_together(
    task: str, models: Sequence[Known], retrained: Sequence[Known], *, sizes: Mapping[str, int]
) -> Check | None:
    """The attacker who gets most from all seeds of a method; None where the task has no rule.

    Args:
        task: the task's name.
        models: what is known of each seed's model.
        retrained: the same of the retrained models.
        sizes: samples by part of the data, as far as known.
    """
    if task not in _RULES:
        return None
    _, together, _ = _RULES.get(task)
    return together(models, retrained, sizes)
