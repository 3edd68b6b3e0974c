"""Means and deviations over seeds, against the standard library and by hand."""

import copy
import statistics

import pytest

from opcviz.common.config import ConfigError
from opcviz.study.table import columns, rows, to_markdown


def model(seed: int, forget: float, **changes) -> dict:
    fit = {"forget_accuracy": 40.0 + seed}
    made = {
        "method": "opc",
        "key": f"opc-12345678-s{seed}",
        "seed": seed,
        "settings": {"lr": 0.1},
        "reason": None,
        "status": "finished",
        "seconds": 1.0,
        "gradients": 1000,
        "peak_memory_mb": None,
        "separability": {"linear": 0.5},
        "accuracy": {"forget_train": forget, "retain_train": 100.0, "retain_test": 99.0},
        "recovery": {a: {"all": fit, "heldout": fit, "forget": fit} for a in ("fm", "hr")},
    }
    return {**made, **changes}


def test_seeds_of_one_setting_share_a_row_and_ua_is_the_complement():
    (row,) = rows({"models": [model(0, 1.0), model(1, 3.0), model(2, 8.0)]})
    assert row["seeds"] == [0, 1, 2]
    assert row["UA"] == {"mean": 96.0, "sd": statistics.stdev([99, 97, 92]), "n": 3}
    assert row["FM"]["mean"] == 41.0
    assert row["MiB"] is None


def test_other_settings_are_another_row_and_a_single_seed_has_no_deviation():
    table = rows({"models": [model(0, 1.0), model(0, 2.0, key="opc-87654321-s0")]})
    assert len(table) == 2
    assert table[0]["UA"]["sd"] is None


def test_markdown_says_why_there_is_no_model():
    empty = copy.deepcopy(model(0, 0.0, reason="diverged at step 7", status="diverged"))
    empty["accuracy"] = dict.fromkeys(empty["accuracy"])
    text = to_markdown(rows({"models": [empty, model(1, 2.0, key="rl-1-s1")]}))
    lines = text.splitlines()
    assert "diverged at step 7" in lines[2]
    assert all(line.count("|") == len(columns("unlearning")) + 2 for line in lines)


def test_what_costs_the_retained_classes_is_marked():
    retrain = model(0, 0.0, method="retrain", key="retrain-1-s0")
    hurt, fine = model(0, 0.0), model(0, 0.0, method="rl", key="rl-1-s0")
    hurt["accuracy"] = {**hurt["accuracy"], "retain_test": 96.9}
    fine["accuracy"] = {**fine["accuracy"], "retain_test": 97.1}
    lines = to_markdown(rows({"models": [retrain, hurt, fine]})).splitlines()
    assert ["†" in line for line in lines] == [False, False, False, True, False, False, True]


def test_inversion_has_a_table_of_its_own_with_both_baselines():
    found = {"psnr": 40.0, "ssim": 0.9, "gradient_norm": 2.5, "body_gradient_norm": 1.5}
    found |= {"class_mean": {"psnr": 15.0}, "random_gradient": {"psnr": None}}
    nothing = {"psnr": None, "ssim": None, "reason": "its gradient is zero"}
    table = rows({"models": [model(0, 0.0, inversion=found)]}, "inversion")
    table += rows({"models": [model(0, 0.0, inversion=nothing)]}, "inversion")
    assert to_markdown(table, "inversion").splitlines()[2:] == [
        "| opc | 40.0 | 0.90 | – | 15.0 | 2.500 | 1.500 | – |",
        "| opc | – | – | – | – | – | – | – |",
    ]
    with pytest.raises(ConfigError, match="no table is about 'weather'; there are: unlearning"):
        rows({"models": []}, "weather")
