"""The tour's last word: whether the networks that it showed, and the one on Start, forgot."""

from __future__ import annotations

from ....common.text import capital
from ..plainly import answered_plainly
from .facts import Library

__all__ = ["QUESTION", "forgot"]

QUESTION = "So, did the network really forget?"


def forgot(studies: Library) -> str:
    """The answer to the question, by verdict of each model; the last is the one that Start plays.

    Raises:
        Lacking: when a model is not in the store.
    """
    digits = studies("digits")
    models = [digits.model("delete"), digits.model("opc"), digits.deepest]
    shown = {model.key: model for model in models}.values()
    *others, last = [answered_plainly(m.title, digits.study.verdict(m)) for m in shown]
    told = ", and ".join([", ".join(others), last] if others else [last])
    return f"{capital(told)}. Attackers that were not declared may come further."
