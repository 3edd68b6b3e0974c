"""Equal trials, equal compute, a choice that no attack can sway."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_engine import InlineEngine

from opcviz.data import DataSpec, Scenario, load
from opcviz.methods import Iterative, create, list_methods
from opcviz.models import Architecture
from opcviz.study import Evidence, Plan, Store, Study, open_study, shipped_root
from opcviz.sweep.compare import compare
from opcviz.sweep.search import (
    Sweep,
    Trial,
    candidates,
    choose,
    gradients_per_epoch,
    score,
    tuning_study,
)
from opcviz.training import Training
from opcviz.training.batches import Batches

STUDY = Study(
    name="tiny",
    architecture=Architecture(width=0.1),
    training=Training(epochs=2),
    evidence=Evidence(probe=40, live=60, pictures=1, maps=("pca",), instruments=()).replace(
        inversion={"iterations": 2, "restarts": 1, "rounds": 1},
        strongest={"quick": True, "maps": ["affine"]},
    ),
)
SPLIT = Scenario.parse("classes:0,1,2").split(load(DataSpec(holdout="validation")))
NAMES = [
    cls.info.name
    for cls in list_methods("classification")
    if cls.info.family != "reference" and cls.scenarios != {"clients"}
]


@pytest.mark.parametrize("name", NAMES)
def test_every_method_gets_its_default_first_and_distinct_settings_within_the_budget(name):
    sweep = Sweep(trials=5, budget=9_000)
    found = candidates(name, STUDY, SPLIT, sweep)
    assert 1 <= len(found) == len(set(found)) <= 5
    default = create(name, dataset="digits")
    if isinstance(default, Iterative):
        assert len(found) == 5
        default = default.replace(epochs=found[0].epochs)
        for method in found:
            assert (
                method.epochs == 1
                or method.epochs * gradients_per_epoch(method, SPLIT) <= sweep.budget
            )
    assert found[0] == default
    assert candidates(name, STUDY, SPLIT, sweep) == found


def test_other_seeds_draw_other_settings():
    first, second = (candidates("rl", STUDY, SPLIT, Sweep(seed=s)) for s in (0, 1))
    assert first[0] == second[0]
    assert first[1:] != second[1:]


@pytest.mark.parametrize("name", ["opc", "ft", "ga", "scrub"])
def test_an_epochs_gradients_are_what_the_feed_deals(name):
    images = load(DataSpec(holdout="validation"))
    method = create(name, dataset="digits")
    none = SPLIT.retain_train[:0]
    retain = none if method.parts == "forget" else SPLIT.retain_train
    forget = none if method.parts == "retain" else SPLIT.forget_train
    order = "sequence" if method.parts == "sequence" else "joint"
    batches = Batches(images, retain, forget, method.batch_size, order=order)
    dealt = sum(len(batch.y) for batch in batches.epoch(0, torch.Generator().manual_seed(0)))
    assert gradients_per_epoch(method, SPLIT) == dealt


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), min_size=1, max_size=6))
@settings(max_examples=50)
def test_the_choice_is_the_least_gap_among_usable_trials(gaps):
    trials = [Trial(create("ft", lr=0.01 * (i + 1)), gap, 10) for i, gap in enumerate(gaps)]
    chosen = choose(trials)
    usable = [gap for gap in gaps if gap is not None]
    assert chosen.gap == (min(usable) if usable else None)


def test_of_equal_gaps_the_cheaper_wins():
    dear, cheap = Trial(create("ft"), 1.0, 20), Trial(create("rl"), 1.0, 10)
    assert choose([dear, cheap]) is cheap


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("digits", "forget_test"),
        pytest.param("digits-random", "forget_train", marks=pytest.mark.slow),
    ],
)
def test_a_gap_is_to_the_retrained_model(name, part):
    """Half the distance in forget accuracy and half that in retain accuracy, percentage points."""
    store = Store(shipped_root())
    study = open_study(store, name)
    ours = [model for model in study.models if model.seed == 0]
    (retrained,) = [model for model in ours if model.method.info.name == "retrain"]
    tried = [m for m in ours if m.method.info.name in ("opc", "ft", "neggrad_plus")]
    shown = study.to_dict([m.key for m in (retrained, *tried)])["models"]
    told = {model["key"]: model["accuracy"] for model in shown}
    assert len(tried) >= 3
    gaps = []
    for model in tried:
        made, ideal = told[model.key], told[retrained.key]
        gap = sum(abs(made[p] - ideal[p]) for p in (part, "retain_test")) / 2
        found = score(store, study.study, model.method, Sweep(budget=10**9, seed=0))
        assert found.gap == pytest.approx(gap)
        gaps.append(found.gap)
    assert max(gaps) > 0


@pytest.mark.slow
@pytest.mark.usefixtures("nothing_rebuilt")
def test_a_sweep_runs_once_and_a_second_computes_nothing(tmp_path):
    plan = Plan(STUDY, (create("ft", dataset="digits"), create("ga", dataset="digits")), (0, 1))
    sweep = Sweep(trials=2, budget=4_000)
    found = compare(plan, sweep, tmp_path, device="cpu", engine=InlineEngine(tmp_path))
    assert [len(trials) for trials in found.trials.values()] == [2, 2]
    assert found.failed == ()
    rows = {row.method.info.name: row for row in found.table}
    assert set(rows) == {"original", "retrain", "ft", "ga"}
    assert all(row.seeds == (0, 1) and row.cells["UA"].n == 2 for row in rows.values())
    for name, trials in found.trials.items():
        gaps = [trial.gap for trial in trials if trial.gap is not None]
        assert found.chosen[name].gap == min(gaps)
    weights = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("weights.safetensors")}
    again = compare(plan, sweep, tmp_path, device="cpu", engine=InlineEngine(tmp_path))
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("weights.safetensors")} == weights
    assert again.table == found.table
    kept = Store(tmp_path).latest(STUDY.place, "sweep")
    assert kept.json() == json.loads(json.dumps(found.to_dict()))
    assert tuning_study(STUDY).place != STUDY.place
