"""The verdict on classifiers: `opcviz.verdict.judge` on what is stored about three models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...common.records import Undefined, defined
from ...results import BlocksResult, EvidenceResult, LiraResult, MembershipResult
from ...verdict import Examined, Verdict, judge
from ..model_results import ModelResults
from ..verdicts import register_verdict

__all__ = ["judge_classifiers"]


@register_verdict("classification")
def judge_classifiers(
    model: ModelResults,
    original: ModelResults | None,
    retrained: ModelResults | None,
    sizes: Mapping[str, int],
    of_classes: bool,
) -> Verdict:
    """Judge by accuracy, recovery, separability and collapse; where samples are forgotten, by
    membership too: with whole classes gone accuracy says it all, and membership would only add
    noise."""
    stored = (model, original, retrained)
    membership = None if of_classes else _membership(stored)
    return judge(
        _examined(model),
        _examined(original),
        _examined(retrained),
        sizes=sizes,
        membership=membership,
    )


def _examined(known: ModelResults | None) -> Examined | None:
    if known is None:
        return None
    blocks = known.get(BlocksResult)  # the verdict can do without
    return Examined(
        known.training.status,
        known.training.reason,
        known.get(EvidenceResult),
        () if isinstance(blocks, Undefined) else blocks.blocks,
    )


def _membership(models: Sequence[ModelResults | None]) -> tuple[float, float, float] | None:
    """Membership AUC of a model, the original and the retrained, all by one attack.

    Likelihood ratios where all three have them: they compare models on the same forget samples,
    the loss threshold compares forget samples with others. None where neither is complete.
    """
    attacks: tuple[Callable[[ModelResults], float | Undefined], ...] = (_lira_auc, _loss_auc)
    for attack in attacks:
        found = [attack(each) if each else None for each in models]
        known = [auc for auc in found if defined(auc)]
        if len(known) == 3:
            return known[0], known[1], known[2]
    return None


def _lira_auc(model: ModelResults) -> float | Undefined:
    found = model.get(LiraResult)
    return found if isinstance(found, Undefined) else found.auc


def _loss_auc(model: ModelResults) -> float | Undefined:
    found = model.get(MembershipResult)
    return found if isinstance(found, Undefined) else found.thresholds.loss.auc
