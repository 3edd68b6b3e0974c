"""What an unlearning method does, and why two attackers' figures differ, without a formula."""

from __future__ import annotations

from ...artefacts import ModelResults
from ...common.records import defined
from ...common.text import percent
from ...methods import MethodSettings
from ...results import PLANTED, Attempt, EvidenceResult
from ...verdict import Verdict

__all__ = [
    "RECOVERY",
    "answered_plainly",
    "attacker_plainly",
    "decided_plainly",
    "fm_attempt",
    "plainly",
    "price",
    "why_another",
]

METHODS = {
    "delete": "Keeps its answers, their class struck out.",
    "manif_smc": "Moves each towards kept ones that are like it, away from its own class.",
    "opc_head": "Refits its last layer to say nothing of them, and changes no other.",
}
POINTS = {
    "logits": "Draws its answers to them to one point.",
    "features": "Draws what its last layer sees of them to one point.",
    "blocks": "Draws what every block sees of them to one point.",
}
MIXES = {
    "logits": "Mixes its answers to them with those to kept ones.",
    "features": "Mixes them with kept ones in its last layer.",
    "blocks": "Mixes them with kept ones in every block.",
}
"""What the settings `target` and `point` of one-point contraction come to."""
FAMILIES = {
    "ascent": "Trains backwards on them.",
    "contraction": "Changes what it sees of them.",
    "distillation": "Is taught other answers for them.",
    "fine-tuning": "Goes on training with kept pictures.",
    "relabelling": "Is taught wrong labels for them.",
    "second order": "Changes the weights that matter most to them.",
}


def plainly(method: MethodSettings) -> str:
    """One short sentence: of the method itself, else of its family; empty where neither is known.

    "They" are the pictures to be forgotten. What a method does by a setting is told by that: one
    of a family that contracts may be set to spread.

    Args:
        method: with its settings.
    """
    info = method.info
    where, point = getattr(method, "target", ""), getattr(method, "point", "")
    if point and where in POINTS:
        return (MIXES if point == "retain_like" else POINTS)[where]
    return METHODS.get(info.name) or FAMILIES.get(info.family, "")


ATTACKERS = {
    "answers": "the model's own",
    "fm": "FM's",
    "hr_labels": "HR's",
    "affine": "an affine map's",
    "rbf": "an RBF map's",
    "mlp": "an MLP's",
    "masked_greatest": "the greatest logit's",
    "masked_least": "the least logit's",
    "masked_greatest_centred": "the greatest centred logit's",
    "masked_least_centred": "the least centred logit's",
    "own_head": "the last layer's own",
    "own_head_centred": "the last layer's own",
    "own_head_standardised": "the last layer's own",
    "own_head_rbf": "the last layer's own",
    "slope_affine": "an affine map's with a slope",
    "slope_rbf": "an RBF map's with a slope",
    "few_shot": "the nearest class mean's",
    "few_shot_cosine": "the most alike class mean's",
    "relearning": "relearning's",
}
"""Whose a figure is, by what the attacker does."""
RECOVERY = "The recovery row's"
"""Whose a figure is that stands among the recovery attacks."""


def price(results: ModelResults) -> str:
    """What forgetting cost: right answers on kept test pictures; nothing where they are unknown."""
    found = results.get(EvidenceResult)
    if not defined(found) or not defined(kept := found.accuracy.retain_test):
        return ""
    return f"; kept ones: {kept:.1f}".removesuffix(".0") + " %"


def fm_attempt(results: ModelResults, holds: str) -> Attempt | None:
    """What the recovery attack FM came to as an attempt like the others; None where none was made.

    Args:
        results: of the model.
        holds: what the attacker was given, see `HOLDS`.
    """
    evidence = results.get(EvidenceResult)
    made = evidence.attempts() if defined(evidence) else ()
    return next((each for each in made if (each.attacker, each.holds) == ("fm", holds)), None)


def why_another(told: Attempt | None, other: Attempt | None, whose: str) -> str:
    """Why a figure is not the one that stands beside it: another attacker, place or fit set.

    The same attack on one model may be told by several figures, each right: this names in what the
    second one's attacker differs, in one sentence.

    Args:
        told: the attack that is told first; None where nobody attacked.
        other: the one whose figure stands beside it.
        whose: where that stands, as in "The bar's".

    Returns:
        As in "The bar's 80.4 % is FM's, which reads features, not stage3."; empty where there are
        no two figures, or where they are the same.
    """
    if told is None or other is None or percent(told.recovered) == percent(other.recovered):
        return ""  # what is written the same needs no explanation
    if {told.attacker, other.attacker} & set(PLANTED):  # of other pictures
        return ""
    read, before = (_read(each, told.place == other.place) for each in (other, told))
    differs = [f"reads {read}, not {before}"] if read != before else []
    if _held(other) != _held(told):
        differs.append(f"holds {_held(other)}")
    how = f"which {', and '.join(differs)}" if differs else f"not {_named(told)}"
    return f"{whose} {percent(other.recovered)} is {_named(other)}, {how}."


DOES = {
    "answers": "whoever just asks",
    "fm": "a linear map of {read}",
    "hr_labels": "a new last layer on {read}",
    "affine": "a linear map of {read}",
    "rbf": "a curved map of {read}",
    "mlp": "a small network on {read}",
    "masked_greatest": "whoever counts only the answers for forgotten classes",
    "masked_least": "whoever takes the forgotten class that is named last",
    "masked_greatest_centred": "whoever counts only the answers for forgotten classes, balanced",
    "masked_least_centred": "whoever takes the forgotten class that is named last, balanced",
    "own_head": "the model's last layer without its body",
    "own_head_centred": "the model's last layer without its body, balanced",
    "own_head_standardised": "the model's last layer without its body, balanced",
    "own_head_rbf": "the model's last layer behind a curved map of the bare pixels",
    "slope_affine": "a linear map of {read}",
    "slope_rbf": "a curved map of {read}",
    "few_shot": "whoever takes the nearest class in {read}",
    "few_shot_cosine": "whoever takes the nearest class in {read}",
    "relearning": "whoever trains it further",
}
"""What an attacker does, for a reader without the field's words."""
READS = {"features": "the last layer", "logits": "its answers", "pixels": "the bare pixels"}
INNER = "an inner block"
HELD = {"retain": "kept pictures only", "all": "pictures of every class"}


def decided_plainly(verdict: Verdict, beside: Attempt | None, whose: str) -> str:
    """Who decided what is gone, by which figures, and whose figure stands beside it.

    The same as `verdicts.decided_in_short` and `why_another`, without a name that only the field
    knows.

    Args:
        verdict: on a model.
        beside: the attack whose figure stands beside it; None where none does.
        whose: where that stands, as in "The bar's".

    Returns:
        One sentence or two; empty where no attack decided.
    """
    figures = verdict.numbers[0].figures if verdict.gone and verdict.numbers else None
    if figures is None or figures.attempt is None or figures.attempt.attacker in PLANTED:
        return ""
    attempt, got = figures.attempt, figures.written(figures.value)
    who = attacker_plainly(attempt)
    never = f"networks that never saw them give {figures.spread}"
    if verdict.gone == "beyond":
        least = figures.written(figures.low)
        told = f"{who} gets at most {got}; networks that never saw them give at least {least}"
    elif verdict.gone == "hidden":
        told = f"{who} restores {got}; {never}"
    elif figures.undecidable:
        told = f"{who} restores {got}; but {never}, too: it can never tell"
    else:
        told = f"{who} comes closest: {got}; {never}"
    if figures.pixels is not None:
        told += f", bare pixels {figures.written(figures.pixels)}"
    if beside is None or not why_another(attempt, beside, whose):
        return f"At the end, {told}."
    return f"At the end, {told}. {whose} {percent(beside.recovered)}: {_apart(attempt, beside)}."


def answered_plainly(title: str, verdict: Verdict) -> str:
    """Whether a model forgot, as a clause with the figures of the attacker who decided.

    Args:
        title: of the model.
        verdict: on it.

    Returns:
        As in "DELETE only hides them (restored 88.8 %; never saw them: 10.3 to 17.8 %)", where
        those who never saw them are the retrained models; without a verdict, that there is none.
    """
    figures = verdict.numbers[0].figures if verdict.gone and verdict.numbers else None
    beside = ""
    if figures is not None:
        least = verdict.gone == "beyond"
        never = f"at least {figures.written(figures.low)}" if least else figures.spread
        got = "named" if verdict.gone == "no" else "restored"
        got = "membership AUC" if figures.test else got
        beside = f" ({got} {figures.written(figures.value)}; never saw them: {never})"
    never_more = f"from {title} no declared attacker gets clearly more than from retrained networks"
    told = {
        "no": f"{title} has not forgotten them",
        "hidden": f"{title} only hides them",
        None: f"of {title} there is no verdict",
    }.get(verdict.gone, never_more)
    return f"{told}{beside}"


def attacker_plainly(attempt: Attempt) -> str:
    """Who attacks and with what, in plain words, as the subject of a sentence."""
    held = HELD.get(attempt.holds)
    return f"{_does(attempt)}, given {held}," if held else _does(attempt)


def _does(attempt: Attempt) -> str:
    """What an attacker does, in plain words."""
    does = DOES.get(attempt.attacker, f"the attack '{attempt.attacker}'")
    if attempt.holds == "shots":
        does += f" with {_held(attempt)}"
    return does.format(read=READS.get(attempt.place, INNER))


def _apart(told: Attempt, other: Attempt) -> str:
    """In what a second attacker differs from the one who was told first."""
    read = READS.get(other.place, INNER) if other.place != told.place else ""
    held = HELD.get(other.holds, "") if other.holds != told.holds else ""
    return ", ".join(filter(None, (read, held))) or _does(other)


def _named(attempt: Attempt) -> str:
    """Whose a figure is; a user's own attack has its own name."""
    return ATTACKERS.get(attempt.attacker, f"{attempt.attacker}'s")


def _read(attempt: Attempt, closely: bool) -> str:
    """What an attacker works on; `closely`: also how, where the place alone does not differ."""
    if attempt.attacker == "answers":
        return "the answers"
    if attempt.attacker == "relearning":
        return "the whole network"
    how = {"pooled": " pooled", "unpooled": " before pooling"}.get(attempt.view, "")
    return f"{attempt.place}{how}" if closely else attempt.place


def _held(attempt: Attempt) -> str:
    """What of the forgotten data he was given."""
    if attempt.holds == "shots":
        return f"{attempt.given} picture{'' if attempt.given == 1 else 's'} of each class"
    return "labels of every class" if attempt.holds == "all" else "no forgotten picture"
