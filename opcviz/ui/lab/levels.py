"""What the curves of a run are compared with: a constant answer, and the retrained model."""

from __future__ import annotations

from ...common.records import defined, known
from ...results import EvidenceResult
from ...study import ModelResult, StudyResult
from ..charts.curves_component import CURVES, DASHED, DOTTED, Level

__all__ = ["ATTACKERS", "levels_line", "levels_of"]

ATTACKERS = {"fm_retain_accuracy": "retrained", "fm_accuracy": "retrained, all data"}
"""What the retrained model's level is called, by the attacker's curve."""


def levels_of(study: StudyResult, seed: int) -> list[Level]:
    """Lines across the accuracies, as far as the study has what they are taken from.

    Dashed: the best score of one constant answer. Dotted: what either attacker had from the
    retrained model of the seed when its training ended.
    """
    found = []
    if (constant := _constant(study)) is not None:
        found.append(Level("constant answer", constant, DASHED))
    retrained = retrained_of(study, seed)
    last = retrained.training.history[-1] if retrained and retrained.training.history else {}
    for name, label in ATTACKERS.items():
        if (value := last.get(name)) is not None:
            found.append(Level(label, value, DOTTED, CURVES[name].color))
    return found


def levels_line(study: StudyResult, seed: int) -> str:
    """What the lines are, below the chart; and what is missing for one."""
    constant = "Dashed: what one constant answer scores. " if _constant(study) is not None else ""
    retrained = retrained_of(study, seed)
    if retrained is None:
        return constant + f"No dotted line: there is no retrained model of seed {seed} yet."
    history = retrained.training.history
    if not history or all(history[-1].get(name) is None for name in ATTACKERS):
        return constant + "No dotted line: the retrained model's attacks were not watched."
    return constant + (
        f"Dotted: what the attacker FM gets from the retrained model of seed {seed}, which never "
        "saw the forgotten data, fitted on retained data only or on all."
    )


def retrained_of(study: StudyResult, seed: int) -> ModelResult | None:
    """The retrained model of a seed, if the study has it."""
    return next(
        (m for m in study.models if m.method.info.name == "retrain" and m.seed == seed), None
    )


def _constant(study: StudyResult) -> float | None:
    """Percent of the forget data that one constant answer gets right."""
    for model in study.models:
        evidence = model.results.get(EvidenceResult)
        if defined(evidence):
            return known(evidence.recovery.constant_predictor)
    return None
