"""The kinds about models of records on a study of three small ones, from training to tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.artefacts import ModelResults, kinds
from opcviz.artefacts.waveforms.made import CONDITIONS_FILE, RECORDS_FILE
from opcviz.artefacts.waveforms.rows import FORGETTING_ROWS, MADE_ROWS, REGROWN_ROWS
from opcviz.artefacts.waveforms.subject import made_at, shared_noise
from opcviz.common.records import Record, Undefined
from opcviz.data import DataSpec, sources
from opcviz.data.earthquakes import as_conditions, simulated, simulator
from opcviz.measures.waveforms import (
    RecordErrors,
    errors_of,
    forgetting_index,
    pick_p,
    pick_s,
    scores,
)
from opcviz.models import load_weights
from opcviz.models.waveforms import WaveformGenerator
from opcviz.results import (
    ForgettingIndex,
    ForgettingResult,
    WaveformRegrowth,
    WaveformRegrowthResult,
    WaveformResult,
    WaveformScores,
)
from opcviz.study import ModelResult, Plan, Store, StudyResult, StudyRunner, open_study, run
from opcviz.study.fields import documentation
from opcviz.study.trainer import WEIGHTS
from opcviz.tasks import get_task

TASK = get_task("waveforms")

KINDS = [kind for kind in kinds("waveforms") if kind.task == "waveforms"]
FEW = {"optimizer": "adam", "lr": 1e-3, "weight_decay": 0.0, "batch_size": 64, "epochs": 2}
NAME = "few-earthquakes"
PLAN = {
    "name": "tiny-earthquakes",
    "task": "waveforms",
    "forget": "region:30,60,0,30",
    "data": {"name": NAME},
    "architecture": {"name": "latent:mlp-v", "width": 0.1},
    "training": FEW,
    "evidence": {
        "probe": 20,
        "live": 20,
        "shaking": {"forgotten": 24, "retained": 30, "steps": 3, "shown": 4},
        "waveform_dimra": {"looks": [1, 3], "records": 20, "batch_size": 32},
    },
    "methods": ["original", "retrain", {"method": "ft", **FEW}],
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    def read(spec: DataSpec, folder: Path, download: bool) -> object:
        return simulated(2, 240, 140)

    if NAME not in sources.DATASETS:
        sources.register_dataset(NAME, "few simulated records")(read)
    root: Path = tmp_path_factory.mktemp("earthquakes")
    plan, threads = Plan.from_dict(PLAN), torch.get_num_threads()
    torch.set_num_threads(1)
    run(plan, StudyRunner(plan.study, Store(root), torch.device("cpu"), seeds=(0,)))
    torch.set_num_threads(threads)
    yield open_study(Store(root), plan.study.place)
    sources.DATASETS.discard(NAME)


def model(study: StudyResult, method: str) -> ModelResult:
    return next(each for each in study.models if each.method.info.name == method)


def results(study: StudyResult, method: str) -> ModelResults:
    return model(study, method).results


def test_every_kind_answers_and_documents_what_it_says(study: StudyResult) -> None:
    for method in ("original", "retrain", "ft"):
        found = results(study, method)
        for kind in KINDS:
            answer = found.answer(kind.name)
            assert not isinstance(answer, Undefined), (method, kind.name, answer)
            assert kind.read(answer.to_dict()) == answer
            assert all(isinstance(c.value(found), float | None) for c in kind.columns)
            assert all(row.value(found, found) for row in kind.rows)
    assert {kind.name for kind in KINDS} <= {
        path.removeprefix(".").partition(".")[0] for path in documentation("waveforms")
    }


def test_what_is_stored_beside_has_the_shapes_that_are_promised(study: StudyResult) -> None:
    original, other = model(study, "original"), model(study, "ft")
    shared = original.arrays("waveforms", "conditions.npz")
    count, shown = 54, 8
    assert shared["conditions"].shape == (count, 6)
    assert shared["forgotten"].sum() == 24
    assert shared["held_out"].shape == shared["another"].shape == (shown, 768)
    assert shared["forgotten"][shared["shown"]].tolist() == [True] * 4 + [False] * 4
    assert shared["section_held_out"].shape == (2, 12, 768)
    assert shared["section_s"].shape == (2, 12)
    assert (np.diff(shared["section_s"], axis=1) >= -1e-6).all()  # nearest first
    assert (shared["section_conditions"][0, :, 0] >= 30).all()
    made = other.arrays("waveforms", "waveforms.npz")
    assert made["made"].shape == (shown, 768)
    assert made["section"].shape == (2, 12, 768)
    for name in ("p_shift", "s_shift", "pga", "envelope"):
        assert made[name].shape == (count,)
    drawn = other.arrays("waveform_dimra", "regrown.npz")
    assert drawn["section"].shape == (12, 768)


def test_scores_are_means_of_what_is_stored_beside(study: StudyResult) -> None:
    found = results(study, "ft").get(WaveformResult)
    made = model(study, "ft").arrays("waveforms", "waveforms.npz")
    assert isinstance(found, WaveformResult)
    errors = np.abs(made["s_shift"].astype(float))
    assert found.forgotten.s_error == pytest.approx(errors[:24].mean(), abs=5e-3)
    assert found.retained.s_error == pytest.approx(errors[24:].mean(), abs=5e-3)
    assert found.everywhere.records == 54
    assert found.simulated
    assert found.truth == "simulated"
    assert not isinstance(found.floor_forgotten, Undefined)
    assert found.floor_forgotten.s_error < 0.6


def test_what_is_said_of_a_model_is_what_its_weights_make(
    study: StudyResult, one_thread: None
) -> None:
    """Scores, codec, pickers and the attack's first look, made once more."""
    told, shared = model(study, "ft"), model(study, "original").arrays("waveforms", CONDITIONS_FILE)
    made = told.results.get(WaveformResult)
    attack = told.results.get(WaveformRegrowthResult)
    assert isinstance(made, WaveformResult)
    assert isinstance(attack, WaveformRegrowthResult)
    data, gone = simulated(2, 240, 140), shared["forgotten"]
    net = TASK.build(told.study.architecture, data, 0)
    artefact = told.artefact("model")
    assert artefact is not None
    load_weights(net, artefact.path(WEIGHTS))
    assert isinstance(net.eval(), WaveformGenerator)
    split = told.study.forget.split(data)
    ids = torch.cat([split.forget_test[:24], split.retain_test[:30]])
    held_out, conditions = data.batch(ids, "test")[:, 0].numpy(), as_conditions(data.y_test[ids])
    arrivals = simulator.arrivals(conditions)

    def errors(made: np.ndarray, at: np.ndarray) -> RecordErrors:
        return errors_of(made, held_out[at], tuple(each[at] for each in arrivals), 20.0, 2.0)

    every = np.arange(54)
    with torch.no_grad():
        _, phases = shared_noise(net, 54, 1)
        codec = errors(net.through(torch.from_numpy(held_out)[:, None], phases).numpy(), every)
    ours = errors(made_at(net, conditions, 3), every)
    for found, ideal in (
        (made.forgotten, scores(ours, gone)),
        (made.retained, scores(ours, ~gone)),
        (made.everywhere, scores(ours)),
        (made.codec_forgotten, scores(codec, gone)),
        (made.codec_retained, scores(codec, ~gone)),
    ):
        assert _numbers(found) == pytest.approx(_numbers(ideal), abs=1e-4)
    assert not isinstance(made.picker, Undefined)
    assert made.picker.p_error == pytest.approx(
        np.abs(pick_p(held_out, 20.0, 2.0) - arrivals[0]).mean()
    )
    assert made.picker.s_error == pytest.approx(
        np.abs(pick_s(held_out, 20.0, 2.0) - arrivals[1]).mean()
    )
    first = np.r_[:20, 24:44]  # of either part
    looked = errors(made_at(net, conditions[first], 3), first)
    lost, kept, point = (
        scores(looked, gone[first]),
        scores(looked, ~gone[first]),
        attack.curve[0],
    )
    assert [point.s_error, point.envelope] == pytest.approx([lost.s_error, lost.envelope], abs=1e-4)
    assert [point.s_retained, point.envelope_retained] == pytest.approx(
        [kept.s_error, kept.envelope], abs=1e-4
    )
    references = (
        np.abs(model(study, method).arrays("waveforms", RECORDS_FILE)["s_shift"][:20].astype(float))
        for method in ("original", "retrain")
    )
    placed = forgetting_index(*references, np.abs(looked.s_shift[:20]))
    assert [point.index, point.low, point.high] == [placed.index, placed.low, placed.high]


def _numbers(found: WaveformScores) -> dict[str, float]:
    told = found.to_dict()
    return {**told.pop("spectrum"), **told}


def test_f_compares_each_measure_of_three_models_with_itself(study: StudyResult) -> None:
    gone = model(study, "original").arrays("waveforms", CONDITIONS_FILE)["forgotten"]
    found = results(study, "ft").get(ForgettingResult)
    assert isinstance(found, ForgettingResult)

    def mean(method: str, array: str) -> float:
        kept = model(study, method).arrays("waveforms", RECORDS_FILE)[array][gone].astype(float)
        return float((kept if array == "envelope" else np.abs(kept)).mean())

    for array, told in (
        ("s_shift", found.s_error),
        ("p_shift", found.p_error),
        ("envelope", found.envelope),
        ("pga", found.pga),
    ):
        of = {"original": told.original, "retrain": told.retrained, "ft": told.model}
        assert of == pytest.approx({method: mean(method, array) for method in of}), array
        assert len(set(of.values())) == 3
    for method, price in (("ft", found.s_retained), ("retrain", found.s_retained_retrained)):
        kept = results(study, method).get(WaveformResult)
        assert isinstance(kept, WaveformResult)
        assert price == kept.retained.s_error


class Told(ModelResults):
    """Results that were not stored."""

    def __init__(self, *records: Record) -> None:
        self.records = {type(each): each for each in records}

    def get(self, record: type[Record]) -> Record:
        return self.records[record]


def test_every_row_shows_its_own_number() -> None:
    """Of results in which all numbers differ."""
    names = ["p_error", "s_error", "p_bias", "s_bias", "pga_bias", "pga_deviation", "envelope"]
    names += ["response_bias", "response_deviation"]
    parts = ["forgotten", "retained", "everywhere", "codec_forgotten", "codec_retained"]
    made = {
        part: WaveformScores(
            **{name: i + k / 100 for k, name in enumerate(names, 1)}, spectrum={}, records=9
        )
        for i, part in enumerate(parts, 1)
    }
    lacks = Undefined("none")
    rest = {"floor_forgotten": lacks, "floor_retained": lacks, "picker": lacks, "baselines": {}}
    f = [ForgettingIndex(0, 1, i, i, i, i, "knows") for i in (0.11, 0.12, 0.13, 0.14)]
    curve = [
        WaveformRegrowth(steps, s_error, 0.5, s_retained, 0.6, s_error / 10)
        for steps, s_error, s_retained in ((0, 1.9, 0.2), (25, 2.1, 0.4), (50, 2.6, 0.1))
    ]
    model = Told(
        WaveformResult(**made, **rest, truth="simulated", simulated=True, steps=3),
        ForgettingResult(*f, 0.5, 0.6),
        WaveformRegrowthResult(tuple(curve), 20),
    )
    rows = [*MADE_ROWS, *FORGETTING_ROWS, *REGROWN_ROWS]
    assert [row.value(model, model) for row in rows] == [
        "1.02, on average +1.04",
        "1.01, on average +1.03",
        "1.07",
        "+1.05 ± 1.06",
        "+1.08 ± 1.09",
        "4.02",
        "2.02",
        "2.01",
        "2.07",
        "0.11, knows",
        "0.12, knows",
        "0.13, knows",
        "0.14, knows; mean size 0.14",
        "0.14, knows, by peak acceleration",
        "1.90, after 0 steps",
        "0.21, after 25 steps",
        "0.26, after 50 steps",
    ]


def test_f_of_the_references_is_0_and_1_where_it_is_there(study: StudyResult) -> None:
    for method, index in (("original", 0.0), ("retrain", 1.0)):
        found = results(study, method).get(ForgettingResult)
        assert isinstance(found, ForgettingResult)
        for each in found.measures.values():
            assert isinstance(each.index, Undefined) or each.index == pytest.approx(index)


def test_the_attack_begins_with_the_model_itself(study: StudyResult) -> None:
    found = results(study, "ft").get(WaveformRegrowthResult)
    assert isinstance(found, WaveformRegrowthResult)
    assert [point.steps for point in found.curve] == [0, 1, 3]
    made = model(study, "ft").arrays("waveforms", "waveforms.npz")
    errors = np.abs(made["s_shift"].astype(float))[:20].mean()
    # the noise of a condition depends on how many there are: other draws of the same model
    assert found.curve[0].s_error == pytest.approx(errors, rel=0.3)
    assert found.curve[0].s_error != found.curve[-1].s_error


def test_a_training_is_watched_by_losses_and_a_map(study: StudyResult) -> None:
    found = model(study, "ft")
    kept = found.arrays("model", "trajectory.npz")
    assert kept["points"].shape == (3, 20, 2)
    assert np.isfinite(kept["points"]).all()
    assert np.abs(np.diff(kept["points"], axis=0)).max() > 0


@pytest.mark.parametrize("forget", ["magnitude:4.5-6", "random:20%"])
def test_own_records_have_no_truth_and_single_ones_nothing_to_ask_for(
    tmp_path: Path, one_thread: None, forget: str
) -> None:
    data = simulated(2, 120, 40)
    x = torch.cat([data.x_train, data.x_test]).numpy()
    y = torch.cat([data.y_train, data.y_test]).numpy()
    places = {"epicentre": y[:, :2], "station": y[:, 4:], "unit": np.array("km")}
    about = {"rate": np.array(20.0), "onset": np.array(2.0)}
    file = tmp_path / "own.npz"
    np.savez(file, waveforms=x, depth=y[:, 2], magnitude=y[:, 3], **places, **about)
    own = {"forget": forget, "data": {"name": "records", "path": str(file)}}
    plan = Plan.from_dict({**PLAN, **own, "methods": ["original", "retrain"]})
    run(plan, StudyRunner(plan.study, Store(tmp_path / "s"), torch.device("cpu"), seeds=(0,)))
    found = results(open_study(Store(tmp_path / "s"), plan.study.place), "retrain")
    told, forgot = found.get(WaveformResult), found.get(ForgettingResult)
    if forget.startswith("random"):
        for each in (told, forgot, found.get(WaveformRegrowthResult)):
            assert isinstance(each, Undefined)
            assert "no held-out record is forgotten" in each.reason
        return
    assert isinstance(told, WaveformResult)
    assert (told.truth, told.simulated) == ("picked", False)
    for missing in (told.floor_forgotten, told.floor_retained, told.picker):
        assert isinstance(missing, Undefined)
    assert isinstance(forgot, ForgettingResult)
