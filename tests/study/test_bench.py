"""The inversion bench at work: what it stores, what it never computes twice, what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from inline_engine import InlineEngine

import opcviz
from opcviz.attacks.inversion import activations, result
from opcviz.attacks.inversion.activations import invert_activations
from opcviz.attacks.inversion.objectives import OBJECTIVES
from opcviz.attacks.inversion.scores import psnr
from opcviz.common.config import ConfigError, settings_of
from opcviz.common.progress import Pictures
from opcviz.engine import Run
from opcviz.results.bench import BenchResult
from opcviz.study import Artefact, Store, StudyResult, StudyRunner, open_study, shipped_root
from opcviz.study import bench_job as jobs
from opcviz.study.bench_job import BENCH, RUNNER, SLOPE, BenchJob, Search, bench_place

STEPS = {"steps": 6, "restarts": 1}


@pytest.fixture(scope="module")
def study() -> StudyResult:
    return open_study(Store(shipped_root()), "digits")


@pytest.fixture(scope="module")
def runner(study) -> StudyRunner:
    return StudyRunner(study.study, Store(shipped_root()), torch.device("cpu"))


def key_of(study: StudyResult, method: str) -> str:
    return next(m.key for m in study.models if m.method.info.name == method)


def ask(study: StudyResult, *methods: str, samples: tuple[int, ...] = (), **search) -> BenchJob:
    keys = tuple(key_of(study, method) for method in methods)
    ids = samples or tuple(study.probe()[0]["ids"][:2].tolist())
    return BenchJob(study.place, keys, ids, Search(**{**STEPS, **search}))


def run(store: Path, job: BenchJob, *listeners) -> Run:
    engine = InlineEngine(store, *listeners)
    return engine.status(engine.submit(job.to_dict(), runner=RUNNER))


def kept(store: Path, job: BenchJob, at: int = 0) -> list[Artefact]:
    return Store(store).answers(bench_place(job.study, job.models[at]), BENCH)


def network(runner: StudyRunner, study: StudyResult, method: str) -> torch.nn.Module:
    model = study.model(key_of(study, method))
    from opcviz.methods import implementation

    return runner.load_model(implementation(model.method), model.seed)


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["cosine", "euclidean"])
def test_its_numbers_are_those_of_the_library(study, runner, tmp_path, objective):
    data = opcviz.load_data("digits")
    split = opcviz.split(data, "classes:0,1,2")
    model = opcviz.wrap(network(runner, study, "delete"), data)
    wanted = opcviz.invert(
        model, data, split, pictures=2, rounds=1, iterations=6, restarts=1, objective=objective,
        activations=False, progress=False,
    )  # fmt: skip
    ids = tuple(wanted.positions.tolist())
    job = ask(study, "delete", samples=ids, objective=objective)
    assert run(tmp_path, job).result == {"study": study.place, "made": 1}
    (found,) = kept(tmp_path, job)
    arrays, record = found.arrays("bench.npz"), found.record(BenchResult)
    each = wanted.summary.per_picture
    assert arrays["psnr"][-1].tolist() == pytest.approx(each.psnr, rel=1e-5)
    assert arrays["ssim"][-1].tolist() == pytest.approx(each.ssim, rel=1e-5)
    assert record.body_gradient_norm == pytest.approx(each.body_gradient_norm)
    assert record.random_gradient == pytest.approx(wanted.summary.random_gradient.psnr)
    assert arrays["steps"].tolist() == sorted(set(arrays["steps"].tolist()))
    assert arrays["steps"][-1] == 12  # a start is tried for as long as a round here
    true = wanted.pictures
    frames = torch.from_numpy(arrays["frames"] / 255)
    shown = psnr(frames[4], true.double())
    assert arrays["psnr"][4].tolist() == pytest.approx(shown.tolist(), abs=0.1)  # bytes


@pytest.mark.slow
def test_a_blocks_search_is_the_attacks(study, runner, tmp_path):
    job = ask(study, "original", block="stage2", steps=4)
    assert run(tmp_path, job).status == "finished"
    (found,) = kept(tmp_path, job)
    pictures = runner.data.batch(torch.tensor(job.samples))
    (wanted,) = invert_activations(
        network(runner, study, "original"), pictures, 4, blocks=["stage2"]
    )
    scores = psnr(wanted.pictures, pictures)
    assert found.arrays("bench.npz")["psnr"][-1].tolist() == pytest.approx(
        scores.tolist(), abs=0.01
    )
    assert found.arrays("bench.npz")["steps"][-1] == jobs.BLOCK_ROUNDS * 4


@pytest.mark.slow
def test_a_question_is_answered_once_and_another_model_alone_is_added(study, tmp_path):
    first = ask(study, "original")
    assert run(tmp_path, first).result["made"] == 1
    assert run(tmp_path, first).result["made"] == 0
    assert run(tmp_path, ask(study, "original", "retrain")).result["made"] == 1
    assert run(tmp_path, ask(study, "original", steps=7)).result["made"] == 1
    assert len(kept(tmp_path, first)) == 2


@pytest.mark.slow
def test_a_masked_gradient_has_no_score_and_is_lifted_on_request(study, tmp_path):
    forgotten = tuple(study.probe()[0]["ids"][study.probe()[0]["forget"]][:1].tolist())
    job = ask(study, "original", "opc", samples=forgotten, slope=True)
    assert run(tmp_path, job).result["made"] == 3  # of OPC alone once more
    by_slope = {a.question["slope"]: a for a in kept(tmp_path, job, 1)}
    assert set(by_slope) == {0.0, SLOPE}
    assert by_slope[0.0].record(BenchResult).reason == (jobs.NO_BODY_GRADIENT,)
    assert np.isnan(by_slope[0.0].arrays("bench.npz")["psnr"]).all()
    assert by_slope[SLOPE].record(BenchResult).reason == (None,)
    assert np.isfinite(by_slope[SLOPE].arrays("bench.npz")["psnr"]).all()


@pytest.mark.slow
def test_it_can_be_cancelled_and_resumed(study, tmp_path):
    job, seen = ask(study, "original", "retrain", steps=12), []

    def cancel(event: object) -> None:
        if isinstance(event, Pictures) and not seen:
            seen.append(event)
            engine.cancel(engine.list()[0].id)

    engine = InlineEngine(tmp_path, cancel)
    id = engine.submit(job.to_dict(), runner=RUNNER)
    assert engine.status(id).status == "cancelled"
    assert seen[0].models == list(job.models)
    assert kept(tmp_path, job) == []
    engine.resume(id)
    assert engine.status(id).result["made"] == 2
    assert len(kept(tmp_path, job)) == len(kept(tmp_path, job, 1)) == 1


def test_the_mean_pictures_are_kept_beside(study, runner, tmp_path):
    run(tmp_path, ask(study, "original", steps=1))
    assert not Store(tmp_path).answers(study.place, jobs.MEANS)  # they came with the study
    (shipped,) = Store(shipped_root()).answers(study.place, jobs.MEANS)
    arrays = shipped.arrays("means.npz")
    mean = runner.data.x_train[runner.data.y_train == 3].float().mean(0).numpy()
    scale = 255 if mean.max() <= 1 else 1
    np.testing.assert_allclose(arrays["pictures"][3], scale * mean, atol=0.51)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"models": ["gone-s0"]}, "has no model 'gone-s0'"),
        ({"models": ["a", "b", "c", "d", "e"]}, "5 models are chosen, and at most 4"),
        ({"samples": []}, "No picture is chosen"),
        ({"samples": [1, 1]}, "chosen twice"),
        ({"samples": [10_000]}, "there is no 10000"),
        ({"search": {"steps": 0}}, "below the least allowed, 1"),
        ({"search": {"block": "stage9"}}, "no block 'stage9'; there are: stem,"),
        ({"search": {"lr": 1}}, "lr"),
        ({"colour": "red"}, "has no 'colour'"),
    ],
)
def test_what_cannot_be_done_is_said(study, tmp_path, changes, said):
    job = {**ask(study, "original").to_dict(), **changes}
    engine = InlineEngine(tmp_path)
    ended = engine.status(engine.submit(job, runner=RUNNER))
    assert ended.status == "failed"
    assert said in ended.cause


def test_a_model_without_weights_is_named(study, tmp_path, monkeypatch):
    monkeypatch.setattr(StudyRunner, "find", lambda *_: None)
    ended = run(tmp_path, ask(study, "original"))
    assert ended.status == "failed"
    assert ended.cause.startswith("Original: there are no weights to search in")


def test_what_it_repeats_of_the_attack_is_true_of_it():
    assert tuple(settings_of(Search)["objective"].choices) == tuple(OBJECTIVES)
    assert jobs.BLOCK_ROUNDS == activations.ROUNDS
    assert jobs.NO_BODY_GRADIENT == result.NO_BODY_GRADIENT


def test_a_job_reads_what_it_wrote():
    job = BenchJob("digits-1", ("a", "b"), (3, 1), Search(block="stem", steps=5))
    assert BenchJob.from_dict(job.to_dict()) == job
    with pytest.raises(ConfigError, match="wants a list of positions"):
        BenchJob.from_dict({**job.to_dict(), "samples": [-1]})
