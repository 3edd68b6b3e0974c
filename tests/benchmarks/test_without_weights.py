"""A study that is shipped without all its weights is whole, and makes them when asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.without_weights import leave_out
from opcviz.methods import create
from opcviz.study import Evidence, Store, Study, StudyRunner
from opcviz.training import Training

STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, maps=("pca",)),
).replace(architecture={"width": 0.1})


@pytest.mark.usefixtures("one_thread")
def test_what_is_left_out_is_trained_again_into_the_users_store(
    tmp_path: Path, same_weights
) -> None:
    shipped, own, ft = tmp_path / "shipped", tmp_path / "own", create("ft", epochs=1)
    made = StudyRunner(STUDY, Store(shipped), torch.device("cpu"))
    before = made.load_model(ft, 0)
    size = sum(file.stat().st_size for file in shipped.rglob("*"))
    saved = leave_out(shipped, STUDY.place, ["original"])
    assert saved > 0.4 * (size - sum(file.stat().st_size for file in shipped.rglob("*")))
    assert leave_out(shipped, STUDY.place, ["original"]) == 0

    here = StudyRunner(STUDY, Store(own, (shipped,)), torch.device("cpu"))
    assert here.make("model", ft, 0).json()["status"] == "finished", "its numbers are there"
    assert not own.exists() or not list(own.rglob("weights.safetensors"))
    assert same_weights(here.load_model(ft, 0), before)
    (kept,) = own.rglob("weights.safetensors")
    assert "ft-" in str(kept), "the original's are read where they were"
    assert not list(shipped.rglob("ft-*/*/weights.safetensors")), "what is shipped stays as it is"
    again = StudyRunner(STUDY, Store(shipped), torch.device("cpu"))
    assert same_weights(again.load_model(ft, 0), before), "and where that is the store itself"
