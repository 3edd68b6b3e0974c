"""The transfer probe as a kind of artefact: when it is made, its answer, what it says without."""

from __future__ import annotations

from pathlib import Path

import known_results
import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from opcviz.artefacts import get_kind, not_given
from opcviz.artefacts.classification.transfer import NO_DATA, NO_ORIGINAL
from opcviz.artefacts.classification.verdict import _attacks
from opcviz.artefacts.verdicts import Known
from opcviz.attacks.transfer import Downstream, Transfer, downstream_of, transfer
from opcviz.common.records import Undefined
from opcviz.data import DataError, load
from opcviz.methods import create
from opcviz.results import PIXELS, TransferResult, TransferRung
from opcviz.study import Evidence, Plan, Store, Study, StudyRunner, missing
from opcviz.training import Training

STUDY = Study(
    name="tiny",
    forget="classes:0,1",
    training=Training(epochs=4, batch_size=64),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=()),
).replace(architecture={"width": 0.1})
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory) -> str:
    """Digits turned over, twice as large, as somebody's own file."""
    source = load_digits()
    x = np.rint(source.images * (255 / 16)).astype(np.uint8)[:, ::-1].repeat(2, 1).repeat(2, 2)
    path = tmp_path_factory.mktemp("downstream") / "mirrored.npz"
    arrays = {"x_train": x[:900], "y_train": source.target[:900]}
    np.savez(path, **arrays, x_test=x[900:], y_test=source.target[900:])
    return str(path)


def lab(tmp_path: Path, study: Study = STUDY, **changes: object) -> StudyRunner:
    evidence = study.evidence.replace(transfer=changes)
    return StudyRunner(study.replace(evidence=evidence), Store(tmp_path), CPU)


@pytest.mark.slow
def test_the_kind_is_its_attack_with_what_the_original_takes_for_near(tmp_path, mirrored) -> None:
    runner = lab(tmp_path, data="arrays", path=mirrored, samples=[5, 20], draws=2)
    config = runner.study.evidence.settings(Transfer)
    original, other = create("original"), create("ft", epochs=1)
    told = TransferResult.from_dict(runner.make("transfer", other, 0).json())
    found = load(config.spec(8))
    before, net = (runner.subject(each, 0).network for each in (original, other))
    exam = downstream_of(before, runner.data, (0, 1), found, config)
    assert isinstance(exam, Downstream)
    assert exam.images.shape == (1, 8, 8)
    assert told == transfer(net, exam, config)
    assert len(told.near) == 2
    first = TransferResult.from_dict(runner.make("transfer", original, 0).json())
    assert (first.near, first.shares, first.digest) == (told.near, told.shares, told.digest)

    kind, model = get_kind("transfer"), known_results.known(transfer=told)
    rung = told.at("features", "linear", 5)
    assert [column.value(model) for column in kind.columns] == [rung.near, rung.far]
    rows = {row.name: row.value(model, known_results.known(transfer=first)) for row in kind.rows}
    near, far = (f"{value:.1f}".removesuffix(".0") for value in (rung.near, rung.far))
    assert rows["transfer, linear probe"] == f"{near} % near, {far} % far"
    floor = told.at(PIXELS, "linear", 5)
    assert rows["transfer, floor: raw pixels"].startswith(f"{floor.near:.1f}".removesuffix(".0"))


def test_it_is_made_where_data_are_named_or_it_is_chosen(tmp_path, mirrored) -> None:
    kind = get_kind("transfer")
    assert not kind.default
    assert not kind.wanted(Evidence(), 3)
    assert kind.wanted(Evidence().replace(transfer={"data": "mnist"}), 1)
    assert kind.wanted(Evidence(instruments=("transfer",)), 1)
    for data, wanted in (({}, False), ({"data": "arrays", "path": mirrored}, True)):
        runner = lab(tmp_path, **data)
        asked = missing(Plan(runner.study, (create("original"),), (0,)), runner)
        assert ("transfer" in {item.kind for item in asked}) is wanted


@pytest.mark.slow
def test_without_data_it_says_what_to_set(tmp_path) -> None:
    runner = lab(tmp_path)
    told = TransferResult.from_dict(runner.make("transfer", create("original"), 0).json())
    assert told == TransferResult(Undefined(NO_DATA))
    assert "--set evidence.transfer.data=mnist" in NO_DATA


@pytest.mark.slow
def test_data_that_are_not_there_are_said_how_to_get(tmp_path) -> None:
    """And nothing is stored: once they are there, the same study goes on."""
    runner = lab(tmp_path, data="svhn")
    runner.data_root = tmp_path / "empty"
    with pytest.raises(DataError, match="SVHN is not on this machine: run with --download"):
        runner.make("transfer", create("original"), 0)
    assert runner.find("transfer", create("original"), 0) is None


@pytest.mark.slow
def test_without_an_original_nobody_says_what_is_near(tmp_path, mirrored, monkeypatch) -> None:
    runner = lab(tmp_path, data="arrays", path=mirrored)
    real = runner._subject

    def absent(method, seed):
        gone = method.info.name == "original"
        return not_given("original", "there is none") if gone else real(method, seed)

    other = create("ft", epochs=1)
    runner.make("model", other, 0)
    monkeypatch.setattr(runner, "_subject", absent)
    told = TransferResult.from_dict(runner.make("transfer", other, 0).json())
    assert told == TransferResult(Undefined(NO_ORIGINAL), "arrays")


@pytest.mark.slow
def test_where_samples_were_forgotten_none_is_near(tmp_path, mirrored) -> None:
    study = STUDY.replace(forget="random:10%")
    runner = lab(tmp_path, study, data="arrays", path=mirrored)
    told = TransferResult.from_dict(runner.make("transfer", create("original"), 0).json())
    assert "samples were forgotten" in told.rungs.reason
    own = lab(tmp_path, data="digits")
    told = TransferResult.from_dict(own.make("transfer", create("original"), 0).json())
    assert "were trained on digits" in told.rungs.reason


def test_what_was_not_measured_says_so_and_the_verdict_does_not_hear_it() -> None:
    kind, nothing = get_kind("transfer"), known_results.known()
    assert [column.value(nothing) for column in kind.columns] == [None, None]
    assert [row.value(nothing, nothing) for row in kind.rows] == [None] * 3
    told = kind.show(None, "transfer was not computed yet")["transfer"]
    assert told["reason"] == "transfer was not computed yet"
    assert told["rungs"] is None
    rung = TransferRung("features", "linear", 20, 1, 99.0, 10.0, {"a": 99.0, "b": 10.0})
    made = TransferResult((rung,), "mnist", "0", ("a",), {"a": 90.0, "b": 0.0}, 40)
    ladder = known_results.record("strongest")
    alone = _attacks(Known("a model", known_results.known(strongest=ladder)))
    beside = _attacks(Known("a model", known_results.known(strongest=ladder, transfer=made)))
    assert beside == alone
