"""Does a recovered figure depend on how large features happen to be?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from opcviz.attacks.recovery import Recovery, recover
from opcviz.data import Split
from opcviz.methods import implementation
from opcviz.results import RecoveryResult
from opcviz.study import Store, StudyResult, StudyRunner
from opcviz.tasks.classification import ModelOutputs

from .claim import Measured, of

__all__ = ["greatest_change", "ridge_change"]

SCALES = (0.1, 10.0)


def ridge_change(study: StudyResult, scratch: Path) -> dict[int, Measured]:
    """By seed, the greatest change in points of any figure at any ridge, of the retrained model.

    Args:
        study: as stored; its models are loaded, nothing in it is changed.
        scratch: an empty folder, for what a runner may write.
    """
    store = Store(scratch, (study.store.root,))
    runner = StudyRunner(study.study, store, torch.device("cpu"))
    split, found = runner.split, {}
    for model in of(study, "retrain"):
        original = runner.subject(runner.original, model.seed)
        head = original.network.head
        outputs = runner.subject(implementation(model.method), model.seed).outputs
        found[model.seed] = Measured.exact(
            greatest_change(
                original.outputs, outputs, (head.weight.detach(), head.bias.detach()), split
            )
        )
    return found


def greatest_change(
    original: ModelOutputs,
    outputs: ModelOutputs,
    head: tuple[torch.Tensor, torch.Tensor],
    split: Split,
) -> float:
    """In points, over FM and HR, fit sets, ridges and both scales."""
    config = Recovery().replace(sizes=(10,), draws=1)
    plain = _swept(recover(original, outputs, head, split, config))
    most = 0.0
    for scale in SCALES:
        scaled = replace(
            outputs,
            train=replace(outputs.train, features=outputs.train.features * scale),
            test=replace(outputs.test, features=outputs.test.features * scale),
        )
        other = _swept(recover(original, scaled, head, split, config))
        most = max(most, *(abs(a - b) for a, b in zip(plain, other, strict=True)))
    return most


def _swept(result: RecoveryResult) -> list[float]:
    """Every accuracy of every sweep."""
    fits = (fit for name in ("fm", "hr", "hr_labels") for fit in result.attack(name).values())
    return [value for fit in fits if fit.sweep for value in fit.sweep.forget_accuracy]
