"""The verdict on classifiers: `opcviz.verdict.judge` on what is stored about the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...common.json_types import Json
from ...common.records import Undefined, defined
from ...results import Attempt, Attempts, EvidenceResult, Sign, Signs
from ...verdict import FAMILIES, MEMBERSHIP, Dossier, Verdict, judge
from ..kind import kinds
from ..verdicts import StoredResults, register_verdict

__all__ = ["judge_classifiers"]

NOT_COMPUTED = "evidence was not computed yet"
NOT_MADE = "not made"


@register_verdict("classification")
def judge_classifiers(
    model: StoredResults,
    original: StoredResults | None,
    retrained: Sequence[StoredResults],
    sizes: Mapping[str, int],
) -> Verdict:
    """Judge by accuracy and by every attack that says its attempts and signs."""
    return judge(
        _dossier(model, sizes),
        _dossier(original, sizes) if original else None,
        [_dossier(each, sizes) for each in retrained],
    )


def _dossier(stored: StoredResults, sizes: Mapping[str, int]) -> Dossier:
    if stored.status in ("diverged", "refused"):
        why = f"{stored.status}, {stored.reason or 'no reason given'}"
        return Dossier(stored.who, Undefined(why), failed=why)
    evidence = _evidence(stored.results.get("evidence"))
    attempts, signs, lacking = _attacks(stored.results)
    if isinstance(evidence, Undefined):
        return Dossier(stored.who, evidence, sizes, evidence, attempts, signs, lacking=lacking)
    return Dossier(
        who=stored.who,
        accuracy=evidence.accuracy,
        sizes=sizes,
        radius_ratio=evidence.collapse.radius_ratio,
        attempts=(*_answers(evidence, sizes), *_retain_fits(evidence, sizes), *attempts),
        signs=(*signs, *_membership(stored.results, sizes)),
        blocks=tuple(dict.fromkeys(each.place for each in attempts if each.view != "whole")),
        lacking=lacking,
    )


def _attacks(
    results: Mapping[str, Json],
) -> tuple[tuple[Attempt, ...], tuple[Sign, ...], dict[str, str]]:
    """What every kind says that belongs to a family, and the families of which none does."""
    attempts: list[Attempt] = []
    signs: list[Sign] = []
    lacking = dict.fromkeys(FAMILIES, NOT_MADE)
    for kind in kinds("classification"):
        if kind.family is None or kind.name not in results:
            continue
        stored = results[kind.name]
        try:
            found = kind.read(stored)
        except ValueError as error:
            reason = stored.get("reason") or f"made by another version ({error})"
            lacking[kind.family] = str(reason)
            continue
        lacking.pop(kind.family, None)
        attempts += found.attempts() if isinstance(found, Attempts) else ()
        signs += found.signs() if isinstance(found, Signs) else ()
    return tuple(attempts), tuple(signs), lacking


def _answers(evidence: EvidenceResult, sizes: Mapping[str, int]) -> list[Attempt]:
    """The model itself, asked about forgotten pictures: unseen ones where there are any."""
    part = "forget_test" if defined(evidence.accuracy.forget_test) else "forget_train"
    right, constant = getattr(evidence.accuracy, part), evidence.recovery.constant_predictor
    if not defined(right) or not sizes.get(part):
        return []
    return [
        Attempt("answers", "logits", "whole", "nothing", 0, right, sizes[part], constant or 0.0)
    ]


def _retain_fits(evidence: EvidenceResult, sizes: Mapping[str, int]) -> list[Attempt]:
    """FM and HR fitted on retained data alone: every forgotten picture is unseen by them."""
    fits = [evidence.recovery.fm.get("retain"), evidence.recovery.hr.get("retain")]
    return [
        Attempt(
            "affine",
            "features",
            "pooled",
            "retain",
            0,
            fit.forget_accuracy,
            fit.samples or sizes["forget_train"],
            fit.constant_predictor or 0.0,
            "onto the original's features or logits",
        )
        for fit in fits
        if fit and defined(fit.forget_accuracy) and (fit.samples or sizes.get("forget_train"))
    ]


def _evidence(result: Json | None) -> EvidenceResult | Undefined:
    if result is None:
        return Undefined(NOT_COMPUTED)
    if "recovery" not in result:
        return Undefined(str(result.get("reason") or NOT_COMPUTED))
    try:
        return EvidenceResult.from_dict(result)
    except ValueError as error:
        return Undefined(f"made by another version ({error}); run the study again")


def _membership(results: Mapping[str, Json], sizes: Mapping[str, int]) -> list[Sign]:
    """How like training data forgotten samples look; of whole classes it could not tell.

    Likelihood ratios come first: they compare models on the same forget samples, the loss threshold
    compares forget samples with others. Their range is over the reference models.
    """
    signs: list[Sign] = []
    if sizes.get("forget_test"):
        return signs
    lira = results.get("reference") or {}
    if (auc := lira.get("auc")) is not None:
        folds = lira.get("folds") or [auc]
        signs.append(Sign(MEMBERSHIP, "likelihood ratio", auc, min(folds), max(folds)))
    loss = ((results.get("membership") or {}).get("thresholds") or {}).get("loss") or {}
    if loss.get("auc") is not None and loss.get("auc_interval"):
        signs.append(Sign(MEMBERSHIP, "loss", loss["auc"], *loss["auc_interval"]))
    return signs
