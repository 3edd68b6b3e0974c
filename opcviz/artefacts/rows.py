"""Rows of the table of measures: what a kind declares of them, and the words of their cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.json_types import Json
from ..common.text import percent

__all__ = ["Row", "auc_text", "no_likelihood", "of_auc", "rare_text"]


@dataclass(frozen=True)
class Row:
    """One measure of the table.

    Attributes:
        group: what it belongs to.
        name: the measure.
        read: how to read it, with its baseline.
        value: from a model's numbers and those of the retrained model of its seed to text.
        needs: path in the numbers of what was perhaps not computed; without it there is no value.
        compares: whether it needs the same of the retrained model.
    """

    group: str
    name: str
    read: str
    value: Callable[[Json, Json], str]
    needs: tuple[str, ...]
    compares: bool = False

    def is_known(self, model: Json, retrained: Json | None) -> bool:
        """Whether all that the value is made of was computed."""
        asked = [model, retrained] if self.compares else [model]
        return all(_holds(numbers, self.needs) for numbers in asked)


def _holds(numbers: Any, path: Sequence[str]) -> bool:
    """Whether a number, or what holds numbers, stands at this path."""
    for name in path:
        numbers = numbers.get(name) if isinstance(numbers, dict) else None
    return numbers is not None and numbers != []


def auc_text(value: float, interval: Sequence[float] | None = None) -> str:
    """An AUC with its 95 % interval: `0.61 [0.55, 0.67]`."""
    return f"{value:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")


def of_auc(found: Json, name: str) -> str:
    """An AUC by its name, or why there is none."""
    value, reason = found[name], found.get("reason") or "undefined"
    if value is None:
        reason = reason.get(name, "undefined") if isinstance(reason, dict) else reason
        return str(reason).replace("|", "/")
    return auc_text(value, found.get(f"{name}_interval"))


def rare_text(found: Json) -> str | None:
    """True positives where one in a hundred is accused wrongly; None where that is too fine."""
    value = (found.get("tpr_at_fpr") or {}).get("0.01")
    return None if value is None else percent(100 * value)


def no_likelihood(reference: Json) -> str:
    """Why there is no likelihood-ratio attack, in words for a person who can run more seeds."""
    reason = reference.get("reason") or ""
    reason = reason.get("auc", "") if isinstance(reason, dict) else reason
    few = not reason or any(word in reason for word in ("seed", "reference model"))
    if not few:
        return str(reason).replace("|", "/")
    sides = reference.get("references") or {"inside": 0, "outside": 0}
    # a retrained model is not its own reference: it needs three others
    return f"needs {4 if sides['inside'] > sides['outside'] else 3} seeds"
