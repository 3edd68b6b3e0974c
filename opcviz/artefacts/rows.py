"""Rows of the table of measures: what a kind declares of them, and the words of their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ..common.records import Undefined, defined
from ..common.text import percent
from ..results import LiraResult

if TYPE_CHECKING:
    from .model_results import ModelResults

__all__ = ["Cell", "Row", "auc_text", "no_likelihood", "of_auc", "rare_text"]

Cell: TypeAlias = "Callable[[ModelResults, ModelResults], str | None]"
"""A cell's text from a model's results and those of the retrained model of its seed."""


@dataclass(frozen=True)
class Row:
    """One measure of the table.

    Attributes:
        group: what it belongs to.
        name: the measure.
        read: how to read it, with its baseline.
        value: the text; None where what it is made of was not computed.
        compares: whether it needs the retrained model; otherwise it is given the model twice.
    """

    group: str
    name: str
    read: str
    value: Cell
    compares: bool = False


def auc_text(value: float, interval: Sequence[float] | None = None) -> str:
    """An AUC with its 95 % interval: `0.61 [0.55, 0.67]`."""
    return f"{value:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")


def of_auc(value: float | Undefined, interval: Sequence[float] | None = None) -> str:
    """An AUC, or why there is none."""
    if isinstance(value, Undefined):
        return (value.reason or "undefined").replace("|", "/")
    return auc_text(value, interval)


def rare_text(tpr_at_fpr: Mapping[str, float | Undefined] | None) -> str | None:
    """True positives where one in a hundred is accused wrongly; None where that is too fine."""
    value = (tpr_at_fpr or {}).get("0.01")
    return percent(100 * value) if defined(value) else None


def no_likelihood(reference: LiraResult | Undefined) -> str:
    """Why there is no likelihood-ratio attack, in words for a person who can run more seeds."""
    missing = reference if isinstance(reference, Undefined) else reference.auc
    reason = missing.reason if isinstance(missing, Undefined) else ""
    if reason and not any(word in reason for word in ("seed", "reference model")):
        return reason.replace("|", "/")
    sides = None if isinstance(reference, Undefined) else reference.references
    # a retrained model is not its own reference: it needs three others
    return f"needs {4 if sides and sides.inside > sides.outside else 3} seeds"
