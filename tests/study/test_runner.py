"""The study runner: a killed training run goes on, and only where it is still the same run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.common.progress import Event, Progress, Step
from opcviz.data import DataError
from opcviz.methods import create
from opcviz.study import Evidence, Store, StoreError, Study, StudyRunner
from opcviz.training import Training
from opcviz.training.resume import ResumeFile

EVIDENCE = Evidence(probe=40, live=60, maps=("pca",))
STUDY = Study(name="tiny", training=Training(epochs=3, batch_size=512), evidence=EVIDENCE).replace(
    architecture={"width": 0.1}
)
STEPS_AN_EPOCH = 3  # 1,437 digits in chunks of 512


class Killed(BaseException):
    pass


def train(root: Path, study: Study, stop: int = 0) -> tuple[list[int], dict[str, np.ndarray], dict]:
    """Train the original; the steps taken, and what was stored of it if it was not killed."""
    taken: list[int] = []

    def listen(event: Event) -> None:
        if isinstance(event, Step):
            taken.append(event.step)
            if event.step == stop:
                raise Killed

    lab = StudyRunner(study, Store(root), torch.device("cpu"), progress=Progress(listen))
    artefact = lab.make("model", create("original"), 0)
    weights = lab.load_model(create("original"), 0).state_dict()
    return taken, artefact.arrays("trajectory.npz"), weights


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save after every epoch, however short."""
    monkeypatch.setattr(ResumeFile, "every", 0.0)


@pytest.mark.slow
def test_a_killed_model_is_finished_and_leaves_nothing_behind(tmp_path: Path) -> None:
    _, trajectory, weights = train(tmp_path / "whole", STUDY)
    with pytest.raises(Killed):
        train(tmp_path / "killed", STUDY, stop=2 * STEPS_AN_EPOCH + 1)
    taken, again, resumed = train(tmp_path / "killed", STUDY)
    assert taken == [7, 8, 9]
    assert all(torch.equal(weights[name], resumed[name]) for name in weights)
    assert trajectory.keys() == again.keys()
    assert all(np.array_equal(trajectory[name], again[name]) for name in trajectory)
    assert len(again["points"]) == STUDY.training.epochs + 1
    work = tmp_path / "killed" / "work"
    assert not work.exists() or not any(work.iterdir())


@pytest.mark.slow
def test_another_probe_set_is_another_run(tmp_path: Path) -> None:
    """The resume file holds features of the probe set: those of another do not go together."""
    with pytest.raises(Killed):
        train(tmp_path, STUDY, stop=2 * STEPS_AN_EPOCH + 1)
    study = STUDY.replace(evidence=EVIDENCE.replace(probe=30))
    assert study.place == STUDY.place
    taken, trajectory, _ = train(tmp_path, study)
    assert taken == list(range(1, 10))
    assert trajectory["points"].shape[:2] == (4, 30)


@pytest.mark.slow
def test_what_is_stored_is_not_trained_again(tmp_path: Path) -> None:
    train(tmp_path, STUDY)
    taken, _, _ = train(tmp_path, STUDY)
    assert taken == []


def laboratory(root: Path, study: Study = STUDY) -> StudyRunner:
    return StudyRunner(study, Store(root), torch.device("cpu"))


def test_looking_at_the_data_writes_nothing(tmp_path: Path) -> None:
    lab = laboratory(tmp_path)
    assert len(lab.data.y_train) == 1437
    assert len(lab.split.forget_train) > 0
    assert len(lab.probe) == 40
    assert len(lab.live) >= 60
    assert lab.find("model", lab.original, 0) is None
    assert list(tmp_path.rglob("*")) == []


def test_the_study_and_its_probe_set_are_there_from_the_first_step(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(tmp_path, STUDY, stop=1)
    store = Store(tmp_path)
    assert store.read_study(STUDY.place)["data_digest"] == "0a796cd6e88d"
    lab = laboratory(tmp_path)
    stored = store.latest(STUDY.place, "probe").arrays("probe.npz")
    assert stored["ids"].tolist() == lab.probe.tolist()


def test_data_that_changed_since_the_study_began_are_refused(tmp_path: Path) -> None:
    spec = {**STUDY.to_dict(), "data_digest": "0123456789ab"}
    Store(tmp_path).write_study(STUDY.place, spec)
    with pytest.raises(StoreError, match=r"changed since it began \(digest 0123456789ab, now 0a79"):
        _ = laboratory(tmp_path).data


def test_a_study_of_named_samples_remembers_which_they_were(tmp_path: Path) -> None:
    """The stored spec holds the ids' fingerprint, so that a changed file is noticed later."""
    file = tmp_path / "ids.txt"
    file.write_text("3\n1\n2\n")
    study = STUDY.replace(forget=f"indices:{file}")
    place, root = study.pinned().place, tmp_path / "store"
    with pytest.raises(Killed):
        train(root, study, stop=1)
    stored = Store(root).read_study(place)
    assert stored["forget"]["digest"] == study.forget.pinned().digest
    file.write_text("3\n1\n4\n")
    del stored["data_digest"]
    again = laboratory(root, Study.from_dict(stored))
    assert again.study.place == place
    with pytest.raises(DataError, match="has changed since this scenario was set up"):
        _ = again.split
