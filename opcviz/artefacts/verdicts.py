"""The verdict of a task's models, from what is stored about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..common.json_types import Json
from ..common.registry import Registry
from ..verdict import Verdict, no_verdict

__all__ = ["StoredResults", "judge_models", "register_verdict"]


@dataclass(frozen=True)
class StoredResults:
    """What the store has about one model.

    Attributes:
        who: the model in words, for what is missing.
        status: of its training: `finished`, `diverged` or `refused`.
        reason: why there is no model, where there is none.
        results: numbers by kind of artefact.
    """

    who: str
    status: str
    reason: str | None
    results: Mapping[str, Json] = field(default_factory=dict)


Rule = Callable[
    [StoredResults, StoredResults | None, Sequence[StoredResults], Mapping[str, int]], Verdict
]
"""From a model, the original of its seed, the retrained models of all seeds, and the sizes of the
data's parts."""

_RULES: Registry[Rule] = Registry("verdict rule")


def register_verdict(task: str) -> Callable[[Rule], Rule]:
    """Decorator of the function that judges the models of one task.

    Raises:
        ConfigError: when the task has one already.
    """

    def enter(rule: Rule) -> Rule:
        _RULES.add(task, rule)
        return rule

    return enter


def judge_models(
    task: str,
    model: StoredResults,
    original: StoredResults | None,
    retrained: Sequence[StoredResults],
    *,
    sizes: Mapping[str, int],
) -> Verdict:
    """The verdict on a model by its task's rule; none where the task has no rule.

    Args:
        task: the task's name.
        model: what is stored about it.
        original: the same of the original of its seed, None where there is none.
        retrained: the same of the retrained models that make the band.
        sizes: samples by part of the data, as far as known.
    """
    if task not in _RULES:
        return no_verdict([f"a rule for the task '{task}'"])
    return _RULES.get(task)(model, original, retrained, sizes)
