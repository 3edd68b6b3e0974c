"""The table over seeds: every column is the mean of its own number over its own method's seeds."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import Any

import pytest
from whose import Known, table


def recovered(attack: str, fit: str) -> Any:
    return lambda m: m["recovery"][attack][fit]["forget_accuracy"]


def unseen(attack: str, fit: str) -> Any:
    return lambda m: m["recovery"][attack][fit]["unseen"]["forget_accuracy"]


COLUMNS = {
    "UA": lambda m: 100 - m["accuracy"]["forget_train"],
    "RA": lambda m: m["accuracy"]["retain_train"],
    "TA": lambda m: m["accuracy"]["retain_test"],
    "FM": unseen("fm", "all"),
    "HR": unseen("hr_labels", "all"),
    "FM in-sample": recovered("fm", "all"),
    "FM held-out": recovered("fm", "heldout"),
    "FM forget": recovered("fm", "forget"),
    "AUC": lambda m: m["separability"]["linear"],
    "seconds": lambda m: m["seconds"],
    "gradients": lambda m: m["gradients"],
}


@pytest.mark.parametrize("method", ["original", "retrain", "rl"])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_is_its_own_number_over_both_seeds(fresh: Known, method: str, column: str) -> None:
    (row,) = [row for row in table(fresh) if row["method"] == method]
    values = [COLUMNS[column](fresh.told[fresh.key(method, seed)]) for seed in (0, 1)]
    assert row["seeds"] == [0, 1]
    assert row[column]["mean"] == pytest.approx(fmean(values))
    assert row[column]["sd"] == pytest.approx(stdev(values))


@pytest.mark.parametrize("column", ["PSNR", "SSIM", "gradient norm"])
def test_the_table_of_inversion(fresh: Known, column: str) -> None:
    (row,) = [row for row in table(fresh, "inversion") if row["method"] == "rl"]
    told = fresh.told[fresh.key("rl")]["inversion"]
    assert row[column] == {
        "mean": pytest.approx(told[column.lower().replace(" ", "_")]),
        "sd": None,
        "n": 1,
    }
