"""The verdict on classifiers: `opcviz.verdict.judge` on what is known of the models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

from ...common.records import Undefined, defined
from ...results import (
    Attempt,
    Attempts,
    EvidenceResult,
    FewShotResult,
    Sign,
    Signs,
    StrongestResult,
)
from ...verdict import FAMILIES, Check, Dossier, Ranked, Verdict, judge, rank, together
from ...verdict.dossier import FULL
from ..kind import Kind, kinds
from ..verdicts import Known, register_verdict

__all__ = ["judge_classifiers"]

QUICK = (
    "Quick attacks: one that gets through is enough to say hidden; that nothing is left, or to be "
    "seen, only the full suite can say."
)
STRONGEST_FIRST = ("shadows", "reference", "membership")  # kinds that test membership


def _together(
    models: Sequence[Known], retrained: Sequence[Known], sizes: Mapping[str, int]
) -> Check | None:
    """What is gained from all seeds of a method."""
    return together(
        [_dossier(each, sizes) for each in models], [_dossier(each, sizes) for each in retrained]
    )


def _rank(
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    sizes: Mapping[str, int],
) -> tuple[Ranked, ...]:
    """How far each attacker came."""
    return rank(
        _dossier(model, sizes),
        _dossier(original, sizes) if original else None,
        [_dossier(each, sizes) for each in retrained],
    )


@register_verdict("classification", _together, _rank)
def judge_classifiers(
    model: Known,
    original: Known | None,
    retrained: Sequence[Known],
    sizes: Mapping[str, int],
) -> Verdict:
    """Judge by accuracy and by every attack that says its attempts and signs."""
    found = judge(
        _dossier(model, sizes),
        _dossier(original, sizes) if original else None,
        [_dossier(each, sizes) for each in retrained],
    )
    return replace(found, notes=(QUICK, *found.notes)) if model.quick else found


def _dossier(known: Known, sizes: Mapping[str, int]) -> Dossier:
    """What a verdict reads of a model; made once, since those of a band are read for every model.

    Args:
        known: the model.
        sizes: of the data's parts; other ones make another dossier.
    """
    kept = _DOSSIERS.get(known)
    if kept is None or kept.sizes != sizes:
        kept = _DOSSIERS[known] = _made(known, sizes)
    return kept


_DOSSIERS: WeakKeyDictionary[Known, Dossier] = WeakKeyDictionary()


def _made(known: Known, sizes: Mapping[str, int]) -> Dossier:
    training, results = known.results.training, known.results
    if training.status in ("diverged", "refused", "failed"):
        why = f"{training.status}, {training.reason or 'no reason given'}"
        return Dossier(known.who, Undefined(why), sizes, failed=why)
    evidence = results.get(EvidenceResult)
    attempts, signs, lacking = _attacks(known)
    if known.quick:  # what they found is found; what they did not find, others may
        lacking = {FULL: "quick ones alone were made"}
    ladder, few = known.answer("strongest"), known.answer("few_shot")
    if isinstance(evidence, Undefined):
        return Dossier(known.who, evidence, sizes, evidence, attempts, signs, lacking=lacking)
    floors = (
        *(ladder.floors() if isinstance(ladder, StrongestResult) else ()),
        *(few.floors() if isinstance(few, FewShotResult) else ()),
    )
    if not isinstance(ladder, StrongestResult):  # whose floors are those of the slope, too
        attempts = tuple(each for each in attempts if not each.attacker.startswith("slope_"))
    return Dossier(
        who=known.who,
        accuracy=evidence.accuracy,
        sizes=sizes,
        radius_ratio=evidence.collapse.radius_ratio,
        attempts=(*_answers(evidence, sizes), *attempts),
        signs=signs,
        floors=floors,
        blocks=_places(ladder) if isinstance(ladder, StrongestResult) else (),
        lacking=lacking,
    )


def _attacks(
    known: Known,
) -> tuple[tuple[Attempt, ...], tuple[Sign, ...], dict[str, str]]:
    """What every kind says, and the families of attackers that were not made.

    The kind of a family that is made first stands for it: few-shot recovery, which there is of
    whole classes alone, is not missed where maps with every label were fitted.

    Of membership the strongest attackers come first: those with shadow unlearned models, then those
    that compare models on the same forget samples; the loss threshold compares forget samples with
    others. The first of each has a direction: above 0.5 is remembered, below it over-forgotten.
    """
    attempts: list[Attempt] = []
    signs: list[Sign] = []
    lacking: dict[str, str] = {}
    families: set[str | None] = set()
    for kind in sorted(kinds("classification"), key=_order):
        found = known.answer(kind.name)
        made = found.attempts() if isinstance(found, Attempts) else ()
        told = found.signs() if isinstance(found, Signs) else ()
        attempts += made
        signs += told
        nothing = not told and all(each.attacker == "answers" for each in made)
        first = kind.family not in families
        families.add(kind.family)
        # nobody misses what only some studies have
        if nothing and first and kind.family in FAMILIES:
            lacking[kind.family] = (
                found.reason if isinstance(found, Undefined) else "it could not be measured"
            )
    absent = {name: "there is no such attack" for name in FAMILIES if name not in families}
    return tuple(attempts), tuple(signs), {**absent, **lacking}


def _order(kind: Kind) -> int:
    """Place of a kind among those that test membership, after all others."""
    return STRONGEST_FIRST.index(kind.name) if kind.name in STRONGEST_FIRST else -1


def _places(ladder: StrongestResult) -> tuple[str, ...]:
    """Where the ladder of attackers was tried, from input to output."""
    return tuple(dict.fromkeys(each.place for each in ladder.attempts() if each.view != "whole"))


def _answers(evidence: EvidenceResult, sizes: Mapping[str, int]) -> list[Attempt]:
    """The model itself, asked about forgotten pictures: unseen ones where there are any."""
    part = "forget_test" if defined(evidence.accuracy.forget_test) else "forget_train"
    right, before = getattr(evidence.accuracy, part), evidence.recovery.before
    if not defined(right) or not sizes.get(part):
        return []
    return [
        Attempt(
            attacker="answers",
            place="logits",
            view="whole",
            holds="nothing",
            given=0,
            recovered=right,
            scored=sizes[part],
            constant=evidence.recovery.constant_predictor or 0.0,
            one_answer=_one_answer(before.confusion),
            luck=_luck(before.confusion),
        )
    ]


def _one_answer(confusion: Mapping[str, Mapping[str, int]] | None) -> bool:
    """Whether nine in ten of the forgotten samples get the same answer; by truth, then answer."""
    counts = _answered(confusion)
    return bool(counts) and max(counts.values()) >= 0.9 * sum(counts.values())


def _luck(confusion: Mapping[str, Mapping[str, int]] | None) -> float:
    """Percent right if answers and truth were independent: Cohen's expected agreement (1960)."""
    counts = _answered(confusion)
    total = sum(counts.values())
    truth = {name: sum(answers.values()) for name, answers in (confusion or {}).items()}
    agreed = sum(counts.get(name, 0) * count for name, count in truth.items())
    return 100 * agreed / total**2 if total else 0.0


def _answered(confusion: Mapping[str, Mapping[str, int]] | None) -> Counter[str]:
    """How often each answer was given."""
    counts: Counter[str] = Counter()
    for answers in (confusion or {}).values():
        counts.update(answers)
    return counts
