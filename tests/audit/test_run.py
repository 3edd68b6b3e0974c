"""An audit of the shipped digits: the same numbers as through the project's own study."""

from __future__ import annotations

import json
from pathlib import Path

import every_attack
import pytest
import torch
from audited import FAST, apart, shipped, spec_of, weights
from once import Once

from opcviz.audit import AuditResult, AuditSpec, audit, check
from opcviz.audit.runner import NO_ORIGINAL, AuditRunner
from opcviz.common.config import IntakeError
from opcviz.common.progress import Cancelled, Event, Progress, Stage
from opcviz.common.records import Undefined, defined
from opcviz.results import EvidenceResult, SimilarityResult
from opcviz.study import Store, open_study

CPU = torch.device("cpu")
SAME = ("evidence", "similarity")  # fast ones; `test_every_attack_...` has the others


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("audits"))


@pytest.fixture(scope="module")
def full(store: Store) -> AuditResult:
    """The full suite of the fast ones, with the settings of the shipped study."""
    evidence = shipped().study.evidence.to_dict() | {"instruments": ["similarity"]}
    return audit(spec_of(suite="full", evidence=evidence), store, CPU)


def numbers(study, method: str, kind: str, seed: int = 0) -> dict:
    (model,) = [m for m in study.models if m.method.info.name == method and m.seed == seed]
    found = model.artefact(kind)
    assert found is not None, f"{kind} of {method}"
    return found.json()


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAME)
def test_the_numbers_are_those_of_the_projects_own_study(full: AuditResult, kind: str) -> None:
    for ours, theirs in (("original", "original"), ("retrain", "retrain"), ("brought", "opc")):
        found = numbers(full.study, ours, kind), numbers(shipped(), theirs, kind)
        assert not list(apart(*found)), ours


@pytest.mark.slow
def test_every_attack_finds_what_it_finds_in_the_projects_own_study(
    tmp_path: Path, once: Once
) -> None:
    study = open_study(Store(every_attack.made(once, "classes:0,1,2")), "columns")
    weights = {}
    for model in study.models:
        artefact = model.artefact("model")
        assert artefact is not None
        weights[model.method.info.name] = str(artefact.path("weights.safetensors"))
    spec = spec_of(
        original=weights["original"],
        unlearned=weights["ft"],
        retrained=[weights["retrain"]],
        suite="full",
        evidence=study.study.evidence.to_dict(),
        without=["inversion", "maps", "samples"],
    )
    found = audit(spec, Store(tmp_path), CPU)
    for kind in every_attack.PLAN["evidence"]["instruments"]:
        pair = numbers(found.study, "brought", kind), numbers(study, "ft", kind)
        assert not list(apart(*pair)), kind


def test_an_audit_is_a_study_like_any_other(full: AuditResult, store: Store) -> None:
    opened = open_study(store, full.study.place)
    assert opened.place.startswith("audit-")
    told = json.loads(json.dumps(opened.to_dict(), allow_nan=False))
    assert [model["method"] for model in told["models"]] == ["original", "retrain", "brought"]
    assert full.report.model == opened.models[-1].key
    model = opened.models[-1]
    loaded = model.artefact("model")
    assert loaded is not None
    assert loaded.path("weights.safetensors").is_file()
    assert (model.training.status, model.training.seconds) == ("finished", None)


def test_the_report_says_where_it_comes_from(full: AuditResult) -> None:
    report = full.report
    assert [each.role for each in report.inputs] == [
        *("original", "unlearned", "retrained", "data", "forget")
    ]
    assert all(len(each.sha256) == 64 for each in report.inputs)
    assert report.warnings == ()
    assert report.spec is not None
    assert AuditSpec.from_dict(dict(report.spec)).unlearned == weights("opc")
    assert "--unlearned" in report.command
    assert "--retrained" in report.command


@pytest.mark.slow
def test_what_is_there_is_not_done_again(full: AuditResult, store: Store) -> None:
    stages: list[Event] = []
    evidence = shipped().study.evidence.to_dict() | {"instruments": ["similarity"]}
    again = audit(spec_of(suite="full", evidence=evidence), store, CPU, Progress(stages.append))
    assert not [event for event in stages if isinstance(event, Stage)]
    assert again.report.profile == full.report.profile


@pytest.mark.slow
def test_one_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    store, seen = Store(tmp_path), list[str]()

    def first(event: Event) -> None:
        seen.extend([event.name] if isinstance(event, Stage) else [])

    with pytest.raises(Cancelled):
        audit(spec_of(), store, CPU, Progress(first, stop=lambda: len(seen) > 1))
    (kept,) = store.places()
    before = len(list(tmp_path.rglob("evidence-*")))
    assert before == 1
    found = audit(spec_of(), store, CPU)
    assert found.study.place == kept
    assert len(list(tmp_path.rglob("evidence-*"))) == 3
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.slow
def test_without_an_original_what_needs_none_is_made_and_the_rest_says_so(tmp_path: Path) -> None:
    spec = spec_of(
        original="",
        evidence={"instruments": ["similarity", "relearning"]},
        suite="full",
        without=["inversion", "maps", "samples"],
    )
    found = audit(spec, Store(tmp_path), CPU)
    (model,) = [m for m in found.study.models if m.method.info.name == "brought"]
    evidence = model.results.get(EvidenceResult)
    assert defined(evidence)
    alike = numbers(shipped(), "opc", "evidence")
    assert evidence.accuracy.to_dict() == alike["accuracy"]
    hr = {name: each.to_dict() for name, each in evidence.recovery.hr_labels.items()}
    assert not list(apart(hr, alike["recovery"]["hr_labels"]))
    fm = evidence.recovery.fm["all"].forget_accuracy
    assert isinstance(fm, Undefined)
    assert fm.reason == "FM needs the original head"
    similar = model.results.get(SimilarityResult)
    assert defined(similar)
    assert defined(similar.retrained)
    assert isinstance(similar.original, Undefined)
    told = model.result("relearning")
    assert isinstance(told, Undefined)
    assert told.reason == NO_ORIGINAL
    assert "the original model" in found.report.verdict.missing
    assert not [m for m in found.study.models if m.method.info.name == "original"]


@pytest.mark.slow
def test_without_a_retrained_model_there_is_no_verdict_on_what_is_gone(tmp_path: Path) -> None:
    found = audit(spec_of(retrained=[]), Store(tmp_path), CPU)
    verdict = found.report.verdict
    assert (verdict.gone, verdict.noticeable, verdict.kept) == (None, None, "yes")
    assert verdict.missing == ("a retrained model",)


@pytest.mark.slow
def test_the_band_is_trained_where_it_is_asked_for(tmp_path: Path) -> None:
    quick = {"epochs": 1, "batch_size": 512, "lr": 0.05}
    found = audit(spec_of(retrained=[], retrain=2, training=quick), Store(tmp_path), CPU)
    band = [m for m in found.study.models if m.method.info.name == "retrain"]
    assert [m.seed for m in band] == [0, 1]
    assert all(m.training.gradients for m in band)
    assert found.report.verdict.band == 2
    assert found.study.verdict(band[1]).kept is not None  # the one original serves every seed


@pytest.mark.slow
def test_of_samples_too(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(map(str, range(0, 700, 7))))
    spec = spec_of(forget=f"indices:{listed}")
    store = Store(tmp_path / "store")
    found = audit(spec, store, CPU)
    listed.unlink()  # the study has a list of its own
    opened = open_study(store, found.study.place)
    assert Path(opened.study.forget.path).is_file()
    assert [each.format for each in found.report.inputs][-1] == "list of 100 samples"
    assert opened.probe()[1].sizes["forget_train"] == 100


@pytest.mark.slow
def test_the_first_look_keeps_nothing(tmp_path: Path) -> None:
    found = check(spec_of(), Store(tmp_path / "store"), CPU)
    assert not (tmp_path / "store").exists()
    assert [m.role for m in found.models] == ["original", "unlearned", "retrained"]
    knew, knows = (model.accuracy["forget_test"] for model in found.models[:2])
    assert knew > 95
    assert knows < 5
    assert found.models[0].architecture == "resnet8"
    assert found.forgotten == ("0", "1", "2")
    assert (found.open, found.warnings) == (6, ())
    (missing,) = found.missing
    assert "There is one retrained model" in missing


@pytest.mark.slow
def test_swapped_models_are_noticed_with_the_figures(tmp_path: Path) -> None:
    spec = spec_of(original=weights("opc"), unlearned=weights("original"))
    (early,) = check(spec, Store(tmp_path), CPU).warnings
    assert early.startswith("The model given as unlearned answers 100.0 % of the forget data right")
    assert "the one given as original 0.0 %: the two look swapped" in early
    with pytest.raises(IntakeError, match=r"look swapped\. Exchange the two; or") as refused:
        audit(spec, Store(tmp_path), CPU)
    assert str(refused.value).startswith(early)
    as_given = spec.replace(as_given=True)
    (told,) = audit(as_given, Store(tmp_path), CPU).report.warnings
    assert told == early
    assert "--set as_given=true" in audit(as_given, Store(tmp_path), CPU).report.command


@pytest.mark.slow
def test_a_model_that_was_given_twice_and_a_band_that_saw_the_data_are_noticed(
    tmp_path: Path,
) -> None:
    spec = spec_of(unlearned=weights("original"), retrained=[weights("original", 1)])
    twice, seen = check(spec, Store(tmp_path), CPU).warnings
    assert "have the same weights" in twice
    assert "of the forgotten classes right: it seems to have been trained on them" in seen


@pytest.mark.slow
def test_the_original_under_examination_is_no_reference_of_its_own(store: Store) -> None:
    from opcviz.audit.opening import open_case

    case = open_case(spec_of(retrained=[weights("retrain", n) for n in range(3)]), CPU)
    runner = AuditRunner(case, store)
    assert [each.seed for each in runner._references("original")] == [0]
    assert runner.subject(runner.original, 2) is runner.subject(runner.original, 0)
    asked = {(item.method.info.name, item.kind, item.seed) for item in runner.items()}
    assert not {kind for _, kind, _ in asked} & set(FAST)
    assert {seed for name, kind, seed in asked if (name, kind) == ("retrain", "evidence")} == {
        *range(3)
    }
    assert {seed for name, kind, seed in asked if (name, kind) == ("original", "evidence")} == {0}
