"""RL on a random tenth with other settings than the study's, trained and attacked anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from opcviz.artefacts import ModelResults
from opcviz.common.json_types import Plain
from opcviz.methods import create
from opcviz.methods.tuning import tuned_settings
from opcviz.results import EvidenceResult, LiraResult, TrainingResult
from opcviz.study import Store, StudyResult, StudyRunner

from . import readings as read
from .claim import Measured, of

__all__ = ["Remade", "rl_for_classes", "rl_with"]


@dataclass
class Remade:
    """By seed: FM on the forget data it was fitted on and cross-fitted, and LiRA."""

    in_sample: dict[int, Measured] = field(default_factory=dict)
    cross_fitted: dict[int, Measured] = field(default_factory=dict)
    lira: dict[int, Measured] = field(default_factory=dict)


def rl_for_classes(study: StudyResult) -> dict[str, Plain]:
    """The settings tuned for classes, which the first release had for samples too."""
    return tuned_settings("rl", study.study.data.name, "classes")


def rl_with(study: StudyResult, scratch: Path, settings: Mapping[str, Plain]) -> Remade:
    """Train it on every seed of the study's RL, with the study's own references.

    Args:
        study: of forgotten samples, as stored; nothing in it is changed.
        scratch: a folder for the models and their answers.
        settings: of the method.
    """
    seeds = [model.seed for model in of(study, "rl")]
    runner = StudyRunner(
        study.study, Store(scratch, (study.store.root,)), torch.device("cpu"), seeds=seeds
    )
    method = create("rl", **settings)
    found = Remade()
    same, others = read.in_sample("forget")
    for seed in seeds:
        runner.make("model", method, seed)
        answers = {
            kind: record.from_dict(runner.make(kind, method, seed).json())
            for kind, record in (("evidence", EvidenceResult), ("reference", LiraResult))
        }
        known = ModelResults(TrainingResult("finished"), answers)
        for reading, into in (
            (same, found.in_sample),
            (others, found.cross_fitted),
            (read.lira("online"), found.lira),
        ):
            if (value := reading(known)) is not None:
                into[seed] = value
    return found
