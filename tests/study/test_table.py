"""Means and deviations over seeds, against the standard library and by hand."""

import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from itertools import count
from types import SimpleNamespace
from typing import Any

import known_results
import pytest

from opcviz.cli.output import numbers_table
from opcviz.common.config import ConfigError
from opcviz.common.records import Undefined
from opcviz.methods import method_settings
from opcviz.results import TrainingResult
from opcviz.study.table import columns, rows, shown_columns, to_markdown


def model(
    seed: int, forget: float | None, *, test=99.0, method="opc", **changes
) -> SimpleNamespace:
    """A model with these figures, as far as the table looks at it."""
    fit = known_results.fit(forget_accuracy=40.0 + seed)
    evidence = known_results.evidence(
        fits=dict.fromkeys(("all", "heldout", "forget"), fit),
        forget_train=forget,
        retain_train=100.0,
        retain_test=test,
    )
    training = TrainingResult("finished", None, 1.0, 1000)
    made = {
        "key": f"{method}-12345678-s{seed}",
        "seed": seed,
        "suite": "full",
        "method": method_settings(method),
        "training": training,
        "results": known_results.known(training, evidence=evidence),
    }
    made["study"] = SimpleNamespace(task="classification")
    return SimpleNamespace(**{**made, **changes})


def test_seeds_of_one_setting_share_a_row_and_ua_is_the_complement():
    (row,) = rows([model(0, 1.0), model(1, 3.0), model(2, 8.0)])
    assert row.seeds == (0, 1, 2)
    ua = {"mean": 96.0, "sd": statistics.stdev([99, 97, 92]), "n": 3}
    assert row.cells["UA"].to_dict() == row.to_dict()["UA"] == ua
    assert row.cells["FM in-sample"].mean == 41.0
    assert row.cells["MiB"] is row.to_dict()["MiB"] is None


def test_other_settings_are_another_row_and_a_single_seed_has_no_deviation():
    table = rows([model(0, 1.0), model(0, 2.0, key="opc-87654321-s0")])
    assert len(table) == 2
    assert table[0].cells["UA"].sd is None


def test_markdown_says_why_there_is_no_model():
    training = TrainingResult("diverged", "diverged at step 7")
    nothing = known_results.known(training, evidence=Undefined("diverged at step 7"))
    empty = model(0, 0.0, training=training, results=nothing)
    text = to_markdown(rows([empty, model(1, 2.0, method="rl")]))
    lines = text.splitlines()
    assert "diverged at step 7" in lines[2]
    assert all(line.count("|") == len(columns("unlearning")) + 2 for line in lines)


def test_what_costs_the_retained_classes_is_marked():
    retrain = model(0, 0.0, method="retrain")
    hurt, fine = model(0, 0.0, test=96.9), model(0, 0.0, test=97.1, method="rl")
    lines = to_markdown(rows([retrain, hurt, fine])).splitlines()
    assert ["†" in line for line in lines] == [False, False, False, True, False, False, True]


def test_inversion_has_a_table_of_its_own_with_both_baselines():
    found = known_results.record("inversion", "rl")
    told = replace(
        found,
        psnr=40.0,
        ssim=0.9,
        gradient_norm=2.5,
        body_gradient_norm=1.5,
        surrogate=None,
        class_mean=replace(found.class_mean, psnr=15.0),
        random_gradient=None,
    )
    nothing = Undefined("its gradient is zero")
    table = [
        row
        for answer in (told, nothing)
        for row in rows([model(0, 0.0, results=known_results.known(inversion=answer))], "inversion")
    ]
    assert to_markdown(table, "inversion").splitlines()[2:] == [
        "| opc | 40.0 | 0.90 | – | 15.0 | 2.500 | 1.500 | – |",
        "| opc | – | – | – | – | – | – | – |",
    ]
    with pytest.raises(ConfigError, match="no table is about 'weather'; there are: unlearning"):
        rows([], "weather")


SHOWN = {  # headings of `opcviz show`, and where in a model's answers the number lies
    "forget": ("evidence", "accuracy", "forget_train"),
    "retain\ntest": ("evidence", "accuracy", "retain_test"),
    "after\nFM": ("evidence", "recovery", "fm", "all", "forget_accuracy"),
    "norm\nratio": ("evidence", "collapse", "norm_ratio"),
    "PSNR": ("inversion", "psnr"),
    "body gradient norm": ("inversion", "body_gradient_norm"),
}
TABLES = {
    "show": SHOWN,
    "unlearning": {
        "RA": ("evidence", "accuracy", "retain_train"),
        "TA": ("evidence", "accuracy", "retain_test"),
        "FM": ("evidence", "recovery", "fm", "all", "unseen", "forget_accuracy"),
        "HR": ("evidence", "recovery", "hr_labels", "all", "unseen", "forget_accuracy"),
        "FM in-sample": ("evidence", "recovery", "fm", "all", "forget_accuracy"),
        "FM held-out": ("evidence", "recovery", "fm", "heldout", "forget_accuracy"),
        "FM forget": ("evidence", "recovery", "fm", "forget", "forget_accuracy"),
        "AUC": ("evidence", "separability", "linear"),
    },
    "inversion": {
        "PSNR": ("inversion", "psnr"),
        "SSIM": ("inversion", "ssim"),
        "random gradient": ("inversion", "random_gradient", "psnr"),
        "class mean": ("inversion", "class_mean", "psnr"),
        "gradient norm": ("inversion", "gradient_norm"),
        "body gradient norm": ("inversion", "body_gradient_norm"),
    },
}


SHARES = {"auc", "auc_interval", "linear", "knn"}
"""What lies between 0 and 1; every other fraction may be a percentage."""


def renumbered(told: Any, numbers: Iterator[float], whole: float = 100.0) -> Any:
    """The same JSON in which no two fractions are equal, each between 0 and a whole."""
    if isinstance(told, dict):
        parts = {key: 1.0 if key in SHARES else whole for key in told}
        return {key: renumbered(value, numbers, parts[key]) for key, value in told.items()}
    if isinstance(told, list):
        return [renumbered(value, numbers, whole) for value in told]
    return whole * next(numbers) if isinstance(told, float) else told


@pytest.fixture(scope="module")
def distinct() -> dict[str, Any]:
    """Answers of a model in which every number is another one, by kind, as JSON."""
    # multiples of the golden ratio's fraction fill 0 to 1 evenly and never meet
    numbers = (k * 0.6180339887498949 % 1 for k in count(1))
    kinds = ("evidence", "inversion")
    return {k: renumbered(known_results.record(k, "rl").to_dict(), numbers) for k in kinds}


@pytest.fixture(scope="module")
def renumbered_model(distinct) -> SimpleNamespace:
    """The model of these answers."""
    answers = {kind: known_results.read(kind, told) for kind, told in distinct.items()}
    return model(0, None, results=known_results.known(**answers))


def stored(answers: dict[str, Any], path: tuple[str, ...]) -> float:
    return reduce(lambda here, key: here[key], path, answers)


@pytest.mark.parametrize(
    ("about", "name"), [(about, name) for about, of in TABLES.items() for name in of]
)
def test_a_column_is_its_own_number_and_no_other(renumbered_model, distinct, about, name):
    (column,) = [column for column in columns(about) if column.name == name]
    assert column.value(renumbered_model.results) == stored(distinct, TABLES[about][name])


def test_a_line_of_show_has_each_number_below_its_heading(renumbered_model, distinct):
    assert [column.name for column in shown_columns("classification")] == list(SHOWN)
    assert not {column.name for column in shown_columns("generation")} & SHOWN.keys()
    study = SimpleNamespace(
        study=SimpleNamespace(title="A study", task="classification"),
        place="a-study",
        models=[renumbered_model, model(3, None, method="rl", results=known_results.known())],
        verdict=lambda model: SimpleNamespace(gone="hidden", words="hidden, noticeable"),
    )
    table = numbers_table(study)
    lines = {" ".join(c.header.split()): list(map(str, c.cells)) for c in table.columns}
    special = {"norm\nratio": ".2g", "body gradient norm": ".3f"}
    forms = {name: special.get(name, ".1f") for name in SHOWN}
    assert lines == {
        "model": ["opc", "rl"],
        "seed": ["0", "3"],
        **{
            " ".join(name.split()): [f"{stored(distinct, path):{forms[name]}}", "–"]
            for name, path in SHOWN.items()
        },
        "verdict": ["hidden, noticeable"] * 2,
    }
