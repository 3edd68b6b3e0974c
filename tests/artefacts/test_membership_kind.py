"""What the instruments hand to a measure: which samples, of which part, of which model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from opcviz.measures import separability
from opcviz.methods import create
from opcviz.study import Evidence, Store, Study, StudyRunner
from opcviz.training import Training

STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=("membership",)),
).replace(architecture={"width": 0.1})


@pytest.mark.slow
@pytest.mark.parametrize(("forget", "unseen"), [("classes:0,1", "same"), ("random:10%", "all")])
def test_forget_samples_are_told_from_unseen_ones_of_their_kind(
    tmp_path: Path, forget: str, unseen: str
) -> None:
    lab = StudyRunner(STUDY.replace(forget=forget), Store(tmp_path), torch.device("cpu"))
    original = create("original")
    lab.make("model", original, 0)
    told = lab.make("membership", original, 0).json()["separability"]
    views, labels = lab.subject(original, 0).outputs, lab.data.y_test
    kind = labels < 2 if unseen == "same" else torch.ones_like(labels, dtype=torch.bool)
    members = lab.split.forget_train
    assert (
        told["features"]["unseen"]
        == separability(views.train.features[members], views.test.features[kind]).to_dict()
    )
    assert (
        told["logits"]["unseen"]
        == separability(views.train.logits[members], views.test.logits[kind]).to_dict()
    )
    assert (
        told["logits"]["retain"]
        == separability(
            views.train.logits[members], views.train.logits[lab.split.retain_train]
        ).to_dict()
    )
