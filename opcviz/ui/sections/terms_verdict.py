"""Entries of the glossary: the words of a verdict's labels, with the rule that each follows."""

from __future__ import annotations

from ...verdict.words import GONE, KEPT, NOTICEABLE, Thresholds
from .terms import Term

__all__ = ["LABELS"]

_T = Thresholds()

LABELS = {
    "gone": Term(
        "Gone?",
        "the first question of a verdict: do attackers get more of the forgotten data from this "
        "network than from retrained models? It is not gone, hidden, as in retrained models, "
        "beyond these, or open.",
    ),
    "not gone": Term(
        "Not gone",
        f"{GONE['no']}.",
        rule=f"more than {_T.left:g} % of the original's lead over the retrained models is left: "
        "in right answers or, where single samples are forgotten, in two membership tests of "
        "different kinds, by more than chance.",
    ),
    "hidden": Term(
        "Hidden",
        f"{GONE['hidden']}.",
        rule="one declared attacker is enough, on pictures they were not given: more than "
        f"{_T.points:g} points beyond the most from any retrained model, more than chance could "
        f"give, more than all but {_T.further:g} % of further retrained models would give, and by "
        f"a map more than {_T.points:g} points beyond the bare pixels. Beside one retrained model "
        f"alone: more than {_T.left:g} % of the way from it to the original, by more than chance.",
    ),
    "as in retrained models": Term(
        "As in retrained models",
        f"{GONE['as in retrained models']}.",
        rule="every family of attackers was tried, and none passed the lines of 'hidden'. What is "
        "smaller than the retrained models' own spread cannot be seen.",
    ),
    "beyond": Term(
        "Gone, beyond retraining",
        f"{GONE['beyond']}.",
        rule="nothing is hidden, and both the best map of the last block and the best relearning "
        f"get more than {_T.points:g} points, and more than chance, less than from every retrained "
        "model. Never said of a single class, nor beside one retrained model alone.",
    ),
    "open": Term(
        "No verdict (open)",
        "the question has no answer yet; what is missing, or speaks both ways, stands beside it.",
        rule="a family of attackers or a reference was not there; one membership test alone "
        "accuses; an attacker beside a single retrained model gets too much for one answer and "
        "too little for the other; or the network is destroyed.",
    ),
    "noticeable": Term(
        "Noticeable",
        f"{NOTICEABLE['yes']}.",
        rule="one sign is enough: a judge tells forgotten from kept pictures with an AUC more than "
        f"{_T.apart:g} beyond all retrained models; a membership test differs from theirs by as "
        "much, and more than chance; the forgotten features are more than "
        f"{_T.tighter:g} times tighter than in any of them and can be pointed at (AUC "
        f"{_T.visible:g}); forgotten samples are answered worse than by models that never saw "
        "them.",
    ),
    "not noticeable": Term(
        "Not noticeable",
        f"{NOTICEABLE['no']}.",
        rule="none of the signs of 'noticeable' is there.",
    ),
    "noticeable in retrained, too": Term(
        "Noticeable in retrained, too",
        f"{NOTICEABLE['as in retrained models']}.",
        rule=f"judges tell them apart with an AUC of {_T.visible:g} or more, and in every "
        f"retrained model so well that {_T.apart:g} more would be above 1.",
    ),
    "rest kept": Term(
        "Rest kept",
        f"{KEPT['yes']}.",
        rule=f"of what it should keep it lost at most {_T.damage:g} points of test accuracy "
        "against the worst of original and retrained models, and no retained class more than "
        f"{_T.neighbour:g} points.",
    ),
    "one class harmed": Term(
        "One class harmed",
        f"{KEPT['one class harmed']}.",
        rule=f"one retained class lost more than {_T.neighbour:g} points of test accuracy against "
        "the worst of original and retrained models.",
    ),
    "damaged": Term(
        "Damaged",
        f"{KEPT['no']}.",
        rule=f"it lost more than {_T.damage:g} points of test accuracy on what it should keep "
        "against the worst of original and retrained models.",
    ),
}
"""By the words of the label; the thresholds are the verdict's own."""
