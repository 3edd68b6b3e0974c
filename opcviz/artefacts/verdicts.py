"""The verdict of a task's models, from what is stored about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..common.registry import Registry
from ..verdict import Verdict, no_verdict
from .model_results import ModelResults

__all__ = ["judge_models", "register_verdict"]

Rule = Callable[
    [ModelResults, ModelResults | None, ModelResults | None, Mapping[str, int], bool], Verdict
]
"""From a model, the original and the retrained of its seed, the sizes of the data's parts, and
whether whole classes were forgotten."""

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
    model: ModelResults,
    original: ModelResults | None,
    retrained: ModelResults | None,
    *,
    sizes: Mapping[str, int],
    of_classes: bool,
) -> Verdict:
    """The verdict on a model by its task's rule; none where the task has no rule.

    Args:
        task: the task's name.
        model: what is known of it.
        original, retrained: the same of the references of its seed, None where there are none.
        sizes: samples by part of the data, as far as known.
        of_classes: whether whole classes were forgotten.
    """
    if task not in _RULES:
        return no_verdict([f"a rule for the task '{task}'"])
    return _RULES.get(task)(model, original, retrained, sizes, of_classes)
