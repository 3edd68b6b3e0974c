"""One line a method over several seeds: mean ± standard deviation of every headline number."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from ..common.config import ConfigError

__all__ = ["COLUMNS", "rows", "to_markdown"]

Number = Callable[[dict[str, Any]], float | None]


def _accuracy(part: str) -> Number:
    return lambda model: model["accuracy"].get(part)


def _unlearned(model: dict[str, Any]) -> float | None:
    forget = model["accuracy"].get("forget_train")
    return None if forget is None else 100 - forget


def _recovered(attack: str, fit: str) -> Number:
    return lambda model: model["recovery"][attack][fit]["forget_accuracy"]


def _inverted(baseline: str) -> Number:
    return lambda model: (model["inversion"].get(baseline) or {}).get("psnr")


COLUMNS: dict[str, dict[str, Number]] = {
    "unlearning": {
        "UA": _unlearned,
        "RA": _accuracy("retain_train"),
        "TA": _accuracy("retain_test"),
        "FM": _recovered("fm", "all"),
        "HR": _recovered("hr", "all"),
        "FM held-out": _recovered("fm", "heldout"),
        "FM forget": _recovered("fm", "forget"),
        "AUC": lambda model: model["separability"].get("linear"),
        "seconds": lambda model: model["seconds"],
        "gradients": lambda model: model["gradients"],
        "MiB": lambda model: model["peak_memory_mb"],
    },
    "inversion": {
        "PSNR": lambda model: model["inversion"]["psnr"],
        "SSIM": lambda model: model["inversion"]["ssim"],
        "random gradient": _inverted("random_gradient"),
        "class mean": _inverted("class_mean"),
        "gradient norm": lambda model: model["inversion"].get("gradient_norm"),
    },
}
"""What a table can be about, and its columns.

Unlearning: UA is 100 − forget accuracy, RA and TA are accuracy on retain data (train, test), FM and
HR forget accuracy after the attack, all in percent; AUC tells forget from retain features (linear).
Inversion: mean PSNR (dB) and SSIM of the reconstructions, the PSNR of the same search from random
gradients and of the class's mean picture, and the length of the gradient that the attacker holds.
"""

LOSS = 2.0  # points of retain test accuracy
DIGITS = {"AUC": 2, "seconds": 1, "gradients": 0, "MiB": 0, "SSIM": 2, "gradient norm": 3}


def rows(shown: dict[str, Any], about: str = "unlearning") -> list[dict[str, Any]]:
    """Aggregate the documented JSON of `show`: one dict a method and setting, in its order.

    Args:
        shown: the JSON.
        about: one of `COLUMNS`.

    Returns:
        Dicts with `method`, `settings`, `seeds` (a list), `reason` (of the models without numbers),
        and for each column `{"mean", "sd", "n"}` or None. `sd` is None for a single seed.

    Raises:
        ConfigError: when there is no such table.
    """
    if about not in COLUMNS:
        raise ConfigError(f"no table is about '{about}'; there are: {', '.join(COLUMNS)}")
    groups: dict[str, list[dict[str, Any]]] = {}
    for model in shown["models"]:
        groups.setdefault(model["key"].rpartition("-s")[0], []).append(model)
    table = []
    for models in groups.values():
        row: dict[str, Any] = {
            "method": models[0]["method"],
            "settings": models[0]["settings"],
            "seeds": sorted(model["seed"] for model in models),
            "reason": next((m["reason"] for m in models if m["reason"]), None),
        }
        for name, number in COLUMNS[about].items():
            values = [value for model in models if (value := number(model)) is not None]
            row[name] = _summary(values)
        table.append(row)
    return table


def _summary(values: list[float]) -> dict[str, Any] | None:
    if not values:
        return None
    spread = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": spread, "n": len(values)}


def to_markdown(table: list[dict[str, Any]], about: str = "unlearning") -> str:
    """The table for a README, mean ± sd."""
    columns = list(COLUMNS[about])
    named = any("study" in row for row in table)
    lines = [f"| method | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in table:
        cells = [_cell(row[name], DIGITS.get(name, 1)) for name in columns]
        if "TA" in columns and _damaged(row, table):
            cells[columns.index("TA")] += " †"
        if row["reason"] and not any(row[name] for name in columns[:2]):
            cells = [row["reason"], *[""] * (len(columns) - 1)]
        name = f"{row['study']} · {row['method']}" if named else row["method"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    if any("†" in line for line in lines):
        lines += ["", f"† more than {LOSS:g} points below the retrained model's TA."]
    return "\n".join(lines)


def _damaged(row: dict[str, Any], table: list[dict[str, Any]]) -> bool:
    """Whether a method lost more on the retain test set than `LOSS` against its own retrained."""
    mine = [r for r in table if r.get("study") == row.get("study") and r["method"] == "retrain"]
    known = [r["TA"]["mean"] for r in (*mine, row) if r["TA"]]
    return len(known) == 2 and known[0] - known[1] > LOSS


def _cell(summary: dict[str, Any] | None, digits: int) -> str:
    if summary is None:
        return "–"
    text = f"{summary['mean']:,.{digits}f}"
    return text if summary["sd"] is None else f"{text} ± {summary['sd']:.{digits}f}"
