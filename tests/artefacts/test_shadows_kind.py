"""Shadow models in a study: trained once, shared among methods, resumed, and shown nowhere."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from known_results import known

from opcviz.artefacts import get_kind
from opcviz.artefacts.classification.subject import population
from opcviz.artefacts.shadow import Arrays, Look, Shadow, no_shadows
from opcviz.attacks import membership
from opcviz.attacks.membership import Answers, Shadows, forget_sets, scaled_confidence
from opcviz.common.config import ConfigError
from opcviz.common.progress import Cancelled, Progress, Step
from opcviz.common.records import Undefined
from opcviz.methods import Request, create
from opcviz.results import ShadowResult, defined
from opcviz.study import Evidence, Store, Study, StudyRunner, open_study
from opcviz.study.failures import OwnFailed, OwnMethodFailed
from opcviz.training import Outcome, Training

STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=("shadows",)).replace(
        shadows={"originals": 3, "sets": 2}
    ),
).replace(architecture={"width": 0.1}, forget="random:10%")
FT = create("ft", epochs=1, batch_size=512)


def runner(root: Path, study: Study = STUDY, progress: Progress | None = None) -> StudyRunner:
    return StudyRunner(study, Store(root), torch.device("cpu"), progress=progress)


def shadows(root: Path) -> dict[str, float]:
    """When each shadow model was stored, by the name of its folder."""
    folders = root.glob("studies/*/shadows/*/shadow-*")
    return {folder.parent.name: folder.stat().st_mtime_ns for folder in folders}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shadows")
    lab = runner(root)
    for method in (create("original"), FT):
        lab.make("shadows", method, 0)
    return root


@pytest.mark.slow
def test_shared_models_are_trained_once_for_all_methods(made: Path) -> None:
    names = [name.split("-")[0] for name in shadows(made)]
    assert {name: names.count(name) for name in names} == {"original": 3, "retrain": 6, "ft": 6}
    seeds = [name.rsplit("-s", 1)[1] for name in shadows(made)]
    assert len(set(seeds)) == 15, "no two are trained with the same randomness"
    before = shadows(made)
    lab = runner(made)
    lab.make("shadows", create("ft", epochs=1, batch_size=256), 0)
    after = shadows(made)
    assert before.items() < after.items()
    assert {name.split("-")[0] for name in after.keys() - before.keys()} == {"ft"}


@pytest.mark.slow
def test_what_is_stored_is_what_the_models_answer(made: Path) -> None:
    lab = runner(made)
    forgotten = lab.split.forget_train.numpy()
    pool, inside = forget_sets(lab.data.y_train.numpy(), forgotten, 2)
    ids = torch.from_numpy(pool[inside[1]])
    asked: list[torch.nn.Module] = []

    def look(model: torch.nn.Module) -> dict[str, np.ndarray]:
        asked.append(model)
        seen = lab.task.observe(model, lab.data).train
        return {"train": scaled_confidence(seen.logits, seen.labels).numpy()}

    trainer = lab.context(get_kind("shadows"), FT, 0).shadow
    kept = trainer(Shadow("unlearned", ids, 2, 1), look, "confidence")
    assert not asked, "the kind has trained it"
    anew = trainer(Shadow("unlearned", ids, 2, 1), look, "something else")
    np.testing.assert_allclose(anew["train"], kept["train"], rtol=1e-5, atol=1e-5)
    result = ShadowResult.from_dict(lab.make("shadows", FT, 0).json())
    assert (result.counts.pool, result.counts.forgotten) == (len(pool), len(forgotten))
    assert (result.counts.unlearned, result.counts.retrained, result.counts.sets) == (6, 6, 2)
    assert all(defined(score.auc) for score in result.target.values())
    assert [sign.place for sign in result.signs()] == [
        "RMIA, shadow models",
        "U-LiRA",
        "U-LiRA, calibrated",
        "U-LiRA, offline",
        "distance, shadow models",
    ]


@pytest.mark.slow
def test_the_attack_is_given_what_each_model_answers_and_which_set_it_forgot(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, kind = runner(made), get_kind("shadows")
    context = lab.context(kind, FT, 0)
    answered: dict[tuple[str, int, int], Arrays | Undefined] = {}

    def trainer(which: Shadow, look: Look, sees: str) -> Arrays | Undefined:
        key = which.role, which.seed, which.index
        lost = key == ("retrained", 1, 0)  # else seeds of both roles are the same, row by row
        answered[key] = Undefined("lost") if lost else context.shadow(which, look, sees)
        return answered[key]

    given: list[tuple[Answers, torch.Tensor, Shadows]] = []

    def attack(target: Answers, forgotten: torch.Tensor, models: Shadows, *args, **kwargs):
        given.append((target, forgotten, models))
        return real(target, forgotten, models, *args, **kwargs)

    real = membership.shadow_attack
    monkeypatch.setattr(membership, "shadow_attack", attack)
    result = kind.measure(replace(context, shadow=trainer)).result
    assert isinstance(result, ShadowResult)
    assert (result.counts.failed, result.counts.unlearned, result.counts.retrained) == (1, 6, 5)
    ((target, forgotten, models),) = given
    theirs = lab.split.forget_train.numpy()
    pool, inside = forget_sets(lab.data.y_train.numpy(), theirs, 2)
    unseen = population(lab.split).numpy()
    np.testing.assert_array_equal(forgotten, [sample in theirs for sample in pool])
    outputs = context.subject.outputs
    for got, part, rows in (
        (target.samples, outputs.train, pool),
        (target.population, outputs.test, unseen),
    ):
        wanted = scaled_confidence(part.logits, part.labels)[rows].float()
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
    for role, on_pool, elsewhere in (
        ("unlearned", models.unlearned, models.unlearned_population),
        ("retrained", models.retrained, models.retrained_population),
    ):
        of_role = [(key, told) for key, told in answered.items() if key[0] == role]
        there = [(key, told) for key, told in of_role if not isinstance(told, Undefined)]
        np.testing.assert_array_equal(on_pool, [told["train"][pool] for _, told in there])
        np.testing.assert_array_equal(elsewhere, [told["test"][unseen] for _, told in there])
        sets = np.array([inside[index] for (_, _, index), _ in there])
        if role == "retrained":
            np.testing.assert_array_equal(models.never_saw, sets)
        else:
            np.testing.assert_array_equal(models.forgot, sets)
            np.testing.assert_array_equal(models.kept, ~sets)
            np.testing.assert_array_equal(models.parents, [seed for (_, seed, _), _ in there])


@pytest.mark.slow
def test_shadow_models_are_no_models_of_the_study(made: Path) -> None:
    shown = open_study(Store(made), "tiny")
    assert {model.method.info.name for model in shown.models} == {"original", "ft"}
    told = shown.to_dict()["models"][-1]
    json.dumps(told, allow_nan=False)
    assert told["shadows"]["target"]["rmia"]["auc"] is not None
    found = shown.models[-1].results
    for row in get_kind("shadows").rows:
        assert row.value(found, found), row.name
        assert row.value(known(), known()) is None, row.name


@pytest.mark.slow
def test_the_original_is_what_a_method_that_does_nothing_leaves(made: Path, tmp_path: Path) -> None:
    class Untouched(type(FT)):
        def unlearn(self, request: Request) -> tuple[torch.nn.Module, Outcome]:
            return copy.deepcopy(request.original), Outcome()

    lab = StudyRunner(STUDY, Store(tmp_path, (made,)), torch.device("cpu"))
    first, copied = (
        {**lab.make("shadows", each, 0).json(), "seconds": None}
        for each in (create("original"), Untouched(epochs=1, batch_size=128))
    )
    assert first == copied
    assert first["target"]["rmia"]["auc"] is not None
    assert first["method"]["rmia"]["auc"] is not None


@pytest.mark.slow
def test_a_cancelled_run_keeps_what_it_finished_and_goes_on_there(tmp_path: Path) -> None:
    stop = False

    def listener(event: object) -> None:
        nonlocal stop
        stop = stop or (isinstance(event, Step) and event.steps == 12 and event.step == 4)

    lab = runner(tmp_path, progress=Progress(listener, stop=lambda: stop))
    with pytest.raises(Cancelled):
        lab.make("shadows", FT, 0)
    kept = shadows(tmp_path)
    assert sorted(name.split("-")[0] for name in kept) == ["original"] * 2 + ["retrain"] * 4
    runner(tmp_path).make("shadows", FT, 0)
    after = shadows(tmp_path)
    assert kept.items() < after.items()
    assert len(after) == 15


def test_of_whole_classes_there_is_a_reason_and_no_model_is_trained(tmp_path: Path) -> None:
    lab = runner(tmp_path, STUDY.replace(forget="classes:0"))
    told = lab.make("shadows", create("original"), 0).json()
    assert "of a whole class there is one" in told["reason"]
    assert not shadows(tmp_path)
    shown = open_study(Store(tmp_path), "tiny").models[0]
    assert shown.to_dict()["shadows"]["reason"] == told["reason"]
    found = shown.results.get(ShadowResult)
    assert isinstance(found, Undefined), "a reason stands where there are no numbers"


def test_a_method_that_refuses_is_counted_as_failed(tmp_path: Path) -> None:
    lab = runner(tmp_path)
    trainer = lab.context(get_kind("shadows"), create("unsir"), 0).shadow
    found = trainer(Shadow("unlearned", lab.split.forget_train, 0), lambda model: {}, "nothing")
    assert "refused" in found.reason


def test_a_users_own_method_that_fails_is_told_with_its_line_and_nothing_is_kept(
    tmp_path: Path,
) -> None:
    class Broken(type(FT)):
        def unlearn(self, request: Request) -> tuple[torch.nn.Module, Outcome]:
            raise ZeroDivisionError("nothing to divide by")

    lab = runner(tmp_path)
    trainer = lab.context(get_kind("shadows"), Broken(), 0).shadow
    with pytest.raises(OwnFailed, match=r"test_shadows_kind.py, line \d+: ZeroDiv") as raised:
        trainer(Shadow("unlearned", lab.split.forget_train, 0), lambda model: {}, "nothing")
    assert not isinstance(raised.value, OwnMethodFailed), "the model itself is there"
    assert {name.split("-")[0] for name in shadows(tmp_path)} == {"original"}


def test_outside_a_study_it_says_where_to_run_it() -> None:
    with pytest.raises(ConfigError, match="by a study"):
        no_shadows(Shadow("original", torch.arange(3), 0), lambda model: {}, "nothing")
