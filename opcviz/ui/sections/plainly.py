"""What an unlearning method does, in words that need no formula."""

from __future__ import annotations

from ...methods import Info

__all__ = ["plainly"]

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
