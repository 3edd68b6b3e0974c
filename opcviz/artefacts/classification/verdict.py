"""The verdict on classifiers: `opcviz.verdict.judge` on what is stored about three models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...common.json_types import Json
from ...common.records import Undefined
from ...results import Block, BlocksResult, EvidenceResult
from ...verdict import Examined, Verdict, judge
from ..verdicts import StoredResults, register_verdict

__all__ = ["judge_classifiers"]

NOT_COMPUTED = "evidence was not computed yet"


@register_verdict("classification")
def judge_classifiers(
    model: StoredResults,
    original: StoredResults | None,
    retrained: StoredResults | None,
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


def _examined(stored: StoredResults | None) -> Examined | None:
    if stored is None:
        return None
    return Examined(
        stored.status,
        stored.reason,
        _evidence(stored.results.get("evidence")),
        _blocks(stored.results.get("blocks")),
    )


def _blocks(result: Json | None) -> tuple[Block, ...]:
    """None where they were not made, or by another version: the verdict can do without."""
    if not result or "blocks" not in result:
        return ()
    try:
        return BlocksResult.from_dict(result).blocks
    except ValueError:
        return ()


def _evidence(result: Json | None) -> EvidenceResult | Undefined:
    if result is None:
        return Undefined(NOT_COMPUTED)
    if "recovery" not in result:
        return Undefined(str(result.get("reason") or NOT_COMPUTED))
    try:
        return EvidenceResult.from_dict(result)
    except ValueError as error:
        return Undefined(f"made by another version ({error}); run the study again")


def _membership(models: Sequence[StoredResults | None]) -> tuple[float, float, float] | None:
    """Membership AUC of a model, the original and the retrained, all by one attack.

    Likelihood ratios where all three have them: they compare models on the same forget samples,
    the loss threshold compares forget samples with others. None where neither is complete.
    """
    attacks: tuple[Callable[[Mapping[str, Json]], float | None], ...] = (_lira_auc, _loss_auc)
    for attack in attacks:
        found = [attack(each.results) if each else None for each in models]
        known = [auc for auc in found if auc is not None]
        if len(known) == 3:
            return known[0], known[1], known[2]
    return None


def _lira_auc(results: Mapping[str, Json]) -> float | None:
    auc: float | None = results.get("reference", {}).get("auc")
    return auc


def _loss_auc(results: Mapping[str, Json]) -> float | None:
    thresholds = results.get("membership", {}).get("thresholds") or {}
    auc: float | None = (thresholds.get("loss") or {}).get("auc")
    return auc
