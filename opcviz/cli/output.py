"""What the command line prints: tables of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from ..common.json_types import Json
from ..verdict import in_words

__all__ = ["listing", "numbers_table", "reading"]


def reading(result: Json) -> str:
    """How the numbers are read."""
    return (
        "Accuracies in percent. After FM: accuracy on forget data that an affine map of "
        "the features restores (fit set all). A constant answer alone scores "
        f"{_percent(_constant(result))}. PSNR of gradient inversion in dB."
    )


def _constant(result: Json) -> float | None:
    from ..artefacts import number

    for model in result["models"]:
        value = number("recovery", "fm", "all", "constant_predictor")(model)
        if value is not None:
            return value
    return None


def numbers_table(result: Json) -> Table:
    """The headline numbers of a study, a line a model; `result` as `StudyResult.to_dict()`."""
    from ..study.table import columns  # late, as it brings torch along

    title = f"{result['study']['title']} ({result['study']['place']})"
    table = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown = columns("show")
    for name in ("model", "seed", *(column.name for column in shown), "verdict"):
        words = name in ("model", "verdict")
        table.add_column(name, justify="left" if words else "right", no_wrap=name != "verdict")
    for model in result["models"]:
        values = [(column.value(model), column.format) for column in shown]
        table.add_row(
            model["method"],
            str(model["seed"]),
            *("–" if value is None else f"{value:{form}}" for value, form in values),
            _verdict(model["verdict"]),
        )
    return table


def _verdict(verdict: Json) -> str:
    return in_words(verdict["gone"], verdict["noticeable"], verdict["kept"])


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def listing(rows: Sequence[Json]) -> Table:
    """Plain values of rows that share their keys."""
    table = Table()
    plain = [{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in rows]
    for name in plain[0] if plain else ("none yet",):
        table.add_column(name)
    for row in plain:
        table.add_row(*(str(value) for value in row.values()))
    return table
