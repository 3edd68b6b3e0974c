"""One line a method over several seeds: mean ± standard deviation of every headline number."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from ..artefacts import Column, columns_of, kinds, number
from ..common.config import ConfigError
from ..common.json_types import Json

__all__ = ["columns", "rows", "to_markdown"]

MAIN = ("unlearning",)
TRAINING = (  # of the model itself, beside what the kinds of artefact measure
    Column("seconds", number("seconds"), ",.1f", MAIN, "of training"),
    Column("gradients", number("gradients"), ",.0f", MAIN, "sample gradients evaluated"),
    Column("MiB", number("peak_memory_mb"), ",.0f", MAIN, "peak memory of the process, or the GPU"),
)


def columns(about: str, own: Mapping[str, Json] | None = None) -> list[Column]:
    """The columns of one table, in the order in which their kinds are made.

    Args:
        about: which table.
        own: what users' own kinds say of themselves, see `StudyResult.own_kinds`: a table each.

    Raises:
        ConfigError: when there is no such table; those there are, are listed.
    """
    known = [*(c for kind in kinds() for c in kind.columns), *TRAINING]
    if found := [column for column in known if about in column.tables]:
        return found
    generic = {kind.name: kind for kind in kinds() if kind.generic and not kind.own}
    if about in generic and generic[about].columns:
        return list(generic[about].columns)
    tables = dict.fromkeys(table for column in known for table in column.tables)
    tables |= dict.fromkeys(name for name, kind in generic.items() if kind.columns)
    for name, said in (own or {}).items():
        if stored := columns_of(said):
            if name == about:
                return list(stored)
            tables[name] = None
    raise ConfigError(f"no table is about '{about}'; there are: {', '.join(tables)}")


MAX_ACCURACY_LOSS = 2.0  # points of retain test accuracy


def rows(shown: dict[str, Any], about: str = "unlearning") -> list[dict[str, Any]]:
    """Aggregate the documented JSON of `show`: one dict a method and setting, in its order.

    Args:
        shown: the JSON.
        about: which table, see `columns`.

    Returns:
        Dicts with `method`, `settings`, `seeds` (a list), `reason` (of the models without numbers),
        and for each column `{"mean", "sd", "n"}` or None. `sd` is None for a single seed.

    Raises:
        ConfigError: when there is no such table.
    """
    wanted = columns(about, shown.get("own"))
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
        for column in wanted:
            values = [value for model in models if (value := column.value(model)) is not None]
            row[column.name] = _summary(values)
        table.append(row)
    return table


def _summary(values: list[float]) -> dict[str, Any] | None:
    if not values:
        return None
    spread = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": spread, "n": len(values)}


def to_markdown(
    table: list[dict[str, Any]], about: str = "unlearning", own: Mapping[str, Json] | None = None
) -> str:
    """The table for a README, mean ± sd; arguments as those of `rows` and `columns`."""
    shown = columns(about, own)
    names = [column.name for column in shown]
    named = any("study" in row for row in table)
    lines = [f"| method | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for row in table:
        cells = [_cell(row[column.name], column.format) for column in shown]
        if "TA" in names and _damaged(row, table):
            cells[names.index("TA")] += " †"
        if row["reason"] and not any(row[name] for name in names[:2]):
            cells = [row["reason"], *[""] * (len(names) - 1)]
        name = f"{row['study']} · {row['method']}" if named else row["method"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    if any("†" in line for line in lines):
        lines += ["", f"† more than {MAX_ACCURACY_LOSS:g} points below the retrained model's TA."]
    return "\n".join(lines)


def _damaged(row: dict[str, Any], table: list[dict[str, Any]]) -> bool:
    """Whether retain test accuracy is more than `MAX_ACCURACY_LOSS` below the retrained model's."""
    mine = [r for r in table if r.get("study") == row.get("study") and r["method"] == "retrain"]
    known = [r["TA"]["mean"] for r in (*mine, row) if r["TA"]]
    return len(known) == 2 and known[0] - known[1] > MAX_ACCURACY_LOSS


def _cell(summary: dict[str, Any] | None, form: str) -> str:
    if summary is None:
        return "–"
    text = f"{summary['mean']:{form}}"
    return text if summary["sd"] is None else f"{text} ± {summary['sd']:{form.lstrip(',')}}"
