"""Studies and plans as files: round trips, names that do not move, errors that name the entry."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from opcviz.common.config import ConfigError
from opcviz.data import DataSpec, Scenario
from opcviz.methods import create, list_methods
from opcviz.models import Architecture
from opcviz.study import Evidence, Plan, Study, list_presets, load_plan, preset, read_method
from opcviz.study.spec import load_plans, model_place, preset_path
from opcviz.training import Training

SMALL = {
    "name": "small",
    "forget": "classes:0,1",
    "methods": ["original", {"method": "opc", "lr": 0.03, "target": "features"}],
    "seeds": [0, 2],
    "data": {"name": "digits"},
    "architecture": {"width": 0.25},
    "training": {"epochs": 2},
    "evidence": {"probe": 40, "maps": ["pca"]},
}

studies = st.builds(
    Study,
    name=st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True),
    title=st.text(max_size=20),
    forget=st.one_of(
        st.sets(st.integers(0, 9), min_size=1).map(
            lambda classes: Scenario("classes", classes=tuple(map(str, classes)))
        ),
        st.floats(0.1, 99).map(lambda percent: Scenario("random", percent=percent)),
    ),
    architecture=st.builds(Architecture, width=st.floats(0.1, 8)),
    training=st.builds(Training, lr=st.floats(1e-8, 10), epochs=st.integers(1, 2000)),
    evidence=st.builds(Evidence, keep_features=st.booleans(), probe=st.integers(20, 5000)),
)
methods = st.sampled_from(list_methods()).map(lambda cls: cls())


def write(folder: Path, values: dict) -> Path:
    path = folder / "plan.toml"
    path.write_text(tomli_w.dumps(values), encoding="utf-8")
    return path


# ---- round trips ----------------------------------------------------------------------------


@pytest.mark.slow
@given(
    studies,
    st.lists(methods, min_size=1, max_size=3),
    st.lists(st.integers(0, 2**31 - 1), min_size=1, unique=True),
)
def test_a_plan_survives_toml_and_json(
    tmp_path_factory: pytest.TempPathFactory, study: Study, listed: list, seeds: list[int]
) -> None:
    plan = Plan(study, tuple(listed), tuple(seeds))
    path = tmp_path_factory.mktemp("plans") / "plan.toml"
    path.write_text(plan.to_toml(), encoding="utf-8")
    assert load_plan(path) == plan
    back = Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    assert back == plan
    assert back.study.place == study.place


@pytest.mark.parametrize("name", list_presets())
def test_every_preset_loads_and_survives(tmp_path: Path, name: str) -> None:
    for plan in load_plans(preset_path(name)):
        assert plan.methods
        assert plan.seeds
        assert plan.study.title.startswith(list_presets()[name])
        path = tmp_path / "plan.toml"
        path.write_text(plan.to_toml(), encoding="utf-8")
        assert load_plan(path) == plan


def test_a_short_file_means_what_it_says(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, SMALL))
    assert plan.seeds == (0, 2)
    assert plan.methods == (
        create("original"),
        create("opc", dataset="digits", lr=0.03, target="features"),
    )
    assert plan.study == Study(
        name="small",
        data=DataSpec("digits"),
        forget=Scenario.parse("classes:0,1"),
        architecture=Architecture(width=0.25),
        training=Training(epochs=2),
        evidence=Evidence(probe=40, maps=("pca",)),
    )


def test_named_methods_are_tuned_and_tables_may_say_otherwise() -> None:
    assert read_method("opc", "digits") == create("opc", dataset="digits")
    assert read_method({"method": "opc"}, "digits") == create("opc", dataset="digits")
    assert read_method("opc") == create("opc")
    full = {"method": "opc", **create("opc").to_dict()}
    assert read_method(full, "digits") == create("opc")  # everything written out: nothing tuned


# ---- names ----------------------------------------------------------------------------------


def test_names_do_not_move() -> None:
    """Shipped and users' stores are found by these: a change here orphans them all.

    Where one must change, raise it knowingly and remake `checkpoints/`.
    """
    study = Study(name="s", training=Training(epochs=3))
    assert study.place == "s-3aeb0f83"
    opc = create("opc", lr=0.5)
    text = json.dumps(opc.to_dict(), sort_keys=True, separators=(",", ":"))
    code = hashlib.sha256(text.encode()).hexdigest()[:8]
    assert model_place(study, opc, 4) == f"{study.place}/models/opc-{code}-s4"
    assert model_place(study, create("retrain"), 0) == f"{study.place}/models/retrain-44136fa3-s0"


@pytest.mark.slow
@given(studies, studies)
def test_equal_questions_share_a_place_and_others_do_not(a: Study, b: Study) -> None:
    def question(study: Study) -> list:
        parts = (study.data, study.architecture, study.training)
        return [study.name, study.forget.identity(), *(part.to_dict() for part in parts)]

    assert (a.place == b.place) == (question(a) == question(b))


@pytest.mark.parametrize(
    "change",
    [
        {"training": Training(epochs=4)},
        {"architecture": Architecture(width=0.5)},
        {"forget": Scenario.parse("classes:3")},
        {"data": DataSpec("mnist")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_question_has_another_place(change: dict) -> None:
    assert Study().replace(**change).place != Study().place


@pytest.mark.parametrize(
    "change", [{"title": "other words"}, {"evidence": Evidence(probe=50, keep_features=True)}]
)
def test_what_is_measured_does_not_change_the_question(change: dict) -> None:
    assert Study().replace(**change).place == Study().place


def test_models_are_told_apart_by_method_settings_and_seed() -> None:
    study = Study()
    places = {
        model_place(study, method, seed)
        for method in (create("opc"), create("opc", lr=0.3), create("rl"))
        for seed in (0, 1)
    }
    assert len(places) == 6
    assert all(re.fullmatch(r"study-\w{8}/models/\w+-\w{8}-s\d", place) for place in places)


# ---- errors ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "a b"}, r"Study\.name: 'a b' may have letters, digits, - and _ only"),
        ({"name": "../up"}, r"Study\.name"),
        ({"name": ""}, r"Study\.name"),
        ({"colour": "red"}, "Study has no setting 'colour'"),
        ({"training": {"epoch": 3}}, "Training has no setting 'epoch'; it has: epochs"),
        ({"training": {"epochs": 0}}, r"Training\.epochs: 0 is below"),
        ({"training": 5}, "Training wants a table of settings"),
        ({"data": {"name": "imagenet"}}, r"DataSpec\.name: 'imagenet' is not one of"),
        ({"forget": "everything"}, "'everything' is no valid choice of what to forget"),
        ({"evidence": {"maps": ["tsne"]}}, r"Evidence\.maps: 'tsne' is not one of umap"),
        ({"evidence": {"recovery": {"ridge": -1}}}, r"Recovery\.ridge: -1"),
        ({"methods": "opc"}, "methods: wants a list of names or tables, got 'opc'"),
        ({"methods": {"method": "opc"}}, "methods: wants a list"),
        ({"methods": ["amnesia"]}, "no method is called 'amnesia'; there are: .*opc"),
        ({"methods": [3]}, "methods: wants names or tables with method = NAME, got 3"),
        ({"methods": [{"lr": 1}]}, "methods: wants names or tables with method = NAME"),
        ({"methods": [{"method": ["opc"]}]}, "no method is called"),
        ({"methods": [{"method": "opc", "speed": 1}]}, "OPC has no setting 'speed'"),
        ({"methods": [{"method": "opc", "name": "x"}]}, "OPC has no setting 'name'"),
        ({"methods": [{"method": "opc", "dataset": "x"}]}, "OPC has no setting 'dataset'"),
        ({"methods": [{"method": "opc", "lr": 0}]}, r"OPC\.lr: 0\.0 is below"),
        ({"seeds": 3}, "seeds: wants a list of whole numbers from 0 to 2147483647, got 3"),
        ({"seeds": [-1]}, "seeds: wants"),
        ({"seeds": [True]}, "seeds: wants"),
        ({"seeds": ["0"]}, "seeds: wants"),
    ],
)
def test_a_bad_plan_is_refused_by_file_and_entry(
    tmp_path: Path, change: dict, message: str
) -> None:
    path = write(tmp_path, {**SMALL, **change})
    with pytest.raises(ConfigError, match=message) as error:
        load_plan(path)
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"a = 1\na = 2"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"plan\.toml: not TOML"):
        load_plan(path)


def test_a_missing_file_or_preset_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read \(No such file"):
        load_plan(tmp_path / "none.toml")
    with pytest.raises(
        ConfigError, match=r"no preset is called 'none'; there are: cifar10-augmentation, .*digits"
    ):
        preset("none")


def test_repeated_seeds_are_run_once() -> None:
    assert Plan.from_dict({**SMALL, "seeds": [1, 0, 1]}).seeds == (1, 0)
    assert replace(Plan.from_dict(SMALL), seeds=(5,)).to_dict()["seeds"] == [5]


# ---- several studies in one file ------------------------------------------------------------


def test_vary_makes_a_study_of_each_combination(tmp_path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        'name = "a"\nmethods = ["ft"]\n[training]\nlr = 0.2\n[vary]\n'
        '"training.augment" = ["none", "crop"]\nforget = ["classes:0", "random:10%"]\n'
    )
    plans = load_plans(path)
    assert [plan.study.name for plan in plans] == [
        "a-none-classes_0",
        "a-none-random_10_",
        "a-crop-classes_0",
        "a-crop-random_10_",
    ]
    assert [plan.study.training.augment for plan in plans] == ["none", "none", "crop", "crop"]
    assert {plan.study.training.lr for plan in plans} == {0.2}
    assert len({plan.study.place for plan in plans}) == 4
    with pytest.raises(ConfigError, match="varies into 4 studies"):
        load_plan(path)


@pytest.mark.parametrize("text", ['"training.augment" = "none"', '"training.augment" = ["blur"]'])
def test_a_bad_vary_is_named(tmp_path, text) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(f'name = "a"\n[vary]\n{text}\n')
    with pytest.raises(ConfigError, match="augment"):
        load_plans(path)


@pytest.mark.parametrize("name", ["seeds", "methods"])
def test_a_plan_of_nothing_is_refused(name):
    with pytest.raises(ConfigError, match=f"{name}: the list is empty; name at least one"):
        Plan.from_dict({name: []})
