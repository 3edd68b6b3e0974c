"""What an attacker holds and spends, in words that quote the settings he was given."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .evidence_settings import EvidenceSettings

__all__ = ["Threat", "in_words"]


@dataclass(frozen=True)
class Threat:
    """The threat model of a kind that attacks.

    `{table.field}` stands for a setting of the kind, `{evidence.field}` for one of the evidence;
    `{table.field:max}` for the greatest of several, `{table.field:names}` for names in full.

    Attributes:
        holds: what the attacker has, and what he may do with the model.
        spends: his budget.
        does: what is attacked, and by whom, in sentences that quote the settings; empty: the kind's
            summary says it of every suite.
        more: what somebody who spends more might do and nobody here did, in words that follow
            "An attacker might"; empty where another kind does it.
    """

    holds: str
    spends: str
    more: str = ""
    does: str = ""


NAMES = {
    "affine": "affine",
    "rbf": "RBF kernel",
    "mlp": "small network (MLP)",
    "linear": "a straight line",
    "knn": "nearest neighbours",
    "boosted": "boosted trees",
}
"""Kinds of maps and judges in full."""


def in_words(text: str, evidence: EvidenceSettings, tables: Sequence[str]) -> str:
    """A text of a `Threat` with the settings in it.

    Args:
        text: with the settings' names in braces.
        evidence: as the study has it.
        tables: the settings of the kind.

    Raises:
        AttributeError, KeyError: for a setting that there is none of.
    """
    known = {name: evidence.table(name) for name in tables}
    return _Words().format(text, evidence=evidence, **known)


class _Words(string.Formatter):
    """Python's format, but that several values stand as in "0, 1 and 10"."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, tuple):
            if format_spec == "max":
                return f"{max(value):,g}"
            if format_spec == "names":
                value = tuple(NAMES.get(each, each) for each in value)
            *first, last = (self.format_field(each, "") for each in value or ("none",))
            return f"{', '.join(first)} and {last}" if first else last
        if isinstance(value, float):
            return f"{value:g}"
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}"
        return str(super().format_field(value, format_spec))
