from types import SimpleNamespace

import numpy as np
import pytest

from opcviz.common.records import Undefined
from opcviz.methods import create
from opcviz.results import EvidenceResult
from opcviz.study import (
    ModelResult,
    Store,
    StoreError,
    StudyResult,
    open_study,
    preset,
    shipped_root,
)
from opcviz.ui.reading import store_reader as library
from opcviz.ui.reading.choices import first_shown

STUDY = preset("digits").study


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture
def digits(root):
    return open_study(library.store(), "digits")


def study_of(*methods, seeds=(0,)) -> StudyResult:
    """A study whose models are only named."""
    models = [
        ModelResult(None, f"s/models/{m.info.name}-{i}-s{seed}", m, seed, STUDY)
        for seed in seeds
        for i, m in enumerate(methods)
    ]
    return SimpleNamespace(models=models, quick=False)


def names(keys):
    return [key.split("-")[0] for key in keys]


def test_the_shipped_studies_are_choices_on_a_fresh_store(root):
    found = {place.rpartition("-")[0]: choices for place, choices in library.choices().items()}
    assert {name: names(choices.shown) for name, choices in found.items()} == {
        "digits": ["original", "retrain", "delete", "opc"],
        "digits-clients": ["original", "retrain", "fed_go_on", "fed_pga", "fed_leaver"],
        "digits-generator": [
            *("original", "retrain", "address_swap", "rl_diffusion", "opc_any_address")
        ],
        "digits-one": ["original", "retrain", "delete", "opc"],
        "digits-random": ["original", "retrain", "rl", "opc"],  # it has no DELETE
        "digits-sequence": ["original", "retrain", "rl", "opc"],
        "earthquakes": [
            *("original", "retrain", "ft", "dimum_waveforms", "rl_waveforms", "opc_waveforms")
        ],
    }
    for choices in found.values():
        assert set(choices.shown) <= set(choices.models)
        seeds = {key.rpartition("-")[2] for key in choices.models}
        alone = choices.asks in ("client", "sequence") or "at once" in choices.title
        if choices.task == "classification" and not (alone or "request 1" in choices.title):
            # the last two: original and retrained
            assert seeds == {"s0", "s1", "s2", "s3", "s4"}
        assert {key.rpartition("-")[2] for key in choices.shown} == {"s0"}
    assert not root.exists()  # looking makes nothing


def test_studies_of_one_task_are_asked_for_alone(root):
    found = library.choices("classification")
    assert {choices.task for choices in found.values()} == {"classification"}
    assert set(library.choices()) == {*found, *library.choices("generation", "waveforms")}


def test_shipped_studies_come_first_and_ones_without_models_not_at_all(root):
    shipped = list(library.choices())
    for place in ("a-00000000", "z-00000000"):
        Store(root).write_study(place, preset("digits").study.to_dict())
    assert list(library.choices()) == shipped


@pytest.mark.parametrize(
    ("methods", "shown"),
    [
        (
            ("original", "retrain", "ft", "delete", "ga", "opc"),
            ("original", "retrain", "delete", "opc"),
        ),
        (("original", "retrain", "ga"), ("original", "retrain", "ga")),
        (("original", "retrain", "ft", "ga", "opc"), ("original", "retrain", "opc", "ft")),
        (("original",), ("original",)),
    ],
)
def test_what_is_shown_at_first(methods, shown):
    models = study_of(*map(create, methods)).models
    assert tuple(names(first_shown(models))) == shown


def test_a_seed_is_not_mixed_with_another_at_first():
    models = study_of(*map(create, ("original", "retrain", "delete", "opc")), seeds=(0, 1)).models
    assert all(key.endswith("-s0") for key in first_shown(models))


def test_labels_tell_models_of_one_method_apart():
    study = study_of(create("opc", lr=0.02), create("opc", lr=0.05), create("ga"))
    assert list(library.labels(study).values()) == [
        "OPC on features · lr 0.02",
        "OPC on features · lr 0.05",
        "Gradient ascent",
    ]


def test_labels_name_the_seed_only_where_there_are_several():
    study = study_of(create("opc"), seeds=(0, 3))
    assert list(library.labels(study).values()) == [
        "OPC on features · seed 0",
        "OPC on features · seed 3",
    ]


@pytest.mark.slow
def test_columns_stand_in_the_order_asked_for(digits):
    first, second, third = [model.key for model in digits.models[:3]]
    shown = library.columns(digits, (third, first))
    assert [column.model.key for column in shown] == [third, first]
    assert [column.name for column in shown] == names([third, first])
    assert second not in {column.model.key for column in shown}


@pytest.mark.slow
def test_what_a_column_reads_is_what_is_stored(digits):
    model = digits.models[0]
    (column,) = library.columns(digits, (model.key,))
    np.testing.assert_equal(column.arrays("maps", "maps.npz"), model.arrays("maps", "maps.npz"))
    artefact = model.artefact("evidence")
    assert column.evidence == EvidenceResult.from_dict(artefact.json())
    assert column.arrays("maps", "nothing.npz") == {}
    assert column.arrays("nothing", "maps.npz") == {}
    assert column.results.answer("nothing") == Undefined("nothing was not computed yet")


def test_a_study_that_has_no_probe_set_yet_says_so(root):
    Store(root).write_study("a-00000000", preset("digits").study.to_dict())
    with pytest.raises(StoreError, match="'a-00000000' has no probe set yet"):
        library.samples(library.study_of("a-00000000"))


def test_samples_and_trajectory_fit_together(digits):
    samples, about = library.samples(digits)
    assert about.forget_classes == (0, 1, 2)
    assert set(samples.labels[samples.forget]) == {0, 1, 2}
    for model in digits.models:
        kept = library.trajectory(model)
        assert kept["ids"].tolist() == samples.ids.tolist()
        history = model.training.history
        assert len(kept["points"]) == len(history)
        assert kept["points"].shape[1:] == (len(samples.ids), 2)


def test_the_store_lies_over_the_shipped_studies(root):
    assert library.store().roots == (root, shipped_root())
