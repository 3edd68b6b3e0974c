"""Every preset of photographs, end to end with a tiny budget on pictures of the right shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.data import DataError, Images, Scenario, assemble, how_to_get, load
from opcviz.methods import Iterative, Method, implementation
from opcviz.models import build_classifier
from opcviz.study import Plan, Store, StudyRunner, about_presets, list_presets, preset, run
from opcviz.tasks import get_task

SHAPES = {"cifar10": (3, 32, 32), "svhn": (3, 32, 32), "fashion_mnist": (1, 28, 28)}
NAMES = [name for name in list_presets() if name.rsplit("-")[0] in ("cifar10", "svhn", "fashion")]
SINGLE = [name for name in NAMES if name != "cifar10-augmentation"]  # that one varies
FIGURE = (
    *("retrain", "opc_logits", "ga", "rl", "be", "ft", "ngd", "neggrad_plus", "eu_k", "cf_k"),
    *("salun", "scrub", "bt", "l1_sparse"),
)


def pictures(name: str) -> Images:
    """Noise around a prototype of each of ten classes: 60 to train on, 40 to test."""
    rng = np.random.default_rng(0)
    prototypes = rng.integers(60, 196, (10, *SHAPES[name]))

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        y = np.repeat(np.arange(10), count)
        x = prototypes[y] + rng.normal(0, 40, (len(y), *SHAPES[name]))
        return x.clip(0, 255).astype(np.uint8), y

    return assemble(name, part(6), part(4))


def small(plan: Plan) -> Plan:
    """The plan with a narrow net, one epoch of everything and its first seed."""
    study = plan.study
    study = study.replace(
        architecture=study.architecture.replace(
            width=0.1 if "18" in study.architecture.name else 0.25
        ),
        training=study.training.replace(epochs=1, batch_size=32),
        evidence=study.evidence.replace(probe=20, live=20, instruments=[]),
    )
    return Plan(study, tuple(map(short, plan.methods)), plan.seeds[:1])


def short(settings: object) -> Method:
    method = implementation(settings)
    if not isinstance(method, Iterative):
        return method
    changes = {n: 1 for n in ("epochs", "msteps", "align_epochs") if hasattr(method, n)}
    return method.replace(**changes, batch_size=32)


def runner_of(plan: Plan, folder: Path, monkeypatch: pytest.MonkeyPatch) -> StudyRunner:
    data = pictures(plan.study.data.name)
    monkeypatch.setattr("opcviz.study.runner.load", lambda spec, **_: data)
    return StudyRunner(plan.study, Store(folder), torch.device("cpu"), seeds=plan.seeds)


def unlike_earlier(name: str) -> Plan:
    """The plan without methods that an earlier one has on such pictures, network and sets.

    Rates and strengths, in which they may still differ, say nothing on whether a model can be made;
    `test_a_preset_s_network_takes_its_pictures` looks at every method of every preset.
    """
    seen = set()
    for each in SINGLE:
        plan = preset(each)
        study = plan.study
        kind = str((SHAPES[study.data.name], study.architecture, study.forget.kind, study.task))
        about = [(kind, method.info.name) for method in plan.methods]
        if each == name:
            new = [m for m, a in zip(plan.methods, about, strict=True) if a not in seen]
            first = [m for m in plan.methods if m.info.name == "original" and m not in new]
            return Plan(study, (*first, *new), plan.seeds)  # which the others start from
        seen.update(about)
    raise AssertionError(name)


UNLIKE = [name for name in SINGLE if len(unlike_earlier(name).methods) > 1]


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread", "nothing_rebuilt")
@pytest.mark.parametrize("name", UNLIKE)
def test_every_model_of_a_preset_can_be_made(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = small(unlike_earlier(name))
    runner = runner_of(plan, tmp_path, monkeypatch)
    done = run(plan, runner, only=("model",))
    assert done.made == len(plan.methods)
    assert not done.failures
    for method in plan.methods:
        stored = runner.make("model", method, 0).json()
        assert stored["status"] == "finished", (method.info.name, stored["reason"])


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_the_cpu_s_preset_trains_and_unlearns_in_the_format_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = small(preset("cifar10-small"))
    training = plan.study.training.replace(precision="bf16")  # the narrow net alone would not gain
    chosen = tuple(m for m in plan.methods if m.info.name in ("original", "opc"))
    plan = Plan(plan.study.replace(training=training), chosen)
    runner = runner_of(plan, tmp_path, monkeypatch)
    run(plan, runner, only=("model",))
    assert {runner.make("model", m, 0).json()["precision"] for m in chosen} == {"bf16"}


@pytest.mark.parametrize("name", SINGLE)
def test_a_preset_s_network_takes_its_pictures(name: str) -> None:
    plan = preset(name)
    data = pictures(plan.study.data.name)
    model = build_classifier(plan.study.architecture, data, 0)
    assert model.classes == 10
    split = plan.study.forget.split(data)
    for method in map(implementation, plan.methods):
        assert split.forgets in method.scenarios, method.info.name
        if method.info.name in ("cf_k", "eu_k"):
            frozen = list(method.frozen(_request(plan, data, model), model))
            assert 0 < len(frozen) < len(list(model.parameters()))


def _request(plan: Plan, data: Images, model: torch.nn.Module):
    from opcviz.methods import Request

    split = plan.study.forget.split(data)
    task = get_task("classification")
    return Request(task, data, split, model, lambda: model, plan.study.training)


@pytest.mark.parametrize("name", ["cifar10-class30", "cifar10-small", "svhn-class30"])
def test_the_figure_s_fourteen_models_are_there(name: str) -> None:
    plan = preset(name)
    assert set(FIGURE) <= {method.info.name for method in plan.methods}
    assert len(plan.seeds) >= 2
    assert plan.study.forget == Scenario.parse("classes:0,1,2")


def test_what_a_preset_takes_and_needs_is_said(tmp_path: Path) -> None:
    told = {about.name: about for about in about_presets(tmp_path)}
    assert list(told) == list(list_presets())
    for name in SINGLE:
        about = told[name]
        assert about.cost
        assert about.models >= 20
        assert "--download" in about.missing
        assert str(tmp_path) in about.missing
    assert not told["digits"].missing


@pytest.mark.parametrize("name", SHAPES)
def test_a_missing_data_set_is_one_clear_sentence(name: str, tmp_path: Path) -> None:
    plan = next(preset(p) for p in SINGLE if preset(p).study.data.name == name)
    with pytest.raises(DataError, match=r"is missing or damaged in .* --download") as error:
        load(plan.study.data, root=tmp_path)
    assert "\n" not in str(error.value)
    assert how_to_get(name, tmp_path).startswith(str(error.value).split(" is missing")[0])
