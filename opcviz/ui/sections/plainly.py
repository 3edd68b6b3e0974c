"""What an unlearning method does, and why two attackers' figures differ, without a formula."""

from __future__ import annotations

from ...artefacts import ModelResults
from ...common.records import defined
from ...common.text import percent
from ...methods import Info
from ...results import PLANTED, Attempt, EvidenceResult

__all__ = ["RECOVERY", "fm_attempt", "plainly", "why_another"]

METHODS = {
    "delete": "Keeps its own answers, with their class struck out.",
    "opc": "Draws what its last layer sees of them to one point.",
    "opc_logits": "Draws its answers to them to one point.",
    "opc_deep": "OPC, which draws them to one point, in every block.",
    "opc_retain_like": "Spreads them among kept pictures in its last layer.",
    "opc_deep_retain_like": "Spreads them among kept pictures in every block.",
}
FAMILIES = {
    "ascent": "Trains backwards on them.",
    "contraction": "Draws what it sees of them together.",
    "distillation": "Is taught other answers for them.",
    "fine-tuning": "Goes on training with kept pictures.",
    "relabelling": "Is taught wrong labels for them.",
    "second order": "Changes the weights that matter most to them.",
}


def plainly(info: Info) -> str:
    """One short sentence: of the method itself, else of its family; empty where neither is known.

    "They" are the pictures to be forgotten.
    """
    return METHODS.get(info.name) or FAMILIES.get(info.family, "")


ATTACKERS = {
    "answers": "the model's own",
    "fm": "FM's",
    "hr_labels": "HR's",
    "affine": "an affine map's",
    "rbf": "an RBF map's",
    "mlp": "an MLP's",
    "few_shot": "the nearest class mean's",
    "few_shot_cosine": "the most alike class mean's",
    "relearning": "relearning's",
}
"""Whose a figure is, by what the attacker does."""
RECOVERY = "The recovery row's"
"""Whose a figure is that stands among the recovery attacks."""


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
